"""`S4d1d`: diagonal state space models over time (Gu et al. 2022, S4D, arXiv:2206.11893).

For ECGs after Mehari and Strodthoff 2022 (arXiv:2211.07579): no convolution in front, both directions of time, every sample kept.
"""

import math

import torch
from torch import Tensor, nn

from jaccardio.recording.leads import LEADS

DEPTH = 4
STATES = 8
"""Conjugate pairs of states a channel: N / 2 of the papers."""

SHORTEST_STEP, LONGEST_STEP = 1e-3, 1e-1
"""Bounds of the step at the start, which is drawn log-uniformly; a state remembers about 2 / step samples."""


class S4d1d(nn.Module):
    """A linear layer over the leads, then 4 residual blocks: norm, state space in both directions, GELU, gated linear layer.

    Parameters
    ----------
    width
        A quarter of the channels.

    Attributes
    ----------
    channels
        4w.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.channels = 4 * width
        self.leads = nn.Conv2d(len(LEADS), self.channels, 1)
        self.blocks = nn.Sequential(*(_Block(self.channels) for _ in range(DEPTH)))

    def forward(self, image: Tensor) -> Tensor:
        """ECGs (n, 12, 1, samples) to feature maps (n, channels, 1, samples)."""
        maps: Tensor = self.blocks(self.leads(image))
        return maps


class _Block(nn.Module):
    """x + GLU(GELU(state space(norm(x)))), with batch norms, which keep the amplitudes of ECGs apart."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.space = DiagonalStateSpace(channels)
        self.mix = nn.Conv2d(channels, 2 * channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        spaced = self.space(self.norm(maps).squeeze(2)).unsqueeze(2)
        return maps + nn.functional.glu(self.mix(nn.functional.gelu(spaced)), dim=1)


class DiagonalStateSpace(nn.Module):
    """x' = A x + B u, y = Re(2 C x) + D u for each channel, with diagonal A, discretised by a zero-order hold (S4D, Eqs. 2 to 5).

    B is 1. A starts at -1/2 + i pi n (S4D-Lin); its real part stays negative. A second C reads the sequence backwards from the next sample
    on. The convolution with the kernel is one product of Fourier transforms, in float32 whatever the autocast.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        low, high = math.log(SHORTEST_STEP), math.log(LONGEST_STEP)
        self.log_step = nn.Parameter(low + (high - low) * torch.rand(channels))
        self.log_decay = nn.Parameter(torch.full((channels, STATES), math.log(0.5)))
        self.frequency = nn.Parameter(math.pi * torch.arange(STATES).repeat(channels, 1))
        self.readout = nn.Parameter(torch.randn(2, channels, STATES, 2) * math.sqrt(0.5))  # both directions, real and imaginary
        self.skip = nn.Parameter(torch.randn(channels))

    def kernels(self, samples: int) -> Tensor:
        """Impulse responses (2, channels, samples) forwards and backwards: 2 Re(C (exp(step A) - 1) / A exp(step A l)) for l from 0."""
        poles = torch.complex(-self.log_decay.exp(), self.frequency)
        exponents = poles * self.log_step.exp()[:, None]
        weights = torch.complex(self.readout[..., 0], self.readout[..., 1]) * (torch.exp(exponents) - 1) / poles
        powers = torch.exp(exponents[:, :, None] * torch.arange(samples, device=poles.device))
        return 2 * torch.einsum("dcs,csl->dcl", weights, powers).real

    def forward(self, sequence: Tensor) -> Tensor:
        """Sequences (n, channels, samples) to the same shape."""
        samples = sequence.shape[2]
        with torch.autocast(sequence.device.type, enabled=False):
            sequence = sequence.float()
            forwards, backwards = self.kernels(samples)
            kernel = nn.functional.pad(forwards, (0, samples)) + nn.functional.pad(backwards.flip(1), (samples, 0))
            product = torch.fft.rfft(sequence, 2 * samples) * torch.fft.rfft(kernel, 2 * samples)
            found: Tensor = torch.fft.irfft(product, 2 * samples)[:, :, :samples] + self.skip[:, None] * sequence
            return found
