"""`XResNet1d`: the residual networks of the PTB-XL benchmark (Strodthoff et al. 2021, doi:10.1109/JBHI.2020.3022989)."""

from collections.abc import Mapping

from torch import Tensor, nn

from jaccardio.models.resnet import BOTTLENECK_EXPANSION, Residual, bottleneck_branch, convolution
from jaccardio.models.squeeze_excitation import SqueezeExcitation
from jaccardio.recording.leads import LEADS

STAGE_DEPTHS: Mapping[int, tuple[int, int, int, int]] = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
KERNEL = 5


class XResNet1d(nn.Module):
    """1D xresnet: a stem of three convolutions, then bottlenecks of kernel 5 in four stages that all have the same width.

    The tweaks of He et al. 2019 (arXiv:1812.01187, section 4): the deep stem (C), strides in the middle convolution of a bottleneck
    (B), and average pooling before the 1 x 1 convolution of a shortcut (D). As in `ResNet1d`, norms keep their usual start.

    Parameters
    ----------
    depth
        50 or 101.
    width
        Channels w inside the bottlenecks of every stage; 64 in the benchmark.
    squeeze_excitation
        Weight the channels at the end of each residual branch.
    stem_stride
        1, 2 or 4, shared by the stem's first convolution and its pooling; 4 in the benchmark.

    Attributes
    ----------
    channels
        4w.
    """

    def __init__(self, depth: int, width: int, squeeze_excitation: bool = False, stem_stride: int = 4) -> None:
        super().__init__()
        half = (width + 1) // 2
        stem = [*_layer(len(LEADS), half, stride=max(1, stem_stride // 2)), *_layer(half, half), *_layer(half, width)]
        self.stem = nn.Sequential(*stem, nn.MaxPool2d((1, 3), stride=(1, min(stem_stride, 2)), padding=(0, 1)))
        self.channels = width * BOTTLENECK_EXPANSION
        blocks: list[nn.Module] = []
        channels = width
        for stage, repeats in enumerate(STAGE_DEPTHS[depth]):
            for repeat in range(repeats):
                stride = 2 if stage > 0 and repeat == 0 else 1
                branch = bottleneck_branch(channels, width, stride, KERNEL)
                if squeeze_excitation:
                    branch.append(SqueezeExcitation(self.channels))
                blocks.append(Residual(branch, _shortcut(channels, self.channels, stride)))
                channels = self.channels
        self.blocks = nn.Sequential(*blocks)

    def forward(self, image: Tensor) -> Tensor:
        """ECGs (n, 12, 1, samples) to feature maps (n, channels, 1, about samples / (8 x stem stride))."""
        maps: Tensor = self.blocks(self.stem(image))
        return maps


def _layer(channels: int, out: int, stride: int = 1) -> tuple[nn.Module, nn.Module, nn.Module]:
    return convolution(channels, out, KERNEL, stride), nn.BatchNorm2d(out), nn.ReLU(inplace=True)


def _shortcut(channels: int, out: int, stride: int) -> nn.Sequential:
    """Average pooling where time is halved, a 1 x 1 convolution where channels change; empty, the identity."""
    shortcut = nn.Sequential()
    if stride != 1:
        shortcut.append(nn.AvgPool2d((1, stride), ceil_mode=True))
    if channels != out:
        shortcut.extend([convolution(channels, out, 1), nn.BatchNorm2d(out)])
    return shortcut
