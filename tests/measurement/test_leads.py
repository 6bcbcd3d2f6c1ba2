"""Waves of the median beat, lead by lead."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from jaccardio.measurement.leads import LEAD_MEASUREMENTS, measure_leads
from jaccardio.measurement.waves import Waves

ON, OFF, T_END = 150, 210, 400


def waves(beat: NDArray[np.float64]) -> Waves:
    return Waves(beat, ON, OFF, np.nan, np.nan, T_END)


def test_leads_together_are_as_each_alone() -> None:
    """They are searched for peaks in one row: no wave may be compared with those of the lead before or after."""
    beat = gaussian_filter1d(np.random.default_rng(0).normal(0, 3, (200, 480)), 5, axis=1)
    together = measure_leads(beat, waves(beat))
    assert list(together) == list(LEAD_MEASUREMENTS)
    assert min(np.count_nonzero(together[name]) for name in ("q_depth", "r2_height", "s_depth", "notches")) > 20
    for row in range(len(beat)):
        lead = beat[row : row + 1]
        alone = measure_leads(lead, waves(lead))
        np.testing.assert_array_equal([values[row] for values in together.values()], [values[0] for values in alone.values()])


def test_waves_of_known_size() -> None:
    """q R s R' with a T wave upside down, and a QS complex."""
    beat = np.zeros((2, 480))
    beat[0, ON + 5 : ON + 15], beat[0, ON + 15 : ON + 30], beat[0, ON + 30 : ON + 40], beat[0, ON + 40 : ON + 50] = -0.2, 1, -0.4, 0.5
    beat[0, OFF + 60 : OFF + 90] = -0.3
    beat[1, ON + 10 : ON + 40] = -0.8
    found = measure_leads(beat, waves(beat))
    expected = {
        "q_depth": (0.2, 0.8),
        "q_duration": (20, 60),
        "r_height": (1, 0),
        "r2_height": (0.5, 0),
        "s_depth": (0.4, 0),
        "s_duration": (20, 0),
        "t_height": (-0.3, 0),
        "t_depth": (0.3, 0),
        "r_share": (1 / 1.4, 0),
        "peak_to_peak": (1.4, 0.8),
    }
    assert {name: tuple(found[name]) for name in expected} == {name: pytest.approx(values) for name, values in expected.items()}
