"""`ResNet1d`: residual networks over time (He et al. 2016, arXiv:1512.03385, in one dimension)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from jaccardio.models.squeeze_excitation import SqueezeExcitation
from jaccardio.recording.leads import LEADS

STAGE_DEPTHS: Mapping[int, tuple[int, int, int, int]] = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
BOTTLENECK_EXPANSION = 4


class ResNet1d(nn.Module):
    """1D ResNet: stem of kernel 7, residual blocks of kernel 3 in four stages of widths w, 2w, 4w, 8w.

    Norms keep their usual start (scale 1, also at the end of a residual branch): the zero start of long ImageNet schedules delays
    short ones.

    Parameters
    ----------
    depth
        18 or 34 (basic blocks), or 50 (bottlenecks, four times as many features).
    width
        Channels w of the first stage; 64 in the original.
    squeeze_excitation
        Weight the channels at the end of each residual branch.
    stem_stride
        1, 2 or 4, shared by the stem's convolution and its pooling; 4 in the original.

    Attributes
    ----------
    channels
        Channels of the last stage: 8w, or 32w for depth 50.
    """

    def __init__(self, depth: int, width: int, squeeze_excitation: bool = False, stem_stride: int = 4) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            convolution(len(LEADS), width, kernel=7, stride=max(1, stem_stride // 2)),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d((1, 3), stride=(1, min(stem_stride, 2)), padding=(0, 1)),
        )
        branch, expansion = (bottleneck_branch, BOTTLENECK_EXPANSION) if depth == 50 else (_basic_branch, 1)
        blocks: list[nn.Module] = []
        channels = width
        for stage, repeats in enumerate(STAGE_DEPTHS[depth]):
            inner = width * 2**stage
            for repeat in range(repeats):
                stride = 2 if stage > 0 and repeat == 0 else 1
                out = inner * expansion
                residual = branch(channels, inner, stride)
                if squeeze_excitation:
                    residual.append(SqueezeExcitation(out))
                blocks.append(Residual(residual, _shortcut(channels, out, stride)))
                channels = out
        self.blocks = nn.Sequential(*blocks)
        self.channels = channels

    def forward(self, image: Tensor) -> Tensor:
        """ECGs (n, 12, 1, samples) to feature maps (n, channels, 1, about samples / (8 x stem stride))."""
        maps: Tensor = self.blocks(self.stem(image))
        return maps


class Residual(nn.Module):
    """ReLU(branch(x) + shortcut(x))."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, activations: Tensor) -> Tensor:
        return torch.relu_(self.branch(activations) + self.shortcut(activations))


def bottleneck_branch(channels: int, inner: int, stride: int, kernel: int = 3) -> nn.Sequential:
    """Narrow to `inner` channels, convolve over time, widen to `BOTTLENECK_EXPANSION` times `inner`."""
    return nn.Sequential(
        convolution(channels, inner, 1),
        nn.BatchNorm2d(inner),
        nn.ReLU(inplace=True),
        convolution(inner, inner, kernel, stride),
        nn.BatchNorm2d(inner),
        nn.ReLU(inplace=True),
        convolution(inner, inner * BOTTLENECK_EXPANSION, 1),
        nn.BatchNorm2d(inner * BOTTLENECK_EXPANSION),
    )


def convolution(channels: int, out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Convolution over time of an odd kernel without bias: as many steps as before, or their ceil(steps / stride)."""
    return nn.Conv2d(channels, out, (1, kernel), stride=(1, stride), padding=(0, kernel // 2), bias=False)


def _basic_branch(channels: int, inner: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        convolution(channels, inner, 3, stride),
        nn.BatchNorm2d(inner),
        nn.ReLU(inplace=True),
        convolution(inner, inner, 3),
        nn.BatchNorm2d(inner),
    )


def _shortcut(channels: int, out: int, stride: int) -> nn.Module:
    """The identity, or a strided 1 x 1 convolution where shapes change."""
    if channels == out and stride == 1:
        return nn.Identity()
    # Skipping samples first is the same arithmetic; oneDNN's strided 1 x 1 convolution writes past its memory (its issue 6035).
    skip = nn.MaxPool2d(1, stride=(1, stride))
    return nn.Sequential(skip, convolution(channels, out, 1), nn.BatchNorm2d(out))
