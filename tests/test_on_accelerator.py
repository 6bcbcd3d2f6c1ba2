"""`scripts/on_accelerator.py`: its dry run, and how many ECGs it makes."""

import json
import sys
from pathlib import Path

import pytest
import torch
from scripts.on_accelerator import LEAST, MADE, MINUTES, PRESETS, main, number

from jaccardio.training import compilation


def test_the_dry_run_passes_every_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compilation.shutil, "which", lambda name: name)
    monkeypatch.setattr(torch, "compile", lambda module: module)  # the real one takes a minute
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["on_accelerator.py", str(tmp_path / "out.json"), "--quick"])
    main()
    found = json.loads((tmp_path / "out.json").read_text())
    assert (found["quick"], found["device"]) == (True, "cpu")
    assert [place["ecgs"] for place in found["made"]["hospitals"].values()] == [LEAST, LEAST]
    assert found["parity"]["differences"]["fp32_loss"] == 0
    assert found["speed"].keys() == set(PRESETS)
    assert all(one["ecgs_per_second"] > 0 for one in (*found["speed"].values(), found["compiled"]))
    paper = (found["schedule"]["fp32"], found["schedule"]["bf16"], found["compiled"])
    assert len({one["training_records"] for one in paper}) == 1
    assert all(one["hours_of_the_paper"] > 0 for one in paper)
    assert len(found["trained"]["members"]) == 3


def test_as_many_ecgs_are_made_as_the_time_allows() -> None:
    most, share = MADE[500.0]
    assert most == 33_732
    assert number(10.0, most, share) == 10 * 60 * MINUTES * share
    assert number(1e6, most, share) == most
    assert number(0.0, most, share) == LEAST


def test_making_ecgs_leaves_most_of_the_time_to_the_device() -> None:
    assert sum(share for _, share in MADE.values()) == pytest.approx(0.35)
