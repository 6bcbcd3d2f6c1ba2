"""The filter kept is the one that scipy designs."""

from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
from scipy.signal import resample_poly

from jaccardio.recording.resampling import resample


@pytest.mark.parametrize("ends", ["edge", "line"])
@pytest.mark.parametrize("ratio", [Fraction(1, 5), Fraction(5), Fraction(125, 64)])
def test_a_store_has_the_bytes_that_scipy_alone_gives(ratio: Fraction, ends: Literal["edge", "line"]) -> None:
    leads = np.random.default_rng(0).normal(0, 1, (3, 640)).cumsum(axis=1).astype(np.float32)
    for _ in range(2):  # the second time with the filter that was kept
        found = resample(leads, ratio, ends)
        np.testing.assert_array_equal(found, resample_poly(leads, ratio.numerator, ratio.denominator, axis=1, padtype=ends))
