"""The tower of transformers is the native encoder: registered on import, whole or refused, from a folder without code."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoFeatureExtractor, AutoModel

from jaccardio import Predictor, read_ecg, recordings_of
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.huggingface import EcgTower, EcgTowerConfig, tower_of
from jaccardio.models.config import ENCODER, ModelConfig
from jaccardio.models.encoder import BACKBONES, EcgEncoder
from tests.conftest import Hospitals


@pytest.fixture(scope="module")
def predictor(trained: Path) -> Predictor:
    return Predictor.from_pretrained(trained, device="cpu")


@pytest.fixture
def saved(predictor: Predictor, tmp_path: Path) -> Path:
    for part in tower_of(predictor):
        part.save_pretrained(tmp_path / "tower")
    return tmp_path / "tower"


def test_saved_and_loaded_by_auto_classes_it_is_the_native_encoder(predictor: Predictor, saved: Path, hospitals: Hospitals) -> None:
    assert {path.suffix for path in saved.iterdir()} == {".json", ".safetensors"}
    tower, extractor = AutoModel.from_pretrained(saved), AutoFeatureExtractor.from_pretrained(saved)
    recordings = list(recordings_of(Store.open(hospitals.home).signals(np.arange(3)), 100))
    inputs = extractor(recordings)
    np.testing.assert_array_equal(inputs["input_values"][0], predictor.prepare(recordings[0]).counts[0] / np.float32(1000))
    assert inputs["lead_mask"].all()
    with torch.inference_mode():
        found, wanted = tower(inputs["input_values"]), predictor.model.encoder(inputs["input_values"])
        vectors = predictor.model.project(found.pooler_output).numpy()
    torch.testing.assert_close(found.pooler_output, wanted, rtol=0, atol=1e-6)
    assert found.last_hidden_state.shape[::2] == (3, tower.config.hidden_size)
    torch.testing.assert_close(found.last_hidden_state.mean(dim=1), wanted, rtol=0, atol=1e-5)  # pooling of this preset: the mean
    np.testing.assert_allclose(vectors, predictor.encode_ecg(recordings), atol=1e-5)


@pytest.mark.parametrize("encoder", BACKBONES)
def test_every_encoder_survives_the_round_trip(encoder: str, tmp_path: Path) -> None:
    config = ModelConfig(encoder=encoder, width=2, pooling="attention")
    torch.manual_seed(0)
    native = EcgEncoder(config).eval()
    tower = EcgTower(EcgTowerConfig(**{name: getattr(config, name) for name in ENCODER})).eval()
    tower.encoder.load_state_dict(native.state_dict())
    tower.save_pretrained(tmp_path)
    signal = torch.randn(2, 12, 300)
    with torch.inference_mode():
        torch.testing.assert_close(AutoModel.from_pretrained(tmp_path)(signal).pooler_output, native(signal), rtol=0, atol=1e-6)


@pytest.mark.parametrize("change", ["missing", "buffer", "more", "shape"])
def test_weights_that_are_not_all_there_are_refused(saved: Path, change: str) -> None:
    """transformers would draw missing weights at random and leave others out, with a warning."""
    file = saved / "model.safetensors"
    state = load_file(file)
    name = next(name for name in state if name.endswith("running_var" if change == "buffer" else "weight"))
    if change == "more":
        state["encoder.more.weight"] = torch.zeros(3)
    elif change == "shape":
        state[name] = torch.zeros(3, 3)
    else:
        del state[name]
    save_file(state, file, metadata={"format": "pt"})
    with pytest.raises((DataError, RuntimeError), match=r"missing or do not fit|mismatch"):
        AutoModel.from_pretrained(saved)


def test_lengths_that_make_no_batch_and_unread_ecgs_are_refused(predictor: Predictor) -> None:
    extractor = tower_of(predictor)[1]
    signals = np.random.default_rng(0).normal(0, 0.3, (1, 12, 2500))
    noise = list(recordings_of(signals[:, :2], 100, leads=["I", "II"]))
    short = list(recordings_of(signals[:, :2, :500], 100, leads=["I", "II"]))
    assert extractor(short)["input_values"].shape == (1, 12, 500)
    assert extractor(short)["lead_mask"].sum() == 6  # derived limb leads
    for ecgs in (noise, short + list(recordings_of(signals[:, :2, :400], 100, leads=["I", "II"]))):
        with pytest.raises(UsageError, match="one length"):
            extractor(ecgs)
    with pytest.raises(UsageError, match="no ECG"):
        extractor([])
    with pytest.raises(ReadError, match="array"):
        extractor([ReadError("array", "samples", "infinite values")])


def test_one_ecg_makes_a_batch_and_an_array_is_none(predictor: Predictor, hospitals: Hospitals) -> None:
    _, extractor = tower_of(predictor)
    file = min((hospitals.folder / "site-a").rglob("*.hea"))
    expected = extractor([file])["input_values"]
    for one in (file, str(file), read_ecg(file)):
        assert torch.equal(extractor(one)["input_values"], expected)
    for none in (expected.numpy(), [expected.numpy()]):
        with pytest.raises(UsageError, match="recordings_of makes recordings"):
            extractor(none)
