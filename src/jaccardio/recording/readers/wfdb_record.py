"""WFDB records, of one segment or of several, to `Recording`.

Segments (https://physionet.org/physiotools/wag/header-5.htm, "Multi-segment records") are records of their own, put one after the other
by the names of their leads. In the fixed layout all have the same signals; in the variable layout a first segment without samples lists
the signals, each other one has some of them, and there may be gaps. What a segment has not recorded is missing, never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.quality import check_signal
from jaccardio.recording.readers.named_signals import shown_name
from jaccardio.recording.readers.record_files import find, header_of
from jaccardio.recording.readers.wfdb_header import NOTHING, LeadSignal, Segment, Signal, WfdbHeader, parse_header
from jaccardio.recording.readers.wfdb_signal import millivolt_per_count, read_signal, standard_leads
from jaccardio.recording.recording import LONGEST_SECONDS, MAXIMUM_RATE_HZ, SIMULATED, SIMULATED_COMMENT, Recording, cut_flags

MAXIMUM_GAP_SAMPLES = 2**21
"""Half an hour at 1,000 Hz: a gap takes memory as samples do, and no file vouches for its length."""


@dataclass(frozen=True)
class _Stretch:
    """What is kept of a record.

    Attributes
    ----------
    signal
        (12, samples) millivolt, NaN where nothing was recorded.
    leads
        Recorded in it, once a segment.
    signals
        Of the whole record.
    comments
        Of all headers that were read.
    begin
        Frames before it, in which no lead was recorded.
    """

    signal: NDArray[np.float32]
    leads: Sequence[LeadSignal]
    signals: Sequence[Signal]
    comments: Sequence[str]
    begin: int = 0


def read_wfdb(path: Path) -> Recording:
    """Reads one WFDB record by any of its files or by its path without suffix; see `jaccardio.recording.readers.read_ecg`.

    Raises
    ------
    ReadError
        Anything in header or signal files is missing, damaged, inconsistent or unsafe; or the signal cannot be an ECG in millivolt. What
        is wrong with a segment names it, by its record and by its number.
    """
    header_file = header_of(path)
    header = parse_header(header_file)
    longest = max(1, int(LONGEST_SECONDS * header.rate))
    read = _of_several if header.segments else _of_one
    stretch = read(header_file.parent, header, longest)
    rate = _sampling_rate(header, stretch.leads)
    present = np.zeros(len(LEADS), dtype=np.bool_)
    present[[lead.row for lead in stretch.leads]] = True
    signal, lead_mask, flags = check_signal(stretch.signal, present, rate, header.record)
    others = tuple(shown_name(other.name) for other in stretch.signals if not isinstance(other, LeadSignal))
    if others:
        flags = (f"unknown-signals: {len(others)}", *flags)
    if stretch.begin:
        flags = (f"trimmed: {stretch.begin / header.rate:.1f} s", *flags)
    flags = (*cut_flags(longest, header.frames - stretch.begin, header.rate), *flags)
    if SIMULATED_COMMENT in stretch.comments:
        flags = (SIMULATED, *flags)
    scales = {millivolt_per_count(lead, header.record) for lead in stretch.leads}
    scale = scales.pop() if len(scales) == 1 else None
    return Recording(signal, rate, lead_mask, header.record, None, flags, others, scale)


def _sampling_rate(header: WfdbHeader, leads: Sequence[LeadSignal]) -> float:
    if not leads:
        where = f"{header.signal_count} signals" + (f" in {len(header.segments)} segments" if header.segments else "")
        reason = f"none of the {where} is a standard lead"
        raise ReadError(header.record, "leads", reason, "Name the signals I, II, III, aVR, aVL, aVF, V1-V6.")
    rate = header.rate * leads[0].samples_per_frame
    if rate > MAXIMUM_RATE_HZ:
        raise ReadError(header.record, "sampling rate", f"{rate:g} is not in (0, {MAXIMUM_RATE_HZ:g}] Hz", "Correct the header.")
    return rate


def _of_one(folder: Path, header: WfdbHeader, longest: int) -> _Stretch:
    leads = standard_leads(header)
    _sampling_rate(header, leads)  # before any memory is taken
    return _Stretch(read_signal(folder, header, leads, min(longest, header.frames)), leads, header.signals, header.comments)


def _of_several(folder: Path, header: WfdbHeader, longest: int) -> _Stretch:
    """From the first segment with a lead on; segments beyond what is kept are not opened."""
    pieces, leads, comments = list[NDArray[np.float32]](), list[LeadSignal](), list(header.comments)
    signals: Sequence[Signal] = ()
    begin = frames = gap = 0
    for number, segment in enumerate(header.segments, start=1):
        try:
            own = None if segment.name == NOTHING else _segment_header(folder, header, segment)
            if own is not None:
                signals = signals or own.signals
                _check_signals(header, own, signals)
                comments += own.comments
            inside = () if own is None or not segment.frames else standard_leads(own)
            if not inside and not pieces:
                begin += segment.frames
                continue
            kept = min(segment.frames, longest - frames)
            if own is not None and inside:
                rate = _sampling_rate(own, inside)
                if leads and rate != header.rate * leads[0].samples_per_frame:
                    raise ReadError(own.record, "sampling rate", f"{rate:g} Hz is not that of the segments before", "Resample it.")
                pieces.append(read_signal(folder, own, inside, kept))
                leads += inside
            else:
                samples = kept * leads[0].samples_per_frame
                gap += samples
                if gap > MAXIMUM_GAP_SAMPLES:
                    reason = f"{gap} samples without a lead, more than the {MAXIMUM_GAP_SAMPLES} that are taken"
                    raise ReadError(header.record, "length", reason, "Read what lies before and after the gap as two records.")
                pieces.append(np.full((len(LEADS), samples), np.nan, dtype=np.float32))
        except ReadError as error:  # of a segment: reasons are stored, and names of files are not
            raise ReadError(f"{header.record}/{segment.name}", f"{error.field} of segment {number}", error.reason, error.remedy) from None
        frames += kept
        if frames == longest:
            break
    _sampling_rate(header, leads)
    return _Stretch(np.concatenate(pieces, axis=1), leads, signals, comments, begin)


def _segment_header(folder: Path, header: WfdbHeader, segment: Segment) -> WfdbHeader:
    record = header.record
    own = parse_header(find(folder, f"{segment.name}.hea", record, "header"), layout=not segment.frames)
    if own.segments:
        raise ReadError(record, "header", "has segments of its own", "A segment is one record; name its segments in its place.")
    if own.rate != header.rate:
        raise ReadError(record, "sampling rate", f"{own.rate:g} Hz, the record has {header.rate:g}", "Correct the headers.")
    if own.frames != segment.frames:
        reason = f"{own.frames} in its own header, {segment.frames} in that of the record"
        raise ReadError(record, "number of samples", reason, "Copy the record again; it is cut or edited.")
    return own


def _check_signals(header: WfdbHeader, own: WfdbHeader, signals: Sequence[Signal]) -> None:
    """A layout segment lists all signals, the others have some of them; without one all have those of the first."""
    if len(signals) != header.signal_count:
        reason = f"{len(signals)}, the record has {header.signal_count}"
        raise ReadError(header.record, "number of signals", reason, "Correct the headers.")
    names, known = [signal.name for signal in own.signals], [signal.name for signal in signals]
    if names != known and not (header.segments[0].frames == 0 and set(names) <= set(known)):
        raise ReadError(header.record, "signals", "are not those of the first segment", "Correct the headers.")
