"""`TextProjection`: raw sentence vectors, made comparable by what the prompt bank looks like, to unit length; or left as they are."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

RELATIVE_TOLERANCE = 1e-5
"""Singular values below this share of the largest are rounding of float32, not directions in which prompts differ."""


class TextProjection(nn.Module):
    """Makes sentence vectors comparable: sentences about findings are nearly parallel before, spread out after.

    Without whitening a vector x becomes normalise(x - mean), with the mean of the bank. With whitening p and the bank's vectors
    X (k, D) = U diag(s) V^T it becomes its coordinates in the bank, normalise(diag(s^-p) V^T x): what lies outside the bank's span is
    dropped, and for p = 1 the prompts stand at right angles to each other. Whitening does not centre: centred prompts sum to zero, so
    no ECG could raise the scores of all findings together. With "none" a vector stays as the text encoder made it, as in the paper's
    Listing 1. Nothing here is trained: the buffers travel with the weights.

    Parameters
    ----------
    bank
        (k, D) raw text vectors of the prompt bank.
    whitening
        Power p in [0, 1], or ``none``.

    Attributes
    ----------
    dimension
        Length of what comes out: D without whitening, else min(k, D).
    """

    mean: Tensor
    directions: Tensor
    gains: Tensor

    def __init__(self, bank: Tensor, whitening: float | Literal["none"]) -> None:
        super().__init__()
        findings, dimension = bank.shape
        self.raw = whitening == "none"
        self.power = 0.0 if whitening == "none" else whitening
        rank = min(findings, dimension) if self.power else 0
        self.dimension = rank or dimension
        self.register_buffer("mean", torch.zeros(dimension))
        self.register_buffer("directions", torch.zeros(rank, dimension))
        self.register_buffer("gains", torch.zeros(rank))
        exact = bank.double()
        if self.power:
            _, singular, directions = torch.linalg.svd(exact, full_matrices=False)
            kept = singular > RELATIVE_TOLERANCE * singular.max()
            self.directions.copy_(directions)
            self.gains.copy_(torch.where(kept, torch.where(kept, singular, 1.0) ** -self.power, 0.0))
        elif not self.raw:
            self.mean.copy_(exact.mean(dim=0))

    def forward(self, vectors: Tensor) -> Tensor:
        """(m, D) raw text vectors to (m, dimension), of length 1 unless they are left as they are."""
        if self.raw:
            return vectors
        spread = vectors @ self.directions.T * self.gains if self.power else vectors - self.mean
        return normalize(spread, dim=1)
