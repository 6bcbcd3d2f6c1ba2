"""The twelve standard leads, by name."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

LEADS: tuple[str, ...] = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""Standard order of every signal array in jaccardio."""

INDEPENDENT_LEADS: tuple[str, ...] = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
"""The leads that are measured; the other four follow from I and II."""

_CANONICAL: Mapping[str, int] = {lead.lower(): row for row, lead in enumerate(LEADS)}


def lead_row(name: str) -> int | None:
    """Row of a lead in standard order by any usual spelling (``AVR``, ``avr``, ``aVR``), or None for another signal (``vx``, ``resp``)."""
    return _CANONICAL.get(name.strip().lower())


def derive_limb_leads(
    signal: NDArray[np.float32], present: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], tuple[str, ...]]:
    """Fills missing III, aVR, aVL, aVF from I and II (Einthoven, Goldberger), where both are there.

    Parameters
    ----------
    signal
        (12, samples) millivolt; rows of missing leads are ignored.
    present
        (12,) which leads were measured.

    Returns
    -------
    The completed signal, the completed mask, and the names of the derived leads. Nothing else is ever invented.
    """
    if not (present[0] and present[1]) or present[2:6].all():
        return signal, present, ()
    one, two = signal[0], signal[1]
    formulas = {2: two - one, 3: -(one + two) / 2, 4: one - two / 2, 5: two - one / 2}
    signal, present = signal.copy(), present.copy()
    derived = tuple(row for row in formulas if not present[row])
    for row in derived:
        signal[row], present[row] = formulas[row], True
    return signal, present, tuple(LEADS[row] for row in derived)
