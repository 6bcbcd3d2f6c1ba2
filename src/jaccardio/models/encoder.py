"""`EcgEncoder`: ECGs to feature vectors, a backbone over time followed by a pooling; both by name."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from jaccardio.errors import UsageError
from jaccardio.models.config import ModelConfig
from jaccardio.models.convnext import ConvNext1d
from jaccardio.models.inception import Inception1d
from jaccardio.models.pooling import POOLINGS
from jaccardio.models.resnet import ResNet1d
from jaccardio.models.s4d import S4d1d
from jaccardio.models.vit import Vit1d
from jaccardio.models.xresnet import XResNet1d
from jaccardio.recording.leads import LEADS

MINIMUM_SAMPLES = 32
"""The backbones halve the time axis up to five times; the window contract (2 s and more) lies well above."""

Backbone = ResNet1d | XResNet1d | Inception1d | Vit1d | ConvNext1d | S4d1d

BACKBONES: Mapping[str, Callable[..., Backbone]] = {
    "resnet18": partial(ResNet1d, 18),
    "resnet34": partial(ResNet1d, 34),
    "resnet50": partial(ResNet1d, 50),
    "xresnet1d50": partial(XResNet1d, 50),
    "xresnet1d101": partial(XResNet1d, 101),
    "inception1d": Inception1d,
    "vit1d": Vit1d,
    "convnext1d": ConvNext1d,
    "s4d": S4d1d,
}
"""Backbones by name: functions of width and, but for `LACKING`, squeeze-excitation and stem stride that return a module with `channels`
and (n, 12, 1, samples) -> (n, channels, 1, time)."""

LACKING: Mapping[str, Mapping[str, str]] = {
    "inception1d": {"stem_stride": "it has no stem"},
    "vit1d": {"squeeze_excitation": "it has no convolutional blocks", "stem_stride": "it has no stem"},
    "s4d": {"squeeze_excitation": "it has no convolutional blocks", "stem_stride": "it has no stem"},
}
"""Settings that a backbone has no place for, and why."""


class EcgEncoder(nn.Module):
    """ECGs (n, 12, samples) to vectors (n, features).

    Convolutions are (1 x k) Conv2d, so that maps may lie channels-last in memory, which is faster for narrow encoders and under autocast;
    else they are computed as Conv1d is, which is faster for wide ones (docs/performance.md). The pooled features are float32 whatever the
    autocast.

    Parameters
    ----------
    config
        `encoder` to `pooling` of it are read.

    Attributes
    ----------
    features
        Length of the output vector.

    Raises
    ------
    UsageError
        Squeeze-excitation or a stem's stride in a backbone that has no place for it.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        settings = config.model_dump(include={"squeeze_excitation", "stem_stride"})
        for name, reason in LACKING.get(config.encoder, {}).items():
            if settings.pop(name) != (default := ModelConfig.model_fields[name].default):
                remedy = f"Leave it at {str(default).lower()}, or choose another model.encoder"
                raise UsageError(f"encoder {config.encoder} takes no model.{name}: {reason}. {remedy}.")
        self.backbone = BACKBONES[config.encoder](config.width, **settings)
        self.pooling = POOLINGS[config.pooling](self.backbone.channels)
        self.features = self.pooling.features

    def forward(self, signal: Tensor, *, channels_last: bool = True) -> Tensor:
        """ECGs (n, 12, samples) in millivolt, of any number of samples from 32, to feature vectors (n, features) float32.

        Where the maps lie in memory changes the rounding of sums alone.
        """
        return self.pooled(self.maps(signal, channels_last=channels_last))

    def maps(self, signal: Tensor, *, channels_last: bool = True) -> Tensor:
        """ECGs (n, 12, samples) to feature maps over time (n, channels, 1, time)."""
        if signal.ndim != 3 or signal.shape[1] != len(LEADS):
            raise ValueError(f"signal has the shape {tuple(signal.shape)}; the encoder needs (n, {len(LEADS)}, samples)")
        if signal.shape[2] < MINIMUM_SAMPLES:
            raise ValueError(f"signal has {signal.shape[2]} samples; the encoder needs at least {MINIMUM_SAMPLES}")
        layout = torch.channels_last if channels_last else torch.contiguous_format
        maps: Tensor = self.backbone(signal.unsqueeze(2).contiguous(memory_format=layout))
        return maps

    def pooled(self, maps: Tensor) -> Tensor:
        """Feature maps to vectors (n, features), in float32."""
        with torch.autocast(maps.device.type, enabled=False):
            vectors: Tensor = self.pooling(maps.float())
            return vectors
