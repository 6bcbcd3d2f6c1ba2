"""Scores of whole ECGs and of their parts."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import expit

from jaccardio.errors import UsageError
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.models.scoring import choose_device, ecg_embeddings, finding_scores
from jaccardio.recording.windows import Windows
from tests.models.conftest import FixedEncoder, Vocabulary

CPU = torch.device("cpu")


def whole(signal: NDArray[np.float32]) -> Windows:
    """Complete ECGs (n, 12, samples) of one window each."""
    n, _, samples = signal.shape
    return Windows(signal, np.full(n, samples), np.arange(n), np.ones((n, 12), dtype=np.bool_))


def test_a_device_of_torch_counts_by_its_name() -> None:
    assert choose_device(CPU) == choose_device("cpu") == CPU
    for unknown in ("gpu", torch.device("meta")):
        with pytest.raises(UsageError, match=r"unknown device '(gpu|meta)'"):
            choose_device(unknown)


@pytest.mark.parametrize("kind", ["text", "classifier"])
def test_scores_are_the_mean_probability_over_equal_parts(kind: str, vocabulary: Vocabulary, text_encoder: FixedEncoder) -> None:
    torch.manual_seed(0)
    config = ModelConfig.model_validate({"kind": kind, "width": 2, "score_parts": [3], "normalise_ecg": False, "initial_scale": 100.0})
    model = create_model(config, vocabulary=vocabulary, text_encoder=text_encoder).eval()
    signal = np.random.default_rng(0).normal(size=(5, 12, 300)).astype(np.float32)
    signal[:, :, 100:200] *= 300  # logits far apart: only there a mean of probabilities is no mean of logits
    pieces = [torch.from_numpy(signal[:, :, start : start + 100]) for start in (0, 100, 200)]
    with torch.inference_mode():
        logits = [model.finding_logits(piece).double().numpy() for piece in pieces]
    wanted = np.mean([expit(logit) for logit in logits], axis=0)
    assert np.abs(expit(np.mean(logits, axis=0)) - wanted).max() > 0.02
    np.testing.assert_allclose(finding_scores(model, [whole(signal[:2]), whole(signal[2:])], CPU), wanted, rtol=1e-4)


def test_in_one_piece_the_score_is_the_probability(vocabulary: Vocabulary, text_encoder: FixedEncoder) -> None:
    torch.manual_seed(0)
    model = create_model(ModelConfig(kind="classifier", width=2), vocabulary=vocabulary, text_encoder=text_encoder).eval()
    signal = torch.randn(3, 12, 200)
    with torch.inference_mode():
        wanted = expit(model.finding_logits(signal).double().numpy())
    np.testing.assert_array_equal(finding_scores(model, [whole(signal.numpy())], CPU), wanted)


@pytest.mark.parametrize(
    ("recorded", "starts"), [(300, (0, 100, 200)), (299, (0, 100, 199)), (150, (0, 50)), (101, (0, 1)), (100, (0,)), (70, (0,))]
)
def test_nothing_but_what_was_recorded_enters_a_score(
    vocabulary: Vocabulary, text_encoder: FixedEncoder, recorded: int, starts: tuple[int, ...]
) -> None:
    """A short ECG beside a long one: whatever stands behind its end changes nothing, and its pieces cover it."""
    torch.manual_seed(0)
    model = create_model(ModelConfig(kind="classifier", width=2, score_parts=(3,)), vocabulary=vocabulary, text_encoder=text_encoder).eval()
    signal = np.random.default_rng(0).normal(size=(4, 12, 300)).astype(np.float32)
    ecg, lengths = np.array([0, 1, 1, 2]), np.array([300, 300, 300, recorded])
    batch = Windows(signal, lengths, ecg, np.ones((3, 12), dtype=np.bool_))
    scores, features = finding_scores(model, [batch], CPU), ecg_embeddings(model, [batch], CPU)
    changed = signal.copy()
    changed[3, :, recorded:] = 1e3
    other = Windows(changed, lengths, ecg, batch.lead_mask)
    np.testing.assert_array_equal(finding_scores(model, [other], CPU), scores)
    np.testing.assert_array_equal(ecg_embeddings(model, [other], CPU), features)
    length = min(100, recorded)
    with torch.inference_mode():
        pieces = [expit(model.finding_logits(torch.from_numpy(signal[3:, :, start : start + length])).double().numpy()) for start in starts]
        vector = model.encode_ecg(torch.from_numpy(signal[3:, :, :recorded].copy())).numpy()
        both = model.encode_ecg(torch.from_numpy(signal[1:3])).numpy().mean(axis=0)
    np.testing.assert_allclose(scores[2:], np.mean(pieces, axis=0), rtol=1e-4)
    np.testing.assert_allclose(features[2:], vector, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(features[1], both, rtol=1e-4, atol=1e-6)
