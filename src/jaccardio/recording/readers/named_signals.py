"""`recording_of`: the last step of every reader but WFDB's: signals with names, in millivolt, to a `Recording`."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS, lead_rows
from jaccardio.recording.quality import check_signal
from jaccardio.recording.recording import LONGEST_SECONDS, MAXIMUM_RATE_HZ, SIMULATED, Recording, cut_flags

_SIGNAL_NAME = re.compile(r"[A-Za-z0-9+_-]{1,8}", re.ASCII)


def recording_of(
    signals: NDArray[np.floating],
    names: Sequence[str],
    sampling_rate: float,
    record: str,
    *,
    millivolt_per_count: float | None = None,
    simulated: bool = False,
) -> Recording:
    """The twelve standard leads of some named signals, by name, checked as every recording is.

    Parameters
    ----------
    signals
        (signals, samples) millivolt; NaN where a sample is missing.
    names
        As the file writes them, any spelling that `lead_rows` knows; the others are left out and said.
    sampling_rate
        Hz.
    record
        For messages, and the id.
    millivolt_per_count
        Of all leads, where the file stores counts.
    simulated
        Whether the file says that it is no patient's.

    Raises
    ------
    ReadError
        A rate out of range; no lead, or one twice; infinite values; what cannot be an ECG in millivolt.
    """
    if not 0 < sampling_rate <= MAXIMUM_RATE_HZ:
        found = f"{sampling_rate:g} is not in (0, {MAXIMUM_RATE_HZ:g}] Hz"
        raise ReadError(record, "sampling rate", found, "Export the ECG again with its rate.")
    rows = lead_rows(names)
    known = {row: place for place, row in enumerate(rows) if row is not None}
    if not known:
        reason = f"none of the {len(names)} signals is a standard lead"
        raise ReadError(record, "leads", reason, "Name the signals I, II, III, aVR, aVL, aVF, V1-V6.")
    if len(known) < sum(row is not None for row in rows):
        twice = next(LEADS[row] for row in known if rows.count(row) > 1)
        raise ReadError(record, f"lead {twice}", "given twice", "Keep one signal a lead.")
    if signals.shape[1] == 0:
        raise ReadError(record, "samples", "there are none", "Export the ECG again.")
    kept = min(signals.shape[1], max(1, math.ceil(LONGEST_SECONDS * sampling_rate)))
    signal, present = np.zeros((len(LEADS), kept), dtype=np.float32), np.zeros(len(LEADS), dtype=np.bool_)
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite, and refused as such
        signal[list(known)] = signals[list(known.values()), :kept]
    present[list(known)] = True
    if np.isinf(signal).any():
        raise ReadError(record, "samples", "infinite values", "Export the ECG again.")
    signal, lead_mask, flags = check_signal(signal, present, sampling_rate, record)
    others = tuple(shown_name(name) for name, row in zip(names, rows, strict=True) if row is None)
    if others:
        flags = (f"unknown-signals: {len(others)}", *flags)
    flags = (*cut_flags(kept, signals.shape[1], sampling_rate), *flags)
    if simulated:
        flags = (SIMULATED, *flags)
    return Recording(signal, float(sampling_rate), lead_mask, record, None, flags, others, millivolt_per_count)


def shown_name(name: str) -> str:
    """A signal's name where it looks like one, else a word for it: it may be anybody's free text."""
    return name if _SIGNAL_NAME.fullmatch(name) else "other"
