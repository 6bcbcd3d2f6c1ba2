"""The supervised baseline: a linear layer behind the interface of all models, and a cell of the grid."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from jaccardio.models.classifier import EcgClassifier
from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_text import EcgTextModel
from jaccardio.models.encoder import EcgEncoder

FINDINGS = 5


@pytest.fixture
def classifier() -> EcgClassifier:
    torch.manual_seed(0)
    made = EcgClassifier(ModelConfig(kind="classifier", width=2), torch.eye(FINDINGS), "table", torch.empty(0, FINDINGS))
    made.initialise_bias(torch.linspace(-3, 0, FINDINGS))
    return made


@pytest.fixture
def signal() -> Tensor:
    return torch.randn(6, 12, 250, generator=torch.Generator().manual_seed(1))


def test_it_starts_and_trains_as_a_linear_layer_does_to_the_bit(classifier: EcgClassifier, signal: Tensor) -> None:
    torch.manual_seed(0)
    encoder = EcgEncoder(ModelConfig(width=2))
    plain = nn.Sequential(encoder, nn.Linear(encoder.features, FINDINGS))
    with torch.no_grad():
        plain[1].bias.copy_(torch.linspace(-3, 0, FINDINGS))
    labels = torch.randint(0, 2, (6, FINDINGS), generator=torch.Generator().manual_seed(2)).float()
    ours, oracle = (torch.optim.AdamW(model.parameters(), lr=1e-2) for model in (classifier, plain))
    for _ in range(5):
        logits = classifier.compare(classifier.project(classifier.encoder(signal)), classifier.prompt_vectors)
        expected = plain(signal)
        assert torch.equal(logits, expected)
        for optimiser, output in ((ours, logits), (oracle, expected)):
            optimiser.zero_grad()
            binary_cross_entropy_with_logits(output, labels).backward()
            optimiser.step()
    pairs = list(zip(classifier.parameters(), plain.parameters(), strict=True))
    assert all(torch.equal(one, other) for one, other in pairs)


def test_the_text_model_on_a_table_of_findings_gives_its_logits(classifier: EcgClassifier, signal: Tensor) -> None:
    """The same cell of the grid: text = table, no whitening, embedding 0, ECG vectors as they are, text bias, scale sqrt(k)."""
    settings = {"embedding": 0, "whitening": "none", "normalise_ecg": False, "bias": "text", "initial_scale": math.sqrt(FINDINGS)}
    text = EcgTextModel(ModelConfig.model_validate({"width": 2, **settings}), torch.eye(FINDINGS), "table", torch.empty(0, FINDINGS))
    text.encoder.load_state_dict(classifier.encoder.state_dict())
    assert text.text_bias is not None
    with torch.no_grad():
        text.ecg_head.weight.copy_(classifier.output.weight)
        text.ecg_head.bias.zero_()
        text.text_bias.copy_(classifier.output.bias)
    torch.testing.assert_close(text.eval().finding_logits(signal), classifier.eval().finding_logits(signal), rtol=1e-5, atol=1e-6)


def test_a_sentence_of_several_findings_scores_the_mean_of_their_logits(classifier: EcgClassifier, signal: Tensor) -> None:
    classifier.eval()
    single = classifier.finding_logits(signal)
    both = classifier.logits(signal, torch.tensor([[0.5, 0.0, 0.5, 0.0, 0.0]]))
    torch.testing.assert_close(both[:, 0], (single[:, 0] + single[:, 2]) / 2)


def test_vectors_bias_and_precision(classifier: EcgClassifier, signal: Tensor) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, ecg = classifier.finding_logits(signal), classifier.encode_ecg(signal)
        text = classifier.encode_text(classifier.prompt_vectors)
    assert logits.shape == (6, FINDINGS)
    assert logits.dtype == ecg.dtype == text.dtype == torch.float32
    assert ecg.shape == (6, 16)
    assert torch.equal(text, classifier.output.weight)
    torch.testing.assert_close(classifier.output.bias.detach(), torch.linspace(-3, 0, FINDINGS))
    with pytest.raises(ValueError, match="finite"):
        classifier.initialise_bias(torch.tensor(torch.inf))
