"""Batch norms taken up by convolutions: the same numbers, and nothing of the model itself is changed."""

import copy

import pytest
import torch
from torch import nn

from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.models.encoder import BACKBONES, EcgEncoder
from jaccardio.models.ensemble import EcgEnsemble
from jaccardio.models.folding import folded
from tests.models.conftest import FixedEncoder, Vocabulary

KEPT = {"s4d": 4}
"""Batch norms that stand behind no convolution; 0 for encoders that are not here."""

HAS_PLACE = ("resnet18", "resnet34", "resnet50", "xresnet1d50", "xresnet1d101", "inception1d", "convnext1d")
VARIANTS = [(name, False) for name in BACKBONES] + [(name, True) for name in HAS_PLACE]


def _trained(encoder: str, squeeze_excitation: bool) -> EcgEncoder:
    """An encoder whose batch norms are not as they begin."""
    torch.manual_seed(0)
    model = EcgEncoder(ModelConfig.model_validate({"encoder": encoder, "width": 4, "squeeze_excitation": squeeze_excitation}))
    for norm in norms(model):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.3)
        norm.running_mean = torch.randn(norm.num_features) / 3
        norm.running_var = torch.rand(norm.num_features) + 0.5
    return model.eval()


def norms(model: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


@pytest.mark.parametrize(("encoder", "squeeze_excitation"), VARIANTS)
def test_features_and_gradients_of_every_encoder_are_the_same(encoder: str, squeeze_excitation: bool) -> None:
    model = _trained(encoder, squeeze_excitation)
    before = copy.deepcopy(model.state_dict())
    short = folded(model)
    assert len(norms(short)) == KEPT.get(encoder, 0)
    signal = torch.randn(3, 12, 231, requires_grad=True)
    wanted, found = model(signal), short(signal)
    size = wanted.detach().abs().max()
    assert (found - wanted).abs().max() < 1e-5 * size
    (of_wanted,), (of_found,) = (torch.autograd.grad(features.square().sum(), signal) for features in (wanted, found))
    torch.testing.assert_close(of_found, of_wanted, rtol=0, atol=1e-4 * float(of_wanted.abs().max()))
    after = model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_members_of_an_ensemble_and_heads(vocabulary: Vocabulary, text_encoder: FixedEncoder) -> None:
    models = [create_model(ModelConfig(width=2), vocabulary=vocabulary, text_encoder=text_encoder) for _ in range(2)]
    ensemble = EcgEnsemble(models).train()
    short = folded(ensemble)
    assert not norms(short)
    assert not short.training
    assert ensemble.training
    signal = torch.randn(2, 12, 100)
    with torch.inference_mode():
        wanted = ensemble.eval().encode_ecg(signal)
        torch.testing.assert_close(short.encode_ecg(signal), wanted, rtol=0, atol=1e-5)


def test_convolutions_stay_channels_last() -> None:
    assert all(
        module.weight.is_contiguous(memory_format=torch.channels_last)
        for module in folded(_trained("resnet18", False)).modules()
        if isinstance(module, nn.Conv2d)
    )
