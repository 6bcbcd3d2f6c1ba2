"""Readers: from a file to a `Recording`. One file a format, one line a suffix in `READERS`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.wfdb_signal import read_wfdb
from jaccardio.recording.recording import Recording

READERS: Mapping[str, Callable[[Path, str | None, str | None], Recording]] = {
    ".hea": read_wfdb,
    ".dat": lambda path, recording_id, patient_key: read_wfdb(path.with_suffix(".hea"), recording_id, patient_key),
    ".mat": lambda path, recording_id, patient_key: read_wfdb(path.with_suffix(".hea"), recording_id, patient_key),
}
"""Reader by file suffix."""


def read_ecg(path: str | Path, recording_id: str | None = None, patient_key: str | None = None) -> Recording:
    """Reads one 12-lead ECG: units to millivolt, leads in standard order, III, aVR, aVL, aVF derived where missing, quality checked.

    Parameters
    ----------
    path
        A WFDB record by its ``.hea``, ``.dat`` or ``.mat`` file, or by its name without suffix.
    recording_id
        Id of the recording; the file's stem if not given.
    patient_key
        Pseudonymous key that is equal for one patient's recordings.

    Returns
    -------
    Recording
        (12, samples) float32 millivolt at the file's own rate; masked leads are zero; `flags` tell what was noticed.

    Raises
    ------
    ReadError
        The file cannot be read as an ECG in millivolt; the message names record, field, reason and remedy.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        if path.is_file():
            raise ReadError(path.name, "file", "not a supported format", "Convert it to WFDB, format 16; jaccardio reads WFDB records.")
        return read_wfdb(path.with_name(path.name + ".hea"), recording_id, patient_key)
    return reader(path, recording_id, patient_key)
