"""Voltage units, as ECG files spell them."""

import math
from collections.abc import Mapping

_MILLIVOLT_PER_UNIT: Mapping[str, float] = {"nv": 1e-6, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "mv": 1.0, "v": 1e3}


def millivolt_factor(unit: str) -> float:
    """Millivolt in one `unit`: 1 for ``mV`` and ``mv``, 0.001 for ``uV`` and ``µV`` (micro sign or Greek mu), 1000 for ``V``.

    Case is ignored because ``mv`` and ``MV`` both stand for millivolt in published headers; no ECG is measured in megavolt. NaN where the
    unit is not one of voltage (``NU``, ``adu``, ``mmHg``, empty ...).
    """
    return _MILLIVOLT_PER_UNIT.get(unit.strip().lower(), math.nan)
