"""`Recording`: one 12-lead ECG, with its units, rate and lead names settled."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jaccardio.errors import ReadError, UsageError
from jaccardio.recording.leads import LEADS, lead_rows
from jaccardio.recording.quality import check_signal, contradicts_einthoven
from jaccardio.recording.units import millivolt_factor

MAXIMUM_RATE_HZ = 10_000.0

LONGEST_SECONDS = 1800
"""Kept of a longer recording is its beginning: half an hour, as long as the longest of the Challenges (St Petersburg)."""

SIMULATED = "simulated"
"""Flag of a recording that is no patient's; it stands on every picture."""

SIMULATED_COMMENT = "simulated by jaccardio, not a patient"
"""Header comment by which the flag is set when the file is read."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One ECG as every later step sees it. Readers settle units and lead names; nobody after them asks again.

    Attributes
    ----------
    signal
        (12, samples) float32, millivolt, leads in the order of `LEADS`; finite; rows of masked leads are zero.
    sampling_rate
        Hz, 0 < rate <= 10,000.
    lead_mask
        (12,) bool, True where the lead was measured or derived from I and II.
    recording_id
        Pseudonymous or public id, e.g. ``ptbxl:17``, or the file's stem.
    patient_key
        Pseudonymous key that is equal for one patient's recordings, None where unknown.
    flags
        What a reader or the quality check noticed, e.g. ``derived:III``, ``flat:V4``, ``missing:V1``, ``simulated``.
    unknown_signals
        Names of the file's further signals, which are no standard lead and were left out; ``other`` for a name that may be free text.
    millivolt_per_count
        Unit scale of the file; None where its leads differ, or where it stores real numbers.
    format
        Name of the file's format; empty for arrays.
    """

    signal: NDArray[np.float32]
    sampling_rate: float
    lead_mask: NDArray[np.bool_]
    recording_id: str
    patient_key: str | None = None
    flags: tuple[str, ...] = ()
    unknown_signals: tuple[str, ...] = ()
    millivolt_per_count: float | None = None
    format: str = ""

    def __post_init__(self) -> None:
        if self.signal.dtype != np.float32 or self.signal.ndim != 2 or self.signal.shape[0] != len(LEADS) or self.signal.shape[1] == 0:
            raise ValueError(f"signal must be float32 of shape (12, samples), got {self.signal.dtype} {self.signal.shape}")
        if self.lead_mask.dtype != np.bool_ or self.lead_mask.shape != (len(LEADS),):
            raise ValueError(f"lead_mask must be bool of shape (12,), got {self.lead_mask.dtype} {self.lead_mask.shape}")
        if not 0 < self.sampling_rate <= MAXIMUM_RATE_HZ:
            raise ValueError(f"sampling_rate must be in (0, {MAXIMUM_RATE_HZ:g}] Hz, got {self.sampling_rate:g}")
        if not np.isfinite(self.signal).all():
            raise ValueError("signal must be finite: readers mask or refuse NaN")
        if not self.lead_mask.any():
            raise ValueError("a recording needs at least one usable lead")
        if self.signal[~self.lead_mask].any():
            raise ValueError("rows of masked leads must be zero")

    @classmethod
    def from_array(
        cls,
        signal: ArrayLike,
        sampling_rate: float,
        *,
        leads: Sequence[str] = LEADS,
        unit: str = "mV",
        recording_id: str = "array",
        patient_key: str | None = None,
    ) -> "Recording":
        """A recording from an array, checked as a file is: names, unit, amplitude, gaps, flat leads; missing limb leads are derived.

        Parameters
        ----------
        signal
            (leads, samples) real numbers in `unit`: an array, tensor or nested list; NaN, or masked, where a sample is missing. Kept are
            the first `LONGEST_SECONDS`.
        sampling_rate
            Hz.
        leads
            Name of each row, in any order: standard leads, each once.
        unit
            ``nV``, ``uV``, ``mV`` or ``V``.

        Raises
        ------
        UsageError
            The shape does not fit the leads, or a name, the unit or the rate is none.
        ReadError
            The values cannot be an ECG in this unit, hold infinity, or the limb leads contradict each other: rows exchanged.
        """
        array, leads = number_array(signal, recording_id), lead_names(leads)
        if array.ndim != 2 or array.dtype.kind not in "fiu" or array.shape[0] != len(leads) or array.shape[1] == 0:
            raise UsageError(
                f"{recording_id}: {array.dtype} of shape {array.shape}: real numbers of shape ({len(leads)}, samples) are needed."
            )
        rate = np.asarray(sampling_rate)
        if rate.ndim or rate.dtype.kind not in "fiu" or not 0 < rate <= MAXIMUM_RATE_HZ:
            raise UsageError(f"{recording_id}: a sampling rate of {sampling_rate!r}: give a number of Hz in (0, {MAXIMUM_RATE_HZ:g}].")
        rows = [row for row in lead_rows(leads) if row is not None]
        if len(set(rows)) < len(leads):
            raise UsageError(f"{recording_id}: leads {', '.join(leads)}: name standard leads, each once ({', '.join(LEADS)}).")
        factor = millivolt_factor(str(unit))
        if math.isnan(factor):
            raise UsageError(f"{recording_id}: unknown voltage unit {str(unit)!r}; known: nV, uV, mV, V.")
        kept = min(array.shape[1], max(1, math.ceil(LONGEST_SECONDS * rate)))
        millivolts = np.zeros((len(LEADS), kept), dtype=np.float32)
        present = np.zeros(len(LEADS), dtype=np.bool_)
        millivolts[rows], present[rows] = array[:, :kept] * factor, True
        if np.isinf(millivolts).any():
            raise ReadError(recording_id, "samples", "infinite values", "Mark missing samples as NaN.")
        checked, lead_mask, flags = check_signal(millivolts, present, sampling_rate, recording_id)
        if contradicts_einthoven(checked, lead_mask):
            reason = "they contradict each other (lead III is not II - I): the rows are not in the order named"
            raise ReadError(recording_id, "limb leads", reason, "Give `leads` in the order of the rows.")
        flags = (*cut_flags(kept, array.shape[1], float(rate)), *flags)
        return cls(checked, float(rate), lead_mask, recording_id, patient_key, flags)

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return float(self.signal.shape[1] / self.sampling_rate)


def cut_flags(kept: int, samples: int, sampling_rate: float) -> tuple[str, ...]:
    """What is said of a recording of which the beginning is kept; nothing of one that is whole."""
    return (f"cut: first {LONGEST_SECONDS} s of {samples / sampling_rate:.10g} s",) if kept < samples else ()


def number_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """An array of whatever holds one; masked samples become NaN.

    Raises
    ------
    UsageError
        It holds none: lists of unequal lengths, a tensor that numpy cannot see.
    """
    try:
        return np.ma.filled(values.astype(np.float64), np.nan) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    except (ValueError, TypeError, RuntimeError):
        remedy = "Give one array; of a torch tensor, tensor.detach().cpu().numpy(); of signals of unequal lengths, one call each."
        raise UsageError(f"{name}: no array of numbers. {remedy}") from None


def lead_names(leads: Sequence[str]) -> tuple[str, ...]:
    """Names of leads, one each.

    Raises
    ------
    UsageError
        A bare string, or no names.
    """
    names = () if isinstance(leads, str) or not isinstance(leads, Iterable) else tuple(leads)
    if not names or not all(isinstance(name, str) for name in names):
        raise UsageError(f"leads: give a list of names, e.g. {list(LEADS[:3])}.")
    return names
