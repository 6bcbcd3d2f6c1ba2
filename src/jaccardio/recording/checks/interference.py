"""Noise, wander and voltage, on a recording averaged to about 125 Hz, so that numbers do not depend on its rate."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.order_statistics import medians

SLOW_HZ = 125.0
TYPICAL_MILLIVOLT = 1.35
"""Median of `voltage` in PTB-XL, folds 1-4."""

_WINDOW = 10  # seconds within which the baseline's range is taken: what drifts over half an hour of Holter is no fault


def slowed(signal: NDArray[np.float32], sampling_rate: float) -> tuple[NDArray[np.float32], float]:
    """(leads, samples) in means over neighbouring samples, and its rate, 80 to 190 Hz; slower recordings as they are."""
    factor = max(1, round(sampling_rate / SLOW_HZ))
    whole = signal.shape[1] // factor * factor
    total = signal[:, :whole:factor].copy()
    for start in range(1, factor):  # several times as fast as the mean of an axis of four
        total += signal[:, start:whole:factor]
    return total / np.float32(factor), sampling_rate / factor


def noise(slow: NDArray[np.float32]) -> NDArray[np.float32]:
    """(leads,) millivolt: standard deviation of white noise with the same median second difference, which QRS complexes do not move.

    Muscle and mains up to half the rate of `slowed` count; what a cart has filtered off is not there to be counted.
    """
    return np.asarray(medians(np.abs(np.diff(slow, n=2, axis=1)))[:, 0] / np.float32(0.6745 * 6**0.5))


def wander(slow: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """(leads,) millivolt: range of the means of whole seconds, the largest within 10 s."""
    means = _pieces(slow, round(rate)).mean(axis=2)
    spans = [np.ptp(means[:, start : start + _WINDOW], axis=1) for start in range(0, means.shape[1], _WINDOW)]
    return np.asarray(np.max(spans, axis=0))


def voltage(slow: NDArray[np.float32], rate: float) -> float:
    """Millivolt: the median lead's range within 2 s, the time of two beats."""
    return float(medians(np.ptp(_pieces(slow, round(2 * rate)), axis=2).ravel())[0])


def _pieces(slow: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """(leads, pieces, length), a rest left out; one piece of what there is where that is shorter."""
    length = min(length, slow.shape[1])
    whole = slow.shape[1] // length * length
    return slow[:, :whole].reshape(len(slow), -1, length)
