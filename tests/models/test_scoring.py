"""Scores of whole ECGs and of their parts."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.models.scoring import finding_scores
from tests.models.conftest import FixedEncoder, Vocabulary

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", ["text", "classifier"])
def test_scores_are_the_mean_probability_over_equal_parts(kind: str, vocabulary: Vocabulary, text_encoder: FixedEncoder) -> None:
    torch.manual_seed(0)
    config = ModelConfig.model_validate({"kind": kind, "width": 2, "score_parts": 3})
    model = create_model(config, vocabulary=vocabulary, text_encoder=text_encoder).eval()
    signal = np.random.default_rng(0).normal(size=(5, 12, 302)).astype(np.float32)
    pieces = [torch.from_numpy(signal[:, :, start : start + 100]) for start in (0, 100, 200)]
    with torch.inference_mode():
        wanted = np.mean([expit(model.finding_logits(piece).double().numpy()) for piece in pieces], axis=0)
    np.testing.assert_allclose(finding_scores(model, [signal[:2], signal[2:]], CPU), wanted, rtol=1e-4)


def test_in_one_piece_the_score_is_the_probability(vocabulary: Vocabulary) -> None:
    torch.manual_seed(0)
    model = create_model(ModelConfig(kind="classifier", width=2), vocabulary=vocabulary).eval()
    signal = torch.randn(3, 12, 200)
    with torch.inference_mode():
        wanted = expit(model.finding_logits(signal).double().numpy())
    np.testing.assert_array_equal(finding_scores(model, [signal.numpy()], CPU), wanted)
