"""WFDB records to `Recording`: own strict reader for format 16, package `wfdb` for the other storage formats.

Every declared fact is compared with the file: size, first value and checksum of each lead, which `wfdb` does not do.
"""

import os
import stat
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS, lead_row
from jaccardio.recording.quality import check_signal
from jaccardio.recording.readers.wfdb_header import LFS_POINTER, LFS_REMEDY, SignalLine, WfdbHeader, parse_header
from jaccardio.recording.recording import SIMULATED, SIMULATED_COMMENT, Recording
from jaccardio.recording.units import millivolt_factor

_BITS_AND_NAN: Mapping[int, tuple[int, int]] = {
    16: (16, -(2**15)),
    24: (24, -(2**23)),
    32: (32, -(2**31)),
    61: (16, -(2**15)),
    80: (8, -(2**7)),
    160: (16, -(2**15)),
    212: (12, -(2**11)),
}
"""Bits of one sample and the count that means "no sample", per storage format (https://physionet.org/physiotools/wag/signal-5.htm)."""

_COUNTS_PER_MILLIVOLT = (1e-3, 1e9)
_COPY_AGAIN = "Copy the record again from its source."


def read_wfdb(path: Path, recording_id: str | None = None, patient_key: str | None = None) -> Recording:
    """Reads one single-segment WFDB record by its ``.hea`` file; see `jaccardio.recording.readers.read_ecg`.

    Raises
    ------
    ReadError
        Anything in header or signal files is missing, damaged, inconsistent or unsafe; or the signal cannot be an ECG in millivolt.
    """
    header = parse_header(path)
    leads = _standard_leads(header)
    rows = list(leads)
    scale = np.array([_millivolt_per_count(line, header.record, LEADS[row]) for row, line in leads.items()])
    counts = _read_counts(path.parent, header, leads)
    _check_declared(counts, leads, header.record)
    baseline = np.array([line.baseline for line in leads.values()])
    not_a_sample = np.array([[_BITS_AND_NAN[line.format][1]] for line in leads.values()])
    millivolts = ((counts - baseline[:, np.newaxis]) * scale[:, np.newaxis]).astype(np.float32)
    if (counts.min(axis=1, keepdims=True) == not_a_sample).any():
        millivolts[counts == not_a_sample] = np.nan
    signal = np.zeros((len(LEADS), header.samples), dtype=np.float32)
    present = np.zeros(len(LEADS), dtype=np.bool_)
    signal[rows], present[rows] = millivolts, True
    signal, lead_mask, flags = check_signal(signal, present, header.rate, header.record)
    if SIMULATED_COMMENT in header.comments:
        flags = (SIMULATED, *flags)
    return Recording(signal, header.rate, lead_mask, recording_id or header.record, patient_key, flags)


def _standard_leads(header: WfdbHeader) -> dict[int, SignalLine]:
    """Signal line of each standard lead by its row in `LEADS`, in the header's order; other signals (vx, resp) are left out."""
    leads: dict[int, SignalLine] = {}
    for line in header.signals:
        row = lead_row(line.name)
        if row is None:
            continue
        if row in leads:
            raise ReadError(header.record, f"lead {LEADS[row]}", "given twice", "Keep one signal line per lead.")
        leads[row] = line
    if not leads:
        reason = f"none of the {len(header.signals)} signals is a standard lead"
        raise ReadError(header.record, "leads", reason, "Name the signals I, II, III, aVR, aVL, aVF, V1-V6.")
    return leads


def _millivolt_per_count(line: SignalLine, record: str, lead: str) -> float:
    if not line.gain > 0:
        reason = (
            "0 marks an uncalibrated signal, its unit is unknown"
            if line.gain == 0
            else f"{line.gain:g} is negative, the lead may be inverted"
        )
        raise ReadError(record, f"gain of lead {lead}", reason, "Write the true gain, in counts per unit, into the header.")
    try:
        factor = millivolt_factor(line.units)
    except ValueError:
        raise ReadError(record, f"unit of lead {lead}", "not a unit of voltage", "Use nV, uV, mV or V.") from None
    counts_per_millivolt = line.gain / factor
    if not _COUNTS_PER_MILLIVOLT[0] <= counts_per_millivolt <= _COUNTS_PER_MILLIVOLT[1]:
        reason = f"{counts_per_millivolt:g} counts per mV is not in {_COUNTS_PER_MILLIVOLT[0]:g}..{_COUNTS_PER_MILLIVOLT[1]:g}"
        raise ReadError(record, f"gain of lead {lead}", reason, "Correct gain or unit in the header.")
    if abs(line.baseline) >= 2**31:
        raise ReadError(record, f"baseline of lead {lead}", f"{line.baseline} exceeds 32 bit", "Correct the signal line.")
    return 1 / counts_per_millivolt


