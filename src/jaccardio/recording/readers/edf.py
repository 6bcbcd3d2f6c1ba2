"""EDF and EDF+ (Kemp et al. 1992, 2003)."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.readers.formats_extra import COPY_AGAIN, guarded
from jaccardio.recording.readers.stored_leads import StoredLead, recording_of_stored
from jaccardio.recording.recording import Recording
from jaccardio.recording.units import millivolt_factor


def is_edf(head: bytes) -> bool:
    """Whether a file begins with version 0 and a header whose size and number of signals agree."""
    try:
        size, signals = int(head[184:192]), int(head[252:256])
    except ValueError:
        return False
    return head.startswith(b"0       ") and size == 256 * (signals + 1)


def read_edf(path: Path, record: str) -> Recording:
    """Reads the signals that are standard leads, ``ECG II`` or ``II``; the file must be as long as its header says.

    Raises
    ------
    ReadError
        Damaged; of another length than declared; interrupted (EDF+D); without a standard lead; no ECG in millivolt.
    """
    import edfio

    data = path.read_bytes()
    (leads, continuous, declared), _ = guarded(lambda: _content(edfio.read_edf(io.BytesIO(data))), record, "EDF")
    if declared != len(data):
        raise ReadError(record, "file", f"{len(data)} bytes, its header declares {declared}", COPY_AGAIN)
    if not continuous:
        raise ReadError(record, "data records", "not one stretch of time (EDF+D)", "Export one stretch.")
    return recording_of_stored(leads, record)


def _content(edf: Any) -> tuple[list[StoredLead], bool, int]:
    """The signals, whether they are one stretch, and the bytes that the header declares."""
    leads, samples = [], sum(signal.samples_per_data_record for signal in edf._signals)
    for signal in edf.signals:
        span = signal.digital_max - signal.digital_min
        unit = millivolt_factor(signal.physical_dimension)
        gain = (signal.physical_max - signal.physical_min) / span * unit if span else 0.0
        offset = signal.physical_min * unit - signal.digital_min * gain
        leads.append(StoredLead(signal.label, np.asarray(signal.digital, dtype=np.float64), gain, signal.sampling_frequency, offset))
    declared = edf.bytes_in_header_record + 2 * samples * edf.num_data_records
    return leads, edf.reserved != "EDF+D", declared
