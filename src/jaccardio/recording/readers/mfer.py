"""MFER (ISO 22077-1), the standard of Japan."""

import dataclasses
from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.ecgdatakit_leads import library_leads
from jaccardio.recording.readers.formats_extra import COPY_AGAIN
from jaccardio.recording.readers.stored_leads import recording_of_stored
from jaccardio.recording.recording import Recording

_CUT_OFF = ("shorter than the frame definition", "no waveform data")


def is_mfer(head: bytes) -> bool:
    """Whether a file begins with the preamble, or with byte order and version."""
    return (head[:1] == b"\x40" and head[2:6] == b"MFR ") or (head[:2] == b"\1\1" and head[2:3] in (b"\0", b"\1") and head[3:5] == b"\2\3")


def read_mfer(path: Path, record: str) -> Recording:
    """Reads the first frames of one layout, their standard leads by name: a bedside monitor has as many of the twelve as it shows.

    Raises
    ------
    ReadError
        Cut off, damaged or compressed; not one stretch of time; without a standard lead; no ECG in millivolt.
    """
    read = library_leads(path, "mfer.MFERParser", "MFER", record, facts=("sampling_rates",), quote=True)
    if any(words in warning for warning in read.warnings for words in _CUT_OFF):
        raise ReadError(record, "samples", "truncated: fewer than the frame declares", COPY_AGAIN)
    if any("without a gap" in warning for warning in read.warnings):
        raise ReadError(record, "frames", "not one stretch of time", "Export one stretch.")
    flags = ["unread: later frames of another layout"] if any("are not loaded" in warning for warning in read.warnings) else []
    exact = [dataclasses.replace(lead, rate=rate) for lead, rate in zip(read.leads, read.facts.get("sampling_rates", ()), strict=True)]
    return recording_of_stored(exact, record, flags)
