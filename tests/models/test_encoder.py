"""The contract that every ECG encoder keeps."""

import math

import pytest
import torch

from jaccardio.errors import UsageError
from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import BACKBONES, EcgEncoder
from jaccardio.models.pooling import POOLINGS
from jaccardio.models.resnet import ResNet1d
from jaccardio.models.s4d import STATES, DiagonalStateSpace
from jaccardio.models.vit import sinusoidal_positions

EXPECTED_CHANNELS = {
    "resnet18": 8,
    "resnet34": 8,
    "resnet50": 32,
    "xresnet1d50": 4,
    "xresnet1d101": 4,
    "inception1d": 4,
    "vit1d": 4,
    "convnext1d": 8,
    "s4d": 4,
}
"""Channels of the last stage, in widths."""

Variant = tuple[str, bool, str, int]
"""Backbone, squeeze-excitation, pooling, stem stride."""

VARIANTS: list[Variant] = [(name, False, "mean", 4) for name in sorted(BACKBONES)]
VARIANTS += [(name, True, "mean-max", 4) for name in ("xresnet1d50", "inception1d", "convnext1d")]
VARIANTS += [("resnet18", True, pooling, 4) for pooling in sorted(POOLINGS)]
VARIANTS += [
    ("resnet18", True, "mean-max", 1),
    ("resnet18", False, "mean", 2),
    ("xresnet1d50", False, "mean", 1),
    ("convnext1d", False, "mean", 2),
]


def _encoder(variant: Variant, width: int) -> EcgEncoder:
    fields = ("encoder", "squeeze_excitation", "pooling", "stem_stride")
    return EcgEncoder(ModelConfig.model_validate({"width": width, **dict(zip(fields, variant, strict=True))}))


def test_every_encoder_is_in_the_contract() -> None:
    assert EXPECTED_CHANNELS.keys() == BACKBONES.keys()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("rate", [100, 500])
@pytest.mark.parametrize("seconds", [2, 7.5, 10])
def test_shape_and_gradient_at_any_length(variant: Variant, rate: int, seconds: float) -> None:
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
@pytest.mark.parametrize("samples", [32, 231])
def test_every_sample_is_read(variant: Variant, samples: int) -> None:
    torch.manual_seed(0)
    signal = torch.randn(3, 12, samples, requires_grad=True)
    (_encoder(variant, 4)(signal) ** 2).sum().backward()
    assert signal.grad is not None
    assert signal.grad.abs().sum(dim=(0, 1)).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_features_are_float32_under_autocast(variant: Variant) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert _encoder(variant, 2)(torch.randn(2, 12, 200)).dtype == torch.float32


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_layout_of_maps_changes_rounding_alone(variant: Variant) -> None:
    torch.manual_seed(0)
    encoder, signal = _encoder(variant, 4).eval(), torch.randn(3, 12, 300)
    torch.testing.assert_close(encoder(signal, channels_last=False), encoder(signal), rtol=1e-4, atol=1e-5)
    layouts = [encoder.maps(signal, channels_last=layout).stride() for layout in (True, False)]
    assert layouts[0] != layouts[1] or variant[0] in ("convnext1d", "vit1d", "s4d")


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_ecg_is_encoded_alone_in_evaluation(variant: Variant) -> None:
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


# Layers of the originals in one dimension, each by hand. A norm has 2 parameters a channel.
RESNET18 = 3_848_832  # kernels of 3 in place of 3 x 3, 12 leads in place of 3 colours
XRESNET_STEM = (12 * 32 + 32 * 32 + 32 * 64) * 5 + 2 * (32 + 32 + 64)
XRESNET_BLOCK = 256 * 64 + 64 * 64 * 5 + 64 * 256 + 2 * (64 + 64 + 256)
XRESNET_FIRST = XRESNET_BLOCK - (256 - 64) * 64 + 64 * 256 + 2 * 256  # 64 channels in, and a convolution in the shortcut
INCEPTION_PATHS = 32 * 32 * (39 + 19 + 9) + 2 * 128
INCEPTION = 6 * INCEPTION_PATHS + 2 * 32 * (12 + 5 * 128) + (12 + 128) * 128 + 2 * 2 * 128
VIT = 12 * 25 * 256 + 2 * 256 + 6 * (12 * 256**2 + 13 * 256) + 2 * 256
S4D = 12 * 256 + 256 + 4 * (2 * 256 + 256 + 2 * 256 * 8 + 2 * 256 * 8 * 2 + 256 + 256 * 512 + 512)
STAGES = [(96, 3), (192, 3), (384, 9), (768, 3)]
CONVNEXT = 28_589_128 - 1000 * 769  # ConvNeXt-T less its 1000 classes,
CONVNEXT -= sum(depth * width * (7 * 7 - 7 + 1) for width, depth in STAGES)  # kernels of 7 for 7 x 7, no layer scale,
CONVNEXT -= sum(width * 2 * width * (2 * 2 - 2) for width, _ in STAGES[:3]) + (3 * 4 * 4 - 12 * 4) * 96  # patches of 2 and of 4


