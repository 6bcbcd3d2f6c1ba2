"""`train --compile`: the run of uncompiled steps, to rounding; refused where torch cannot compile."""

import importlib.util
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import MissingError
from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import EcgEncoder
from jaccardio.training import compilation
from jaccardio.training.compilation import compiled_encoder
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from jaccardio.training.run_folder import RunFolder
from tests.conftest import TINY, Command, Hospitals


def test_compiled_steps_are_those_of_the_encoder(store: Store, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = partial(torch.compile, backend="aot_eager")  # all but the last step, in which g++ takes a minute
    monkeypatch.setattr(compilation.shutil, "which", lambda name: name)
    monkeypatch.setattr(torch, "compile", traced)
    config = load_preset("truth-small", (*TINY, "training.steps=2"))
    first: list[dict[str, Any]] = []
    for compiled in (False, True):
        train(store, split, config, out := tmp_path / str(compiled), device="cpu", compiled=compiled)
        first.append(RunFolder.open(out).log_lines()[0])
    for name in ("loss", "gradient_norm"):
        assert first[1][name] == pytest.approx(first[0][name], rel=1e-4)
    names = [RunFolder.open(tmp_path / str(compiled)).pretrained().model.state_dict().keys() for compiled in (False, True)]
    assert names[0] == names[1]


@pytest.mark.parametrize(("device", "lacking"), [("cpu", "C\\+\\+ compiler"), ("cuda", "triton")])
def test_what_torch_compiles_with_must_be_there(monkeypatch: pytest.MonkeyPatch, device: str, lacking: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=lacking):
        compiled_encoder(EcgEncoder(ModelConfig(width=2)), torch.device(device))


def test_the_command_compiles(hospitals: Hospitals, tmp_path: Path, jaccardio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[EcgEncoder] = []
    monkeypatch.setattr(torch, "compile", lambda encoder: compiled.append(encoder) or encoder)
    settings = [word for setting in (*TINY, "training.steps=1") for word in ("--set", setting)]
    words = ("train", "--preset", "truth-small", "--store", hospitals.home, "--out", tmp_path / "run", "--compile", *settings)
    assert jaccardio(*words).status == 0
    assert len(compiled) == 1
    assert jaccardio(*words, "--resume").status == 0
    assert len(compiled) == 1, "the run is complete"
