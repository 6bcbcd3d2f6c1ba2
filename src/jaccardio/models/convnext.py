"""`ConvNext1d`: ConvNeXt over time (Liu et al. 2022, arXiv:2201.03545, in one dimension)."""

from torch import Tensor, nn

from jaccardio.models.squeeze_excitation import SqueezeExcitation
from jaccardio.recording.leads import LEADS

STAGE_DEPTHS = (3, 3, 9, 3)
STAGE_PATCH = 2
KERNEL, EXPANSION = 7, 4


class ConvNext1d(nn.Module):
    """1D ConvNeXt of the published depths "tiny": four stages of widths w, 2w, 4w, 8w, each behind patches that shorten time.

    Without layer scale and stochastic depth: the first delays short schedules, the second would make training random beyond its
    batches.

    Parameters
    ----------
    width
        Channels w of the first stage; 96 in the original.
    squeeze_excitation
        Weight the channels at the end of each residual branch.
    stem_stride
        Samples of the first patches; 4 in the original.

    Attributes
    ----------
    channels
        8w.
    """

    def __init__(self, width: int, squeeze_excitation: bool = False, stem_stride: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = [_patches(len(LEADS), width, stem_stride), _ChannelNorm(width)]
        channels = width
        for stage, repeats in enumerate(STAGE_DEPTHS):
            if stage > 0:
                layers += [_ChannelNorm(channels), _patches(channels, 2 * channels, STAGE_PATCH)]
                channels *= 2
            layers += [_Block(channels, squeeze_excitation) for _ in range(repeats)]
        self.layers = nn.Sequential(*layers, _ChannelNorm(channels))
        self.channels = channels
        self.shortening = stem_stride * STAGE_PATCH ** (len(STAGE_DEPTHS) - 1)

    def forward(self, image: Tensor) -> Tensor:
        """ECGs (n, 12, 1, samples) to feature maps (n, channels, 1, ceil(samples / (8 x stem stride))); zeros fill the last patch."""
        maps: Tensor = self.layers(nn.functional.pad(image, (0, -image.shape[3] % self.shortening)))
        return maps


class _Block(nn.Module):
    """x + branch(x): a depthwise convolution over time, then an inverted bottleneck over channels."""

    def __init__(self, channels: int, squeeze_excitation: bool) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, (1, KERNEL), padding=(0, KERNEL // 2), groups=channels),
            _ChannelNorm(channels),
            nn.Conv2d(channels, EXPANSION * channels, 1),
            nn.GELU(),
            nn.Conv2d(EXPANSION * channels, channels, 1),
        )
        if squeeze_excitation:
            self.branch.append(SqueezeExcitation(channels))

    def forward(self, maps: Tensor) -> Tensor:
        branch: Tensor = self.branch(maps)
        return maps + branch


class _ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each time step; in channels-last memory the two transpositions cost nothing."""

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps.movedim(1, -1)).movedim(-1, 1)


def _patches(channels: int, out: int, patch: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, (1, patch), stride=(1, patch))
