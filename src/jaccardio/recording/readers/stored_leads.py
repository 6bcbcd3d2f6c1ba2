"""What the readers of vendor formats have in common: leads as a file stores them, to a `Recording`."""

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS, derive_limb_leads, lead_rows
from jaccardio.recording.readers.formats_extra import COPY_AGAIN
from jaccardio.recording.readers.named_signals import recording_of
from jaccardio.recording.recording import Recording

SHORTEST_SECONDS = 1.0
"""What is shorter is a beat or an example, no rhythm."""

_MILLIVOLT_PER_COUNT = (1e-12, 1e3)
"""As for WFDB, where 32 bits may hold the range of a disconnected lead."""

_SIGNAL_NAME = re.compile(r"-aVR|V\d{1,2}R?|[XYZ]|V[XYZ]|ECG\d?|CC5|CM5|(?:Code|Ch|Lead)\d{1,5}", re.IGNORECASE | re.ASCII)
"""Names that cannot be a person's."""

_Signals = list[tuple[str, NDArray[np.float64]]]


@dataclass(frozen=True, eq=False)
class StoredLead:
    """One signal of a file.

    Attributes
    ----------
    name
        As written.
    counts
        (samples,) stored numbers; NaN where the file marks a sample as missing.
    gain
        Millivolt per count; NaN where the file states no unit of voltage. Checked for the twelve leads only.
    rate
        Hz.
    offset
        Millivolt of count 0.
    """

    name: str
    counts: NDArray[np.float64]
    gain: float
    rate: float
    offset: float = 0.0


def recording_of_stored(leads: Sequence[StoredLead], record: str, flags: Sequence[str] = ()) -> Recording:
    """The twelve standard leads by name, in millivolt.

    Where I and II are stored alike and no other limb lead is, the other four are computed of the counts, before scaling: they are what the
    device would have stored.

    Raises
    ------
    ReadError
        No standard lead; leads of several rates or lengths, shorter than a second; a gain that is 0, negative or unknown; or as
        `recording_of`.
    """
    rows = lead_rows([lead.name for lead in leads])
    known = {row: lead for row, lead in zip(rows, leads, strict=True) if row is not None}
    others = tuple(
        lead.name if _SIGNAL_NAME.fullmatch(lead.name) else "other" for row, lead in zip(rows, leads, strict=True) if row is None
    )
    if not known:
        reason = f"none of the {len(leads)} signals is a standard lead"
        raise ReadError(record, "leads", reason, "Use a recording with at least one of the leads I, II, III, aVR, aVL, aVF, V1-V6.")
    rate = _check(known, record)
    stored = [(LEADS[row], lead.counts * lead.gain + lead.offset) for row, lead in zip(rows, leads, strict=True) if row is not None]
    gains = {lead.gain for lead in known.values()}
    scale = gains.pop() if len(gains) == 1 else None

    def made(signals: _Signals) -> Recording:
        values, names = np.array([values for _, values in signals]), [name for name, _ in signals]
        return recording_of(values, names, rate, record, millivolt_per_count=scale)

    derived = _derived(known)
    recording = made(stored + derived)
    measured = recording.lead_mask[:2].all() and not {"derived:I", "derived:II"} & set(recording.flags)
    if derived and not measured:  # I or II was no ECG after all
        recording, derived = made(stored), []
    said = [f"unknown-signals: {len(others)}"] if others else []
    all_flags = (*flags, *said, *recording.flags, *(f"derived:{name}" for name, _ in derived))
    return dataclasses.replace(recording, flags=all_flags, unknown_signals=others)


def _derived(known: Mapping[int, StoredLead]) -> _Signals:
    """III, aVR, aVL, aVF in millivolt, of the counts of I and II."""
    if [row for row in sorted(known) if row < 6] != [0, 1]:
        return []
    one, two = known[0], known[1]
    if one.gain != two.gain or one.offset or two.offset:
        return []
    counts = np.zeros((len(LEADS), len(one.counts)))
    counts[0], counts[1] = one.counts, two.counts
    limb, _, names = derive_limb_leads(counts, np.arange(len(LEADS)) < 2)
    return [(name, limb[LEADS.index(name)] * one.gain) for name in names]


def _check(known: Mapping[int, StoredLead], record: str) -> float:
    """The one sampling rate of the leads."""
    rates, lengths = {lead.rate for lead in known.values()}, {len(lead.counts) for lead in known.values()}
    if len(rates) > 1:
        raise ReadError(record, "sampling rate", "the leads differ in it", "Export all leads at one sampling rate.")
    if len(lengths) > 1:
        found = ", ".join(map(str, sorted(lengths)))
        raise ReadError(record, "number of samples", f"the leads differ in it ({found})", COPY_AGAIN)
    rate, samples = rates.pop(), lengths.pop()
    if rate > 0 and samples < SHORTEST_SECONDS * rate:  # another rate is refused with its number
        reason = f"{samples} samples, {samples / rate:.3g} s, are less than a heartbeat"
        raise ReadError(record, "rhythm", reason, "Use a file with a recording of some seconds; most have 10.")
    for row, lead in known.items():
        smallest, largest = _MILLIVOLT_PER_COUNT
        if not smallest <= lead.gain <= largest or not math.isfinite(lead.offset):
            reason = "no unit of voltage is stated" if math.isnan(lead.gain) else f"{lead.gain:g} mV per count is 0, negative or absurd"
            raise ReadError(record, f"gain of lead {LEADS[row]}", reason, "Export the ECG again from the device, calibrated.")
    return rate
