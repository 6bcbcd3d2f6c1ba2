"""`ResNet1d`: residual networks over time (He et al. 2016, arXiv:1512.03385, in one dimension), the ECG encoders."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

STAGE_DEPTHS: Mapping[int, tuple[int, int, int, int]] = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
BOTTLENECK_EXPANSION = 4
MINIMUM_SAMPLES = 32
"""The network halves the time axis five times; the window contract (2 s and more) lies well above."""


class ResNet1d(nn.Module):
    """1D ResNet: stem of kernel 7, residual blocks of kernel 3 in four stages of widths w, 2w, 4w, 8w, global mean pooling.

    Convolutions are written as (1 x k) Conv2d in channels-last memory, about twice as fast on a CPU as Conv1d and open to
    bfloat16 autocast; the pooled features are float32 whatever the autocast. Norms keep their usual start (scale 1, also at the
    end of a residual branch): the zero start of long ImageNet schedules delays short ones.

    Parameters
    ----------
    depth
        18 or 34 (basic blocks), or 50 (bottlenecks, four times as many features).
    width
        Channels w of the first stage; 64 in the original.
    leads
        Input channels.

    Attributes
    ----------
    features
        Length of the output vector: 8w, or 32w for depth 50.
    """

    def __init__(self, depth: int, width: int, leads: int = 12) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _convolution(leads, width, kernel=7, stride=2),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d((1, 3), stride=(1, 2), padding=(0, 1)),
        )
        branch, expansion = (_bottleneck_branch, BOTTLENECK_EXPANSION) if depth == 50 else (_basic_branch, 1)
        blocks: list[nn.Module] = []
        channels = width
        for stage, repeats in enumerate(STAGE_DEPTHS[depth]):
            inner = width * 2**stage
            for repeat in range(repeats):
                stride = 2 if stage > 0 and repeat == 0 else 1
                blocks.append(_Residual(branch(channels, inner, stride), channels, inner * expansion, stride))
                channels = inner * expansion
        self.blocks = nn.Sequential(*blocks)
        self.features = channels
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, signal: Tensor) -> Tensor:
        """ECGs to feature vectors.

        Parameters
        ----------
        signal
            (n, leads, samples) millivolt, any number of samples from 32.

        Returns
        -------
        (n, features) float32.
        """
        if signal.shape[2] < MINIMUM_SAMPLES:
            raise ValueError(f"signal has {signal.shape[2]} samples; the encoder needs at least {MINIMUM_SAMPLES}")
        image = signal.unsqueeze(2).to(memory_format=torch.channels_last)
        activations: Tensor = self.blocks(self.stem(image))
        return activations.float().mean(dim=(2, 3))


ENCODERS: Mapping[str, Callable[[int], ResNet1d]] = {
    "resnet18": lambda width: ResNet1d(18, width),
    "resnet34": lambda width: ResNet1d(34, width),
    "resnet50": lambda width: ResNet1d(50, width),
}
"""ECG encoders by name: functions of the width that return a module with `features` and (n, 12, samples) -> (n, features)."""


class _Residual(nn.Module):
    """ReLU(branch(x) + shortcut(x)); the shortcut is a strided 1 x 1 convolution where shapes change."""

    def __init__(self, branch: nn.Module, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.branch = branch
        unchanged = channels == out and stride == 1
        self.shortcut = nn.Identity() if unchanged else nn.Sequential(_convolution(channels, out, 1, stride), nn.BatchNorm2d(out))

    def forward(self, activations: Tensor) -> Tensor:
        return torch.relu_(self.branch(activations) + self.shortcut(activations))


def _basic_branch(channels: int, inner: int, stride: int) -> nn.Module:
    return nn.Sequential(
        _convolution(channels, inner, 3, stride),
        nn.BatchNorm2d(inner),
        nn.ReLU(inplace=True),
        _convolution(inner, inner, 3),
        nn.BatchNorm2d(inner),
    )


def _bottleneck_branch(channels: int, inner: int, stride: int) -> nn.Module:
    return nn.Sequential(
        _convolution(channels, inner, 1),
        nn.BatchNorm2d(inner),
        nn.ReLU(inplace=True),
        _convolution(inner, inner, 3, stride),
        nn.BatchNorm2d(inner),
        nn.ReLU(inplace=True),
        _convolution(inner, inner * BOTTLENECK_EXPANSION, 1),
        nn.BatchNorm2d(inner * BOTTLENECK_EXPANSION),
    )


def _convolution(channels: int, out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, out, (1, kernel), stride=(1, stride), padding=(0, kernel // 2), bias=False)
