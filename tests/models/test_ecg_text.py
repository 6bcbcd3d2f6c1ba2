"""Two towers: what scores depend on, where they start, and in which precision."""

import math

import pytest
import torch
from torch import Tensor

from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_text import EcgTextModel

SETTINGS = [
    {},
    {"normalise_ecg": False, "whitening": 0.5, "bias": "text", "initial_scale": 20.0},
    {"whitening": 1.0},
    {"whitening": "none", "initial_bias": -10.0},
    {"whitening": "none", "bias": "text"},
    {"whitening": 1.0, "bias": "text", "embedding": 0, "train_scale": False},
]


def model(**settings: object) -> EcgTextModel:
    torch.manual_seed(0)
    bank = 3 + torch.randn(5, 16)
    return EcgTextModel(ModelConfig.model_validate({"width": 2, "embedding": 8, **settings}), bank, "fingerprint", torch.empty(0, bank.shape[1])).eval()


@pytest.fixture
def signal() -> Tensor:
    return torch.randn(4, 12, 200, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("settings", SETTINGS)
def test_logits_are_the_listing(settings: dict[str, object], signal: Tensor) -> None:
    two_towers = model(**settings)
    ecg, text = two_towers.encode_ecg(signal), two_towers.encode_text(two_towers.prompt_vectors)
    bias = two_towers.logit_bias
    if two_towers.text_bias is not None:
        bias = bias + two_towers.text_projection(two_towers.prompt_vectors) @ two_towers.text_bias
    for i in range(4):
        for j in range(5):
            wanted = two_towers.logit_scale.exp() * (ecg[i] * text[j]).sum() + bias.expand(5)[j]
            torch.testing.assert_close(two_towers.finding_logits(signal)[i, j], wanted, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(text.norm(dim=1), torch.ones(5))
    if two_towers.normalise_ecg:
        torch.testing.assert_close(ecg.norm(dim=1), torch.ones(4))


def test_without_whitening_raw_vectors_are_normalised_after_the_head_only(signal: Tensor) -> None:
    """Listing 1 in double precision: t = exp(t'), zimg and ztxt of length 1, logits = t zimg ztxt^T + b."""
    two_towers = model(whitening="none", initial_bias=-10.0)
    assert two_towers.logit_bias == -10
    head, raw = two_towers.text_head.double(), two_towers.prompt_vectors.double()
    txt = head(raw)
    ztxt = txt / txt.norm(dim=1, keepdim=True)
    two_towers.float()
    zimg = two_towers.encode_ecg(signal).double()
    wanted = 10 * zimg @ ztxt.T - 10
    torch.testing.assert_close(two_towers.finding_logits(signal).double(), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_score_depends_on_a_finding_through_its_text_vector_only(settings: dict[str, object], signal: Tensor) -> None:
    two_towers = model(**settings)
    order = torch.tensor([3, 1, 4, 0, 2])
    two_towers.initialise_bias(torch.linspace(-3, 0, 5))
    before = two_towers.finding_logits(signal)
    permuted = two_towers.logits(signal, two_towers.prompt_vectors[order])
    torch.testing.assert_close(permuted, before[:, order], rtol=1e-5, atol=1e-6)
    two_towers.prompt_vectors.copy_(two_towers.prompt_vectors[order].clone())
    torch.testing.assert_close(two_towers.finding_logits(signal), before[:, order], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("settings", SETTINGS)
def test_gradient_reaches_every_parameter(settings: dict[str, object], signal: Tensor) -> None:
    two_towers = model(**settings).train()
    two_towers.finding_logits(signal).square().sum().backward()
    for name, parameter in two_towers.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.any(), name
        else:
            assert name == "logit_scale"


def test_without_text_head_the_common_space_is_that_of_the_projected_sentences(signal: Tensor) -> None:
    two_towers = model(embedding=0, whitening=0.5)
    assert two_towers.encode_ecg(signal).shape == (4, 5)
    torch.testing.assert_close(two_towers.encode_text(two_towers.prompt_vectors), two_towers.text_projection(two_towers.prompt_vectors))


def test_scale_is_bounded_and_can_come_back() -> None:
    two_towers = model()
    assert two_towers.scale.item() == pytest.approx(10)
    with torch.no_grad():
        two_towers.logit_scale.fill_(math.log(500))
    assert two_towers.scale.item() == pytest.approx(100, rel=1e-5)
    two_towers.scale.backward()
    assert two_towers.logit_scale.grad is not None
    assert two_towers.logit_scale.grad > 0


def test_bias_starts() -> None:
    assert model(initial_bias=-10.0).logit_bias.item() == -10
    scalar = model()
    scalar.initialise_bias(torch.tensor(-2.5))
    assert scalar.logit_bias.item() == -2.5
    prevalences = torch.tensor([0.1, 0.3, 0.02, 0.2, 0.38])
    scalar.initialise_bias(prevalences.logit())
    assert scalar.logit_bias.sigmoid().item() == pytest.approx(0.2)
    by_text = model(bias="text", whitening=0.5)
    by_text.initialise_bias(prevalences.logit())
    assert by_text.text_bias is not None
    fitted = by_text.logit_bias + by_text.text_projection(by_text.prompt_vectors) @ by_text.text_bias
    torch.testing.assert_close(fitted.sigmoid(), prevalences, rtol=0.02, atol=0.005)
    with pytest.raises(ValueError, match="finite"):
        scalar.initialise_bias(torch.tensor([0.0, -torch.inf]))


def test_everything_from_the_embeddings_on_is_float32_under_autocast(signal: Tensor) -> None:
    two_towers = model()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ecg = two_towers.encode_ecg(signal)
        inside = two_towers.compare(ecg, two_towers.prompt_vectors)
    assert ecg.dtype == inside.dtype == torch.float32
    assert torch.equal(inside, two_towers.compare(ecg, two_towers.prompt_vectors))
