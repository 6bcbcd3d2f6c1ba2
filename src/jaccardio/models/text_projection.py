"""`TextProjection`: raw sentence vectors, centred on the prompt bank and whitened by it, to unit length."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

RELATIVE_TOLERANCE = 1e-5
"""Singular values below this share of the largest are rounding of float32, not directions in which prompts differ."""


class TextProjection(nn.Module):
    """Makes sentence vectors comparable: sentences about findings are nearly parallel before, spread out after.

    With the bank's centred vectors X (k, D) = U diag(s) V^T and p = `whitening`, a vector x becomes
    normalise(V diag((s^2 / k)^(-p/2)) V^T (x - mean)); for p = 0 only normalise(x - mean). Whitening keeps what lies in the span
    of the bank. Nothing here is trained: the mean and the matrix are buffers that travel with the weights.

    Parameters
    ----------
    bank
        (k, D) raw text vectors of the prompt bank.
    whitening
        Power p in [0, 1].
    """

    mean: Tensor
    directions: Tensor
    gains: Tensor

    def __init__(self, bank: Tensor, whitening: float) -> None:
        super().__init__()
        findings, dimension = bank.shape
        rank = min(findings, dimension) if whitening else 0
        self.whitening = whitening
        self.register_buffer("mean", torch.zeros(dimension))
        self.register_buffer("directions", torch.zeros(rank, dimension))
        self.register_buffer("gains", torch.zeros(rank))
        self.fit(bank)

    def fit(self, bank: Tensor) -> None:
        """Sets mean and whitening from the raw vectors (k, D) of a prompt bank."""
        exact = bank.double()
        mean = exact.mean(dim=0)
        self.mean.copy_(mean)
        if self.whitening:
            _, singular, directions = torch.linalg.svd(exact - mean, full_matrices=False)
            kept = singular > RELATIVE_TOLERANCE * singular.max()
            variance = torch.where(kept, singular**2 / len(bank), 1.0)
            self.directions.copy_(directions)
            self.gains.copy_(torch.where(kept, variance ** (-self.whitening / 2), 0.0))

    def forward(self, vectors: Tensor) -> Tensor:
        """(m, D) raw text vectors to (m, D) of length 1."""
        centred = vectors - self.mean
        if self.whitening:
            centred = (centred @ self.directions.T * self.gains) @ self.directions
        return normalize(centred, dim=1)
