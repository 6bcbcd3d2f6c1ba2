import math

import pytest

from jaccardio.recording.units import millivolt_factor


@pytest.mark.parametrize(
    ("unit", "factor"), [("mV", 1), ("mv", 1), ("MV", 1), ("uV", 1e-3), ("µV", 1e-3), ("μV", 1e-3), ("V", 1e3), ("nV", 1e-6), (" mV ", 1)]
)
def test_factor(unit: str, factor: float) -> None:
    assert millivolt_factor(unit) == factor


@pytest.mark.parametrize("unit", ["", "NU", "adu", "mmHg", "m V", "kV"])
def test_unknown_unit(unit: str) -> None:
    assert math.isnan(millivolt_factor(unit))
