"""A tuned language model that two processes hold in parts: loss, gradients and training are those of the whole one."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.processes import start_worker
from jaccardio.text.tuning import TunedEncoder
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from tests.conftest import TINY
from tests.language_models import save_tiny_decoder
from tests.training.shard_worker import SENTENCES, SHARES, loss_and_gradients, work

pytest.importorskip("peft")


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_decoder(tmp_path_factory.mktemp("qwen3"), "qwen3")


@pytest.fixture(scope="module")
def settings(decoder: Path) -> tuple[str, ...]:
    hidden = list(Vocabulary.load("paper26").codes[4:])
    text = (f'model.text="{decoder}"', "model.lora_rank=2", f"data.hidden_findings={hidden}")
    return (*TINY, *text, "training.steps=2", "training.learning_rate=1e-3")


@pytest.fixture(scope="module")
def sharded(store: Store, decoder: Path, settings: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left."""
    folder = tmp_path_factory.mktemp("sharded")
    workers = [start_worker(work, rank, 2, folder, decoder, store.path, settings) for rank in range(2)]
    for worker in workers:
        worker.join(600)
        assert worker.exitcode == 0, "the processes wait for each other"
    return folder


def test_half_of_each_layer_is_held(sharded: Path, decoder: Path) -> None:
    held = [np.load(sharded / f"{rank}.npz")["held"] for rank in range(2)]
    around_layers = 160 * 16 + 16  # tokens and last norm of the tiny decoder
    for of_one, whole in held:
        assert of_one == around_layers + (whole - around_layers) // 2


@pytest.mark.parametrize("place", range(len(SHARES)))
def test_loss_and_gradients_are_those_of_the_whole(sharded: Path, decoder: Path, place: int) -> None:
    whole = loss_and_gradients(TunedEncoder(str(decoder), None, 2), SENTENCES)
    parts = [np.load(sharded / f"{rank}.npz") for rank in range(2)]
    assert len(whole) > 1
    for row, expected in enumerate(whole):
        np.testing.assert_allclose(sum(part[f"{place}|{row}"] for part in parts), expected, rtol=1e-5, atol=1e-5)


def test_a_run_is_that_of_one_process(store: Store, split: Split, sharded: Path, settings: tuple[str, ...], tmp_path: Path) -> None:
    train(store, split, load_preset("truth-small", settings), tmp_path / "run", device="cpu")
    one, two = (json.loads((folder / "run" / "log.jsonl").read_text().splitlines()[0]) for folder in (tmp_path, sharded))
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
    assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-5)
    weights = [load_file(folder / "run" / "model" / "model.safetensors") for folder in (tmp_path, sharded)]
    assert any("lora_" in name for name in weights[0])
    for name, expected in weights[0].items():
        np.testing.assert_allclose(weights[1][name], expected, rtol=1e-2, atol=2e-3, err_msg=name)
