"""Spearman's rank correlation."""

import numpy as np
from numpy.typing import NDArray


def spearman(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Of two series (m,), ties at their mean rank; NaN where either is constant or m < 3."""
    from scipy.stats import rankdata  # a fifth of a second that prediction does not need

    if len(first) < 3:
        return float("nan")
    one, other = rankdata(first) - (len(first) + 1) / 2, rankdata(second) - (len(second) + 1) / 2
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread > 0 else float("nan")
