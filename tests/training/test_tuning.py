"""A tuned language model: trained with the rest, saved with it, and the same wherever it is read."""

from pathlib import Path

import numpy as np
import pytest
import torch

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.folder import load_pretrained
from jaccardio.prediction.predictor import Predictor
from jaccardio.text.huggingface import HuggingFaceEncoder
from jaccardio.training import session
from jaccardio.training.config import TrainConfig, load_preset
from jaccardio.training.loop import resume, train
from tests.conftest import TINY
from tests.language_models import save_tiny_decoder

pytest.importorskip("peft")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    decoder = save_tiny_decoder(tmp_path_factory.mktemp("qwen3"), "qwen3")
    hidden = Vocabulary.load("paper26").codes[4:]  # four prompts: each length of sentence is a pass through the model
    settings = (f'model.text="{decoder}"', "model.lora_rank=2", f"data.hidden_findings={list(hidden)}", "training.ema=0.5")
    return load_preset("truth-small", [*TINY, *settings, "training.learning_rate=0.05", "training.epochs=2", "training.batch_size=48"])


@pytest.fixture(scope="module")
def straight(store: Store, split: Split, config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody interrupted."""
    out = tmp_path_factory.mktemp("tuned") / "run"
    train(store, split, config, out, device="cpu")
    return out


def test_the_adapter_learns_and_answers_for_free_text_as_for_prompts(straight: Path, config: TrainConfig) -> None:
    model = load_pretrained(straight / "model").model
    zero_at_first = [value for name, value in model.adapter.items() if "lora_B" in name]
    assert zero_at_first
    assert all(value.abs().max() > 0 for value in zero_at_first)
    predictor = Predictor.from_pretrained(straight, "cpu")
    prompts = predictor.vocabulary.prompts()
    with torch.no_grad():
        assert predictor.encode_text(prompts) == pytest.approx(model.encode_text(model.prompt_vectors).numpy(), abs=1e-5)
    frozen = HuggingFaceEncoder(config.model.text).encode(prompts)
    assert np.abs(model.prompt_vectors.numpy() - frozen).max() > 1e-3


def test_a_resumed_run_ends_with_the_same_adapter(
    store: Store, split: Split, straight: Path, tmp_path: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves: list[int] = []

    def killed(folder: Path) -> None:
        saves.append(1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(session, "remove_superseded", killed)
        with pytest.raises(KeyboardInterrupt):
            train(store, split, config, tmp_path / "killed", device="cpu")
    resume(store, tmp_path / "killed", device="cpu")
    expected, resumed = (load_pretrained(run / "model").model.state_dict() for run in (straight, tmp_path / "killed"))
    assert expected.keys() == resumed.keys()
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("model.text=random", "random cannot be tuned"),
        ("model.text=use-multilingual", "use-multilingual cannot be tuned"),
        ("method=classifier", "lora_rank tunes a language model"),
        ("objective.prototypes=1.0", "lora_rank tunes a language model"),
    ],
)
def test_what_cannot_be_tuned_is_refused(store: Store, split: Split, tmp_path: Path, setting: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        train(store, split, load_preset("truth-small", [*TINY, "model.lora_rank=2", setting]), tmp_path / "run", device="cpu")
