"""SCP-ECG (EN 1064, ISO 11073-91064)."""

import re
import struct
from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.ecgdatakit_leads import library_leads
from jaccardio.recording.readers.formats_extra import COPY_AGAIN
from jaccardio.recording.readers.stored_leads import recording_of_stored
from jaccardio.recording.recording import Recording

_WAVEFORM_SECTIONS = {"2", "3", "4", "5", "6"}
_BAD_CHECKSUM = "CRC mismatch in: "


def is_scp(head: bytes) -> bool:
    """Whether a file begins with section 0, whose first pointer is to itself."""
    if len(head) < 32:
        return False
    section, length = struct.unpack_from("<HI", head, 8)
    pointed, _, place = struct.unpack_from("<HII", head, 22)
    return bool(section == 0 and length >= 26 and (length - 16) % 10 == 0 and pointed == 0 and place == 7)


def read_scp(path: Path, record: str) -> Recording:
    """Reads the rhythm of section 6, whatever its compression. -32768 is a gap.

    A wrong checksum of a section that the waveform is made of (2 to 6) is a refusal; of another one, or of the whole, a flag: programs that
    take names out leave the old one behind.

    Raises
    ------
    ReadError
        Cut off, damaged, of a variant without rhythm, or no ECG in millivolt.
    """
    data = path.read_bytes()
    size, declared = len(data), int.from_bytes(data[2:6], "little")
    if size < declared:
        raise ReadError(record, "file", f"truncated: {size} bytes, its header declares {declared}", COPY_AGAIN)
    read = library_leads(path, "scp_ecg.SCPECGParser", "SCP-ECG", record, missing=-32768, quote=True)
    flags = []
    for warning in read.warnings:
        if _BAD_CHECKSUM in warning:
            if _WAVEFORM_SECTIONS & set(re.findall(r"Section (\d+)", warning)):
                raise ReadError(record, "checksum", "wrong: the samples are not those that were written", COPY_AGAIN)
            flags.append("checksum: wrong outside the waveform")
    if len({annotations.get("start_sample") for annotations in read.annotations}) > 1:
        raise ReadError(record, "leads", "not recorded at the same time", "Export ten seconds of all leads.")
    return recording_of_stored(read.leads, record, flags)
