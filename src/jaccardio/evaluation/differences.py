"""Is a difference more than chance? Paired differences over patients and over seeds, and their correction for many comparisons."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student


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


def seed_test(differences: Sequence[float]) -> tuple[float, float]:
    """Standard error of the mean of the differences of paired seeds, and the two-sided p of "no difference" (Student's paired t test).

    Its quantile is that of m - 1 degrees of freedom: with three seeds a difference must exceed 4.30 standard errors, not 2. Both are NaN
    with fewer than two seeds.
    """
    if len(differences) < 2:
        return float("nan"), float("nan")
    mean, error = float(np.mean(differences)), float(np.std(differences, ddof=1) / np.sqrt(len(differences)))
    if error == 0:
        return error, 1.0 if mean == 0 else 0.0
    return error, float(2 * student.sf(abs(mean) / error, len(differences) - 1))


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
