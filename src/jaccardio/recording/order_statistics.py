"""`medians`, `quantile`: several times as fast as numpy's, which also look for NaN."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)


def medians(values: NDArray[_Real]) -> NDArray[_Real]:
    """(..., 1) medians of (..., samples) finite numbers, the same as `np.median` finds, by one partition."""
    middle = values.shape[-1] // 2
    parted = np.partition(values, middle, axis=-1)
    upper = parted[..., middle : middle + 1]
    if values.shape[-1] % 2:
        return upper
    return np.asarray((parted[..., :middle].max(axis=-1, keepdims=True) + upper) / 2, dtype=values.dtype)


def quantile(values: NDArray[_Real], share: float) -> float:
    """That of (n,) finite numbers, two at least, below which a share in [0, 1) of them lies, between two neighbours by a straight line."""
    place = share * (len(values) - 1)
    parted = np.partition(values, int(place))
    lower = float(parted[int(place)])
    return lower + (place - int(place)) * (float(parted[int(place) + 1 :].min()) - lower)
