"""What of a lead was recorded: stretches that are a straight line, and peaks cut off by the range of the amplifier."""

import numpy as np
from numpy.typing import NDArray

SMALLEST_RAIL_MV = 0.2
"""An amplifier is not at its limit so near to the middle: there many samples are alike."""

_STRAIGHT_MV = 1e-5  # a hundredth of the finest step of any recorder: rounding of a bridged gap


def straight_seconds(slow: NDArray[np.float32], rate: float) -> NDArray[np.float64]:
    """(leads,) seconds of the longest stretch that is exactly a straight line, as a lost electrode, a dropped packet or a bridge leaves it.

    Parameters
    ----------
    slow
        (leads, samples) millivolt, as `jaccardio.recording.checks.interference.slowed` makes it: the mean of a straight line is straight.
    """
    straight = np.zeros(slow.shape, dtype=np.bool_)  # the first and the last sample of a lead are none, so no stretch goes on into the next
    straight[:, 1:-1] = np.abs(np.diff(slow, n=2, axis=1)) <= _STRAIGHT_MV
    changes = np.flatnonzero(np.diff(straight.ravel()))
    begins, ends = changes[::2], changes[1::2]
    longest = np.zeros(len(slow), dtype=np.int64)
    np.maximum.at(longest, begins // slow.shape[1], ends - begins)
    return longest / rate


def rail_milliseconds(signal: NDArray[np.float32], sampling_rate: float) -> NDArray[np.float64]:
    """(leads,) milliseconds in 10 s at exactly the lead's largest or smallest value, whichever is longer.

    A genuine peak is reached once, for a few samples; a cut off one by every beat.
    """
    middle = signal.mean(axis=1)
    at_rail = [
        np.where(np.abs(extreme - middle) > SMALLEST_RAIL_MV, [np.count_nonzero(lead) for lead in signal == extreme[:, None]], 0)
        for extreme in (signal.max(axis=1), signal.min(axis=1))
    ]
    return np.asarray(np.maximum(*at_rail) * (1e4 / signal.shape[1]))
