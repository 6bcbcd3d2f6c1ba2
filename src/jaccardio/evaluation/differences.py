"""Is a difference more than chance? Paired bootstrap differences of one figure, and their correction for many comparisons."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def two_sided_p(differences: NDArray[np.float64]) -> float:
    """Two-sided bootstrap p of "no difference" from the paired differences (r,) of the replicates; undefined ones are left out.

    Twice the smaller share of replicates on either side of zero, the sample itself counted among them (Davison & Hinkley 1997,
    equation 4.11): p = 2 min(1 + #{d <= 0}, 1 + #{d >= 0}) / (r + 1), at most 1. It falls below 0.05 about where the 95 % percentile
    interval leaves zero out, and is never below ``2 / (r + 1)``. NaN where no difference is defined.
    """
    defined = differences[np.isfinite(differences)]
    if not len(defined):
        return float("nan")
    sides = min(np.count_nonzero(defined <= 0), np.count_nonzero(defined >= 0))
    return min(1.0, 2 * (1 + sides) / (1 + len(defined)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p (Holm 1979), in the order given: the chance of one false claim or more among them all stays below the level.

    The i-th smallest of m (i from 0) is multiplied by m - i, is at least the one before it, and is at most 1. NaN stays NaN and is not
    counted in m.
    """
    adjusted = np.full(len(p_values), np.nan)
    order = [int(i) for i in np.argsort(p_values, kind="stable") if not np.isnan(p_values[i])]
    largest = 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[i]))
        adjusted[i] = largest
    return [float(p) for p in adjusted]
