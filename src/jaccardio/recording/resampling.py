"""`resample`: leads at another rate, by scipy's anti-aliased polyphase filter, which is designed once for each ratio."""

from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray


def resample(signal: NDArray[np.float32], ratio: Fraction, ends: Literal["edge", "line"]) -> NDArray[np.float32]:
    """(leads, samples) at `ratio` times the rate.

    Parameters
    ----------
    ends
        What is taken to lie beyond the recording: ``edge``, the first and the last value; ``line``, the line through both of them.
    """
    from scipy.signal import resample_poly  # half a second to import, for those ECGs alone that need it

    low_pass = _low_pass(max(ratio.numerator, ratio.denominator))
    resampled = resample_poly(signal, ratio.numerator, ratio.denominator, axis=1, window=low_pass, padtype=ends)
    return np.asarray(resampled, dtype=np.float32)


@lru_cache(maxsize=16)
def _low_pass(factor: int) -> NDArray[np.float32]:
    """The filter that `scipy.signal.resample_poly` designs at each call."""
    from scipy.signal import firwin

    return np.asarray(firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0)), dtype=np.float32)
