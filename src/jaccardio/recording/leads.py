"""The twelve standard leads, by name."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)

LEADS: tuple[str, ...] = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""Standard order of every signal array in jaccardio."""

INDEPENDENT_LEADS: tuple[str, ...] = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
"""The leads that are measured; the other four follow from I and II."""

INDEPENDENT_ROWS = np.array([LEADS.index(lead) for lead in INDEPENDENT_LEADS])
"""Their rows in standard order."""

LEAD_CODES: Mapping[str, int] = dict(zip(LEADS, (1, 2, 61, 62, 63, 64, *range(3, 9)), strict=True))
"""Numbers of leads in SCP-ECG and MDC (ISO 11073-10101), which number them alike; PS3.16 CID 3001."""

_CHEST_ROWS: Mapping[str, int] = {f"c{number}": LEADS.index(f"V{number}") for number in range(1, 7)}
"""IEC names of the electrodes of V1-V6 (IEC 60601-2-25)."""

_ROWS: Mapping[str, int] = {
    **{lead.lower(): row for row, lead in enumerate(LEADS)},
    **{"di": 0, "dii": 1, "diii": 2, "d1": 0, "d2": 1, "d3": 2},  # Spanish, Portuguese and French: derivation I, II, III
    "mlii": 1,  # lead II with its electrodes on the trunk, as in the MIT-BIH databases
}

_NAME = re.compile(
    r"""
    (?: (?: mdc | ecg | ekg | lead | ableitung ) (?: \s*[_:.]\s* | \s+-\s+ | - | \s+ )? ){0,3}  # "ECG -aVR" is inverted
    ( v[\s_][1-6] | av[\s_][rlf] | d[\s_]i{1,3} | [a-z0-9]{1,4} )
    (?: \s*誘導 | [\s_-](?: ecg | ekg | lead ) )?
    (?: \s*[(\[] (?: nv | [uμ]v | mv | v ) [)\]] )?
    \.?
    """,
    re.VERBOSE,
)


OF_I_AND_II = np.array([[1, 0], [0, 1], [-1, 1], [-0.5, -0.5], [1, -0.5], [-0.5, 1]])
"""The six limb leads as sums of I and II: III = II - I, aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2."""


@lru_cache(maxsize=1024)
def _bare_name(name: str) -> str:
    """A signal's name in small letters without what devices put around it, e.g. ``v1`` for ``Lead_V1 (mV)``; else the name."""
    tidy = unicodedata.normalize("NFKC", name.replace("\0", " ")).strip().casefold()  # full-width letters, the Roman numeral sign II
    match = _NAME.fullmatch(tidy)
    return re.sub(r"[\s_]", "", match[1]) if match else tidy


def lead_row(name: str) -> int | None:
    """Row of a lead in standard order by any usual spelling, or None for another signal.

    Case, blanks, NUL characters, a unit in brackets and the words lead, ECG and EKG are passed over: ``AVR``, ``Lead II``, ``V 1``,
    ``V1_ECG``, ``MDC_ECG_LEAD_V1``, ``I (mV)``. ``DII`` and ``MLII`` are II. No standard leads are ``-aVR`` (inverted), ``V`` (which?),
    ``V3R``, ``MCL1``, Frank's ``vx``, and channel numbers such as ``ECG1``.
    """
    return _ROWS.get(_bare_name(name))


def lead_rows(names: Sequence[str]) -> tuple[int | None, ...]:
    """`lead_row` of each signal of one record, where C1-C6 are V1-V6 if all six stand beside a limb lead and no V lead.

    C3 and C4 alone are electrodes of the electroencephalogram.
    """
    bare = [_bare_name(name) for name in names]
    rows = [lead_row(name) for name in names]
    measured = {row for row in rows if row is not None}
    if measured and max(measured) < _CHEST_ROWS["c1"] and _CHEST_ROWS.keys() <= set(bare):
        rows = [_CHEST_ROWS.get(name, row) for row, name in zip(rows, bare, strict=True)]
    return tuple(rows)


def derive_limb_leads(signal: NDArray[_Real], present: NDArray[np.bool_]) -> tuple[NDArray[_Real], NDArray[np.bool_], tuple[str, ...]]:
    """Fills missing limb leads from two that are there: from I and II where they are, else from the first two (Einthoven, Goldberger).

    The six limb leads are six views of one plane; any two of them determine the others.

    Parameters
    ----------
    signal
        (12, samples) millivolt, or counts of one gain without offset; rows of missing leads are ignored.
    present
        (12,) which leads were measured.

    Returns
    -------
    The completed signal, the completed mask, and the names of the derived leads. Nothing else is ever invented.
    """
    limb = np.flatnonzero(present[: len(OF_I_AND_II)])
    missing = np.flatnonzero(~present[: len(OF_I_AND_II)])
    if len(limb) < 2 or not len(missing):
        return signal, present, ()
    from_two = OF_I_AND_II[missing] @ np.linalg.inv(OF_I_AND_II[limb[:2]])
    signal, present = signal.copy(), present.copy()
    signal[missing], present[missing] = from_two @ signal[limb[:2]], True
    return signal, present, tuple(LEADS[row] for row in missing)
