"""The contract that every ECG encoder keeps."""

import pytest
import torch

from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import BACKBONES, EcgEncoder
from jaccardio.models.pooling import POOLINGS
from jaccardio.models.resnet import ResNet1d

EXPECTED_CHANNELS = {"resnet18": 8, "resnet34": 8, "resnet50": 32}
"""Channels of the last stage, in widths."""

VARIANTS = [(name, False, "mean") for name in sorted(BACKBONES)]
VARIANTS += [("resnet18", True, pooling) for pooling in sorted(POOLINGS)]


def _encoder(variant: tuple[str, bool, str], width: int) -> EcgEncoder:
    name, squeeze_excitation, pooling = variant
    return EcgEncoder(
        ModelConfig.model_validate({"encoder": name, "width": width, "squeeze_excitation": squeeze_excitation, "pooling": pooling})
    )


def test_every_encoder_is_in_the_contract() -> None:
    assert EXPECTED_CHANNELS.keys() == BACKBONES.keys()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("rate", [100, 500])
@pytest.mark.parametrize("seconds", [2, 7.5, 10])
def test_shape_and_gradient_at_any_length(variant: tuple[str, bool, str], rate: int, seconds: float) -> None:
    torch.manual_seed(0)
    encoder = _encoder(variant, 4)
    features = encoder(torch.randn(3, 12, int(rate * seconds)))
    assert encoder.features == 4 * EXPECTED_CHANNELS[variant[0]] * (2 if variant[2] == "mean-max" else 1)
    assert features.shape == (3, encoder.features)
    assert features.dtype == torch.float32
    (features**2).sum().backward()
    for parameter_name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
        assert parameter.grad.any(), parameter_name


@pytest.mark.parametrize("variant", VARIANTS)
def test_features_are_float32_under_autocast(variant: tuple[str, bool, str]) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert _encoder(variant, 2)(torch.randn(2, 12, 200)).dtype == torch.float32


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_ecg_is_encoded_alone_in_evaluation(variant: tuple[str, bool, str]) -> None:
    torch.manual_seed(0)
    encoder = _encoder(variant, 2).eval()
    signal = torch.randn(3, 12, 300)
    torch.testing.assert_close(encoder(signal)[1:2], encoder(signal[1:2]), rtol=1e-4, atol=1e-5)


def test_first_stage_is_the_published_arithmetic() -> None:
    """The (1 x k) Conv2d form computes what Conv1d, batch norm, ReLU and max pooling compute."""
    torch.manual_seed(0)
    encoder = ResNet1d(18, 4).eval()
    signal = torch.randn(2, 12, 333)
    weight = encoder.stem[0].weight[:, :, 0]
    plain = torch.nn.functional.conv1d(signal, weight, stride=2, padding=3) / (1 + 1e-5) ** 0.5
    wanted = torch.nn.functional.max_pool1d(plain.relu(), 3, 2, 1)
    torch.testing.assert_close(encoder.stem(signal.unsqueeze(2))[:, :, 0], wanted, rtol=1e-4, atol=1e-5)


def test_parameter_count_of_the_original() -> None:
    """The layers of ResNet-18, width 64, with kernels of 3 in place of 3 x 3 and 12 leads in place of 3 colours."""
    count = sum(parameter.numel() for parameter in ResNet1d(18, 64).parameters())
    assert count == 3_848_832


def test_too_short_a_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        _encoder(VARIANTS[0], 2)(torch.zeros(1, 12, 31))
