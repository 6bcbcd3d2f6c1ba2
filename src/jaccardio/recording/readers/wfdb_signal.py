"""The samples of one segment of a WFDB record, in millivolt.

Every declared fact is compared with the file: its size before any of it is read, then first value and checksum of each lead. A file is read
in pieces, so that memory is bounded by what is kept of the recording, not by what a header declares or a Holter recorded.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers.record_files import LFS_POINTER, LFS_REMEDY, find, open_regular
from jaccardio.recording.readers.storage_formats import FORMATS, Counts, StorageFormat
from jaccardio.recording.readers.wfdb_header import NOTHING, LeadSignal, Signal, WfdbHeader
from jaccardio.recording.units import millivolt_factor

_PIECE_SAMPLES = 2**20
"""Samples of all signals that are read at a time."""

_COUNTS_PER_MILLIVOLT = (1e-3, 1e18)
"""Format 32 as `wfdb.wrsamp` writes it spreads a lead over all 32 bits: 2**32 counts for its range, even that of a disconnected lead."""

_COPY_AGAIN = "Copy the record again from its source."


def standard_leads(header: WfdbHeader) -> Sequence[LeadSignal]:
    """The recorded signals of standard leads, in the header's order; there may be none.

    Raises
    ------
    ReadError
        A lead is given twice, or the leads differ in rate.
    """
    leads: dict[int, LeadSignal] = {}
    for signal in header.signals:
        if isinstance(signal, LeadSignal) and signal.file != NOTHING and leads.setdefault(signal.row, signal) is not signal:
            raise ReadError(header.record, f"lead {LEADS[signal.row]}", "given twice", "Keep one signal line per lead.")
    if len({lead.samples_per_frame for lead in leads.values()}) > 1:
        raise ReadError(header.record, "sampling rate", "the leads differ in samples per frame", "Convert all leads to one sampling rate.")
    return tuple(leads.values())


def millivolt_per_count(lead: LeadSignal, record: str) -> float:
    """Scale of a lead.

    Raises
    ------
    ReadError
        Its gain, unit or baseline is none of an ECG.
    """
    name = LEADS[lead.row]
    if not lead.gain > 0:
        reason = (
            "0 marks an uncalibrated signal, its unit is unknown"
            if lead.gain == 0
            else f"{lead.gain:g} is negative, the lead may be inverted"
        )
        raise ReadError(record, f"gain of lead {name}", reason, "Write the true gain, in counts per unit, into the header.")
    factor = millivolt_factor(lead.units)
    if math.isnan(factor):
        raise ReadError(record, f"unit of lead {name}", "not a unit of voltage", "Use nV, uV, mV or V.")
    counts_per_millivolt = lead.gain / factor
    if not _COUNTS_PER_MILLIVOLT[0] <= counts_per_millivolt <= _COUNTS_PER_MILLIVOLT[1]:
        reason = f"{counts_per_millivolt:g} counts per mV is not in {_COUNTS_PER_MILLIVOLT[0]:g}..{_COUNTS_PER_MILLIVOLT[1]:g}"
        raise ReadError(record, f"gain of lead {name}", reason, "Correct gain or unit in the header.")
    if not -(2**31) <= lead.baseline < 2**31:
        raise ReadError(record, f"baseline of lead {name}", f"{lead.baseline} exceeds 32 bit", "Correct the signal line.")
    return 1 / counts_per_millivolt


def read_signal(folder: Path, header: WfdbHeader, leads: Sequence[LeadSignal], frames: int) -> NDArray[np.float32]:
    """The first `frames` frames of some leads of a record of one segment.

    Returns
    -------
    (12, samples) millivolt, NaN where a sample is missing and in all other leads; files without one of the leads are not opened.

    Raises
    ------
    ReadError
        A signal file is missing, damaged, unsafe, or not as declared.
    """
    by_file: dict[str, list[LeadSignal]] = {}
    for lead in leads:
        by_file.setdefault(lead.file, []).append(lead)
    parts = {name: _read_file(folder, name, header, inside, frames) for name, inside in by_file.items()}
    signal = np.full((len(LEADS), next(iter(parts.values())).shape[1]), np.nan, dtype=np.float32)
    for name, inside in by_file.items():
        signal[[lead.row for lead in inside]] = parts.pop(name)
    return signal


def _read_file(folder: Path, name: str, header: WfdbHeader, leads: Sequence[LeadSignal], frames: int) -> NDArray[np.float32]:
    """The leads of one file, as `read_signal`, (leads, samples)."""
    record = header.record
    storage, columns, frame = _layout([signal for signal in header.signals if signal.file == name], leads, record)
    scale = np.array([[millivolt_per_count(lead, record)] for lead in leads])
    baseline = np.array([[lead.baseline] for lead in leads], dtype=np.float64)
    sums, first_counts = np.zeros(len(leads), dtype=np.int64), list[int]()
    before = np.array([[lead.initial_value] for lead in leads])  # what the next difference adds to
    kept, end = frames * columns.shape[1], 0
    with open_regular(find(folder, name, record, "signal file"), record, "signal file", "Put it beside the header.") as (file, size):
        _check_size(file, size, leads[0].offset + storage.bytes_of(header.frames * frame), storage, record)
        file.seek(leads[0].offset)
        millivolts = np.empty((len(leads), kept), dtype=np.float32)
        for samples in _pieces(file, storage, header.frames, frame, record):
            counts = samples[:, columns].transpose(1, 0, 2).reshape(len(leads), -1)
            if storage.differences:
                counts = before + np.cumsum(counts, axis=1, dtype=np.int64)
                before = counts[:, -1:]
            sums += counts.sum(axis=1, dtype=np.int64)
            first_counts = first_counts or counts[:, 0].tolist()
            piece = counts[:, : max(0, kept - end)]
            target = millivolts[:, end : end + piece.shape[1]]
            np.multiply(piece - baseline, scale, out=target)
            missing = piece == storage.no_sample
            if missing.any():
                target[missing] = np.nan
            end += counts.shape[1]
    _check_declared(leads, sums, first_counts, record)
    return millivolts


def _layout(signals: Sequence[Signal], leads: Sequence[LeadSignal], record: str) -> tuple[StorageFormat, NDArray[np.intp], int]:
    """Storage of a file, the place of each sample of each lead in a frame (leads, samples per frame), and the samples of a frame."""
    lead = leads[0]
    if any((signal.format, signal.offset) != (lead.format, lead.offset) for signal in signals):
        raise ReadError(record, "storage format", "signals of one file differ in format or offset", "Correct the signal lines.")
    if lead.format not in FORMATS:
        raise ReadError(record, "storage format", f"format {lead.format} is not supported", "Convert the record to format 16.")
    frame = sum(signal.samples_per_frame for signal in signals)
    if frame > _PIECE_SAMPLES:
        raise ReadError(record, "storage format", f"{frame} samples per frame", f"Write the record with at most {_PIECE_SAMPLES}.")
    places, start = [], 0
    for signal in signals:
        if isinstance(signal, LeadSignal):
            places.append(np.arange(start, start + signal.samples_per_frame))
        start += signal.samples_per_frame
    return FORMATS[lead.format], np.array(places), frame


def _pieces(file: BinaryIO, storage: StorageFormat, frames: int, frame: int, record: str) -> Iterator[Counts]:
    """The samples of all signals from the file's position on, (frames, samples per frame), some frames at a time."""
    group = len(storage.sizes)
    step = max(group, _PIECE_SAMPLES // frame // group * group)
    for begin in range(0, frames, step):
        count = min(step, frames - begin)
        data = file.read(storage.bytes_of(count * frame))
        if len(data) < storage.bytes_of(count * frame):
            raise ReadError(record, "signal file", "truncated while it was read", _COPY_AGAIN)
        yield storage.decode(data)[: count * frame].reshape(count, frame)


def _check_size(file: BinaryIO, size: int, declared: int, storage: StorageFormat, record: str) -> None:
    padding = 2 if len(storage.sizes) > 1 else 0  # writers differ in how they end a group that is not whole
    if declared <= size <= declared + padding:
        return
    if size == 0:
        raise ReadError(record, "signal file", "empty", _COPY_AGAIN)
    start = file.read(max(len(LFS_POINTER), 7))
    if start.startswith(LFS_POINTER):
        raise ReadError(record, "signal file", "a Git LFS pointer instead of the file", LFS_REMEDY)
    if start.startswith(b"MATLAB "):
        reason = "a MATLAB 5 or later file, but the header describes raw samples"
        raise ReadError(record, "signal file", reason, "Use the original file: the header is stale, its checksums hold no longer.")
    kind = "truncated" if size < declared else "too long"
    raise ReadError(record, "signal file", f"{kind}: {size} bytes, the header declares {declared}", _COPY_AGAIN)


def _check_declared(leads: Sequence[LeadSignal], sums: NDArray[np.int64], first_counts: Sequence[int], record: str) -> None:
    """Compares first values and checksums; zeros in all of a file's leads, which converters write for want of them, stand for none."""
    if len(leads) > 1 and not any(lead.checksum or lead.initial_value for lead in leads):
        return
    for lead, checksum, first in zip(leads, (sums & 0xFFFF).tolist(), first_counts, strict=True):
        if checksum != lead.checksum & 0xFFFF:
            reason = f"{checksum} computed, {lead.checksum & 0xFFFF} declared: the samples are not those that were written"
            raise ReadError(record, f"checksum of lead {LEADS[lead.row]}", reason, _COPY_AGAIN)
        if first != lead.initial_value:
            reason = f"{first} found, {lead.initial_value} declared: header and signal file do not belong together"
            raise ReadError(record, f"initial value of lead {LEADS[lead.row]}", reason, _COPY_AGAIN)
