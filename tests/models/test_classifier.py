"""The supervised baseline."""

import pytest
import torch

from jaccardio.models.classifier import EcgClassifier
from jaccardio.models.config import ModelConfig


def test_shapes_bias_and_precision() -> None:
    torch.manual_seed(0)
    classifier = EcgClassifier(ModelConfig(kind="classifier", width=2), 5)
    classifier.initialise_bias(torch.linspace(-3, 0, 5))
    signal = torch.randn(3, 12, 250)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = classifier.finding_logits(signal)
    assert logits.shape == (3, 5)
    assert logits.dtype == torch.float32
    assert classifier.encode_ecg(signal).shape == (3, 16)
    torch.testing.assert_close(classifier.output.bias.detach(), torch.linspace(-3, 0, 5))
    with pytest.raises(ValueError, match="finite"):
        classifier.initialise_bias(torch.tensor(torch.inf))