def _check_declared(counts: NDArray[np.int32], leads: Mapping[int, SignalLine], record: str) -> None:
    checksums = (counts.sum(axis=1, dtype=np.int64) & 0xFFFF).tolist()
    for (row, line), checksum, first in zip(leads.items(), checksums, counts[:, 0].tolist(), strict=True):
        if checksum != line.checksum & 0xFFFF:
            reason = f"{checksum} computed, {line.checksum & 0xFFFF} declared: the samples are not those that were written"
            raise ReadError(record, f"checksum of lead {LEADS[row]}", reason, _COPY_AGAIN)
        if first != line.initial_value:
            reason = f"{first} found, {line.initial_value} declared: header and signal file do not belong together"
            raise ReadError(record, f"initial value of lead {LEADS[row]}", reason, _COPY_AGAIN)


def _read_counts(folder: Path, header: WfdbHeader, leads: Mapping[int, SignalLine]) -> NDArray[np.int32]:
    """Samples of `leads` in counts, (leads, samples), file by file; files without a standard lead are not opened."""
    counts = np.empty((len(leads), header.samples), dtype=np.int32)
    wanted = {id(line): position for position, line in enumerate(leads.values())}
    for name in dict.fromkeys(line.file for line in leads.values()):
        lines = [line for line in header.signals if line.file == name]
        columns = [column for column, line in enumerate(lines) if id(line) in wanted]
        counts[[wanted[id(lines[column])] for column in columns]] = _read_file(folder, name, header, lines)[columns]
    return counts


def _read_file(folder: Path, name: str, header: WfdbHeader, lines: Sequence[SignalLine]) -> NDArray[np.integer]:
    """Samples of all signals of one file, (signals, samples)."""
    storage, offset = lines[0].format, lines[0].offset
    if any(line.format != storage or line.offset != offset for line in lines):
        raise ReadError(header.record, "storage format", "signals of one file differ in format or offset", "Correct the signal lines.")
    if storage not in _BITS_AND_NAN:
        raise ReadError(header.record, "storage format", f"format {storage} is not supported", "Convert the record to format 16.")
    data = _read_bytes(folder, name, header, len(lines), lines[0])
    if storage == 16:
        return np.frombuffer(data, dtype="<i2", offset=offset).reshape(header.samples, len(lines)).T
    return _read_by_package(folder, header)[[line.file == name for line in header.signals]]


def _read_bytes(folder: Path, name: str, header: WfdbHeader, signals: int, line: SignalLine) -> bytes:
    """All bytes of a signal file whose kind and size are as declared."""
    record, path = header.record, folder / name
    size = line.offset + -(-header.samples * signals * _BITS_AND_NAN[line.format][0] // 8)
    padding = 2 if line.format == 212 else 0  # packed in threes of bytes; writers differ in how they end
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            if path.resolve(strict=True).parent != folder.resolve():
                raise ReadError(record, "signal file", "a link that leaves the record's folder", "Copy the file itself into the folder.")
            status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(record, "signal file", "not a regular file", _COPY_AGAIN)
        with path.open("rb") as file:
            data = file.read(size + padding + 1)
    except FileNotFoundError:
        raise ReadError(record, "signal file", "does not exist", "Put it beside the header.") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise ReadError(record, "signal file", f"cannot be opened ({type(error).__name__})", "Check its permissions.") from None
    if size <= len(data) <= size + padding:
        return data
    if not data:
        raise ReadError(record, "signal file", "empty", _COPY_AGAIN)
    if data.startswith(LFS_POINTER):
        raise ReadError(record, "signal file", "a Git LFS pointer instead of the file", LFS_REMEDY)
    if data.startswith(b"MATLAB "):
        reason = "a MATLAB 5 or later file, but the header describes raw samples"
        raise ReadError(record, "signal file", reason, "Use the original file: the header is stale, its checksums hold no longer.")
    kind = "truncated" if len(data) < size else "too long"
    raise ReadError(record, "signal file", f"{kind}: {status.st_size} bytes, the header declares {size}", _COPY_AGAIN)


def _read_by_package(folder: Path, header: WfdbHeader) -> NDArray[np.integer]:
    """Counts of all signals (signals, samples) of a record in a packed format, by the package `wfdb`."""
    import wfdb  # half a second of import that format 16 does not need

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            record = wfdb.rdrecord(os.fspath((folder / header.record).resolve()), physical=False, return_res=32)
        counts = np.asarray(record.d_signal)
    except Exception as error:  # wfdb raises six families, none of its own
        reason = f"package wfdb cannot read it ({type(error).__name__})"
        raise ReadError(header.record, "signal file", reason, "Convert the record to format 16.") from None
    if counts.shape != (header.samples, len(header.signals)):
        raise ReadError(header.record, "signal file", "package wfdb reads another number of samples", "Convert the record to format 16.")
    return counts.T
