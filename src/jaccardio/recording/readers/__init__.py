"""Readers: from a file to a `Recording`. One file a format, one line a format in `formats.FORMATS`."""

import os
from dataclasses import replace
from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.archive import is_archive, on_disk
from jaccardio.recording.readers.formats import WFDB, Format, read_head, recognise
from jaccardio.recording.readers.record_files import header_of, record_name
from jaccardio.recording.readers.wfdb_header import parse_header
from jaccardio.recording.recording import Recording


def read_ecg(path: str | Path, recording_id: str | None = None, patient_key: str | None = None) -> Recording:
    """Reads one 12-lead ECG: units to millivolt, leads in standard order, III, aVR, aVL, aVF derived where missing, quality checked.

    Parameters
    ----------
    path
        A file of one of `FORMATS`, recognised by what it holds; a WFDB record also by its name without suffix, the case of suffixes aside.
        A file of a zip archive is named as if the archive were a folder: ``export.zip/a/0001.xml``.
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
    MissingError
        Its format needs a package that is not installed.
    """
    path = Path(path)
    try:
        with on_disk(path) as file:
            found = ecg_format(file)
            recording = found.read(file)
            return replace(recording, recording_id=recording_id or recording.recording_id, patient_key=patient_key, format=found.name)
    except MemoryError:
        raise ReadError(record_name(path), "length", "needs more memory than there is", "Cut the recording into shorter ones.") from None


def check_header(path: Path) -> None:
    """Refuses what can be refused without reading the signal: no ECG file, a faulty WFDB header.

    Raises
    ------
    ReadError
        As `read_ecg`.
    """
    with on_disk(path) as file:
        if ecg_format(file) is WFDB:
            parse_header(header_of(file))


def ecg_format(path: Path) -> Format:
    """The format of a file that should be an ECG.

    Raises
    ------
    ReadError
        It is of none that jaccardio reads, a folder, or cannot be opened.
    """
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError:  # too long for a name, or out of reach: opening the header says which
        folder, file = False, False
    if path.name in ("", "..") or (folder and not os.path.lexists(header_of(path))):
        raise ReadError(str(path), "path", "a folder, no ECG file", "Name one file; of a WFDB record its .hea file.")
    found = recognise(path) if file else WFDB
    if found is None and is_archive(read_head(path)):
        remedy = f"Name one file of it, such as {record_name(path)}/0001.xml; commands that take folders take it whole."
        raise ReadError(record_name(path), "file", "an archive of files", remedy)
    if found is None:
        remedy = "`jaccardio inspect --help` lists what is read; export the ECG as DICOM, HL7 aECG or SCP-ECG, or convert it to WFDB."
        raise ReadError(record_name(path), "file", "not a supported format", remedy)
    return found
