"""Readers: from a file to a `Recording`. One file a format, one line a suffix in `READERS`."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.record_files import WFDB_SUFFIXES, header_of, record_name
from jaccardio.recording.readers.wfdb_signal import read_wfdb
from jaccardio.recording.recording import Recording

READERS: Mapping[str, Callable[[Path, str | None, str | None], Recording]] = dict.fromkeys(WFDB_SUFFIXES, read_wfdb)
"""Reader by file suffix."""


def read_ecg(path: str | Path, recording_id: str | None = None, patient_key: str | None = None) -> Recording:
    """Reads one 12-lead ECG: units to millivolt, leads in standard order, III, aVR, aVL, aVF derived where missing, quality checked.

    Parameters
    ----------
    path
        A WFDB record by its ``.hea``, ``.dat`` or ``.mat`` file, or by its name without suffix; the case of suffixes does not matter.
    recording_id
        Id of the recording; `record_name` of the path if not given.
    patient_key
        Pseudonymous key that is equal for one patient's recordings.

    Returns
    -------
    Recording
        (12, samples) float32 millivolt at the file's own rate, at most its first 30 minutes; masked leads are zero; `flags` tell what was
        noticed.

    Raises
    ------
    ReadError
        The file cannot be read as an ECG in millivolt; the message names record, field, reason and remedy.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    try:
        if reader is None:
            _refuse_other_files(path)
        return (reader or read_wfdb)(path, recording_id, patient_key)
    except MemoryError:
        raise ReadError(record_name(path), "length", "needs more memory than there is", "Cut the recording into shorter ones.") from None


def _refuse_other_files(path: Path) -> None:
    """Refuses a path that names something else than a WFDB record without suffix."""
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError:  # too long for a name, or out of reach: opening the header says which
        return
    if path.name in ("", "..") or (folder and not os.path.lexists(header_of(path))):
        raise ReadError(str(path), "path", "a folder, no ECG file", "Name one record, by its .hea file.")
    if file:
        raise ReadError(path.name, "file", "not a supported format", "Convert it to WFDB, format 16; jaccardio reads WFDB records.")
