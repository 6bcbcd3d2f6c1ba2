"""`Vit1d`: a transformer over patches of the ECG (Dosovitskiy et al. 2021, arXiv:2010.11929, in one dimension)."""

import torch
from torch import Tensor, nn

from jaccardio.recording.leads import LEADS

PATCH = 25
"""Samples a token: 0.25 s at 100 Hz, 0.05 s at 500 Hz. The model is not told the rate."""

DEPTH, HEADS, EXPANSION = 6, 4, 4


class Vit1d(nn.Module):
    """Pre-norm transformer of depth 6 with 4 heads; one token for each 25 samples of all 12 leads, no class token.

    The positions are sinusoids, so that any length can be read. There is no dropout: training has no randomness but its batches.
    The norm after the patches is a batch norm, which keeps the amplitudes of ECGs apart and brings millivolts to the size of the
    positions.

    Parameters
    ----------
    width
        A quarter of the tokens' length.

    Attributes
    ----------
    channels
        4w, the tokens' length.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.channels = 4 * width
        self.patches = nn.Sequential(
            nn.Conv2d(len(LEADS), self.channels, (1, PATCH), stride=(1, PATCH), bias=False),
            nn.BatchNorm2d(self.channels),
        )
        self.blocks = nn.Sequential(*(_block(self.channels) for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(self.channels)

    def forward(self, image: Tensor) -> Tensor:
        """ECGs (n, 12, 1, samples) to feature maps (n, channels, 1, ceil(samples / 25)); zeros fill the last patch."""
        whole = nn.functional.pad(image, (0, -image.shape[3] % PATCH))
        tokens = self.patches(whole).flatten(2).transpose(1, 2)  # (n, tokens, channels)
        tokens = tokens + sinusoidal_positions(tokens.shape[1], self.channels).to(tokens.device)
        maps: Tensor = self.norm(self.blocks(tokens)).transpose(1, 2).unsqueeze(2)
        return maps


def sinusoidal_positions(tokens: int, channels: int) -> Tensor:
    """(tokens, channels) float32, sine and cosine by turns (Vaswani et al. 2017, arXiv:1706.03762, section 3.5); channels are even."""
    frequencies = 10_000.0 ** (-torch.arange(0, channels, 2) / channels)
    angles = torch.arange(tokens)[:, None] * frequencies
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def _block(channels: int) -> nn.Module:
    return nn.TransformerEncoderLayer(
        channels, HEADS, EXPANSION * channels, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
