"""`Inception1d`: one network of InceptionTime (Fawaz et al. 2020, doi:10.1007/s10618-020-00710-y)."""

import torch
from torch import Tensor, nn

from jaccardio.models.resnet import Residual, convolution
from jaccardio.models.squeeze_excitation import SqueezeExcitation
from jaccardio.recording.leads import LEADS

KERNELS = (39, 19, 9)
"""The authors' 40, 20 and 10, made odd so that every kernel has a middle and maps keep their length."""

RESIDUALS, MODULES_PER_RESIDUAL = 2, 3


class Inception1d(nn.Module):
    """Six inception modules, a residual connection over every three; time is never shortened.

    Parameters
    ----------
    width
        Filters w of each of a module's four paths, and of its bottleneck; 32 in the original.
    squeeze_excitation
        Weight the channels at the end of each module (arXiv:1709.01507, Fig. 2).

    Attributes
    ----------
    channels
        4w.
    """

    def __init__(self, width: int, squeeze_excitation: bool = False) -> None:
        super().__init__()
        self.channels = width * (len(KERNELS) + 1)
        blocks: list[nn.Module] = []
        channels = len(LEADS)
        for _ in range(RESIDUALS):
            inputs = [channels] + [self.channels] * (MODULES_PER_RESIDUAL - 1)
            branch = nn.Sequential(*(InceptionModule(given, width, squeeze_excitation) for given in inputs))
            blocks.append(Residual(branch, nn.Sequential(convolution(channels, self.channels, 1), nn.BatchNorm2d(self.channels))))
            channels = self.channels
        self.blocks = nn.Sequential(*blocks)

    def forward(self, image: Tensor) -> Tensor:
        """ECGs (n, 12, 1, samples) to feature maps (n, channels, 1, samples)."""
        maps: Tensor = self.blocks(image)
        return maps


class InceptionModule(nn.Module):
    """A bottleneck followed by three kernels, and max pooling followed by a 1 x 1 convolution, side by side (Fig. 2)."""

    def __init__(self, channels: int, width: int, squeeze_excitation: bool) -> None:
        super().__init__()
        self.bottleneck = convolution(channels, width, 1)
        self.kernels = nn.ModuleList(convolution(width, width, kernel) for kernel in KERNELS)
        self.pooled = nn.Sequential(nn.MaxPool2d((1, 3), stride=1, padding=(0, 1)), convolution(channels, width, 1))
        out = width * (len(KERNELS) + 1)
        self.end = nn.Sequential(nn.BatchNorm2d(out), nn.ReLU(inplace=True))
        if squeeze_excitation:
            self.end.append(SqueezeExcitation(out))

    @property
    def paths(self) -> tuple[nn.Conv2d, ...]:
        """The convolutions whose channels stand side by side before the norm."""
        last = (*self.kernels, self.pooled[1])
        return tuple(path for path in last if isinstance(path, nn.Conv2d))

    def forward(self, activations: Tensor) -> Tensor:
        narrow = self.bottleneck(activations)
        paths = [kernel(narrow) for kernel in self.kernels] + [self.pooled(activations)]
        maps: Tensor = self.end(torch.cat(paths, dim=1))
        return maps