@pytest.mark.parametrize(
    ("name", "width", "count"),
    [
        ("resnet18", 64, RESNET18),
        ("xresnet1d50", 64, XRESNET_STEM + XRESNET_FIRST + 15 * XRESNET_BLOCK),
        ("xresnet1d101", 64, XRESNET_STEM + XRESNET_FIRST + 32 * XRESNET_BLOCK),
        ("inception1d", 32, INCEPTION),
        ("vit1d", 64, VIT),
        ("convnext1d", 96, CONVNEXT),
        ("s4d", 64, S4D),
    ],
)
def test_parameter_count_of_the_original(name: str, width: int, count: int) -> None:
    assert sum(parameter.numel() for parameter in BACKBONES[name](width).parameters()) == count


def test_positions_are_the_published_sinusoids() -> None:
    positions = sinusoidal_positions(7, 12)
    for token in range(7):
        for pair in range(6):
            angle = token / 10_000 ** (2 * pair / 12)
            assert positions[token, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert positions[token, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_the_transformer_knows_the_order_of_its_patches() -> None:
    torch.manual_seed(0)
    encoder = _encoder(("vit1d", False, "mean", 4), 4).eval()
    signal = torch.randn(1, 12, 100)
    assert not torch.allclose(encoder(signal), encoder(signal.roll(25, dims=2)), atol=1e-3)


def test_a_state_space_is_its_recurrence_in_both_directions() -> None:
    """Zero-order hold of x' = A x + u, sample by sample, in complex double precision."""
    torch.manual_seed(0)
    space, samples = DiagonalStateSpace(3), 40
    sequence = torch.randn(1, 3, samples)
    with torch.no_grad():
        found = space(sequence)[0].double()
        poles = torch.complex(-space.log_decay.double().exp(), space.frequency.double())
        step = (poles * space.log_step.double().exp()[:, None]).exp()
        readout = torch.view_as_complex(space.readout.double())
        wanted = space.skip.double()[:, None] * sequence[0].double()
        for direction, order in enumerate((range(samples), range(samples - 1, -1, -1))):
            state = torch.zeros((3, STATES), dtype=torch.complex128)
            for sample in order:
                before = state
                state = step * state + (step - 1) / poles * sequence[0, :, sample].double()[:, None]
                wanted[:, sample] += 2 * (readout[direction] * (before if direction else state)).sum(dim=1).real
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "variant",
    [
        ("vit1d", True, "mean", 4),
        ("vit1d", False, "mean", 2),
        ("s4d", True, "mean", 4),
        ("s4d", False, "mean", 1),
        ("inception1d", False, "mean", 1),
    ],
)
def test_what_a_backbone_has_no_place_for_is_refused(variant: Variant) -> None:
    with pytest.raises(UsageError, match=variant[0]):
        _encoder(variant, 4)


@pytest.mark.parametrize(("encoder", "stride"), [("resnet18", 1), ("resnet18", 2), ("resnet18", 4), ("xresnet1d50", 1), ("convnext1d", 2)])
def test_the_stem_alone_settles_how_much_time_is_shortened(encoder: str, stride: int) -> None:
    assert _encoder((encoder, False, "mean", stride), 2).backbone(torch.randn(1, 12, 1, 320)).shape[3] == 320 // (8 * stride)


@pytest.mark.parametrize("variant", VARIANTS)
def test_too_short_a_signal_is_refused(variant: Variant) -> None:
    with pytest.raises(ValueError, match="at least 32"):
        _encoder(variant, 2)(torch.zeros(1, 12, 31))


@pytest.mark.parametrize("shape", [(12, 320), (2, 320, 12), (2, 1, 320), (2, 12, 1, 320)])
def test_another_shape_than_that_of_ecgs_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"needs \(n, 12, samples\)"):
        _encoder(VARIANTS[0], 2)(torch.zeros(shape))
