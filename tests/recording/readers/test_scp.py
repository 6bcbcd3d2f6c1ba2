"""SCP-ECG: checksums, and leads recorded one after the other."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from jaccardio.errors import ReadError
from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import Sample, build_scp


def test_a_wrong_checksum_of_the_waveform_is_a_refusal(tmp_path: Path) -> None:
    path = build_scp(tmp_path)
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ReadError, match="checksum"):
        read("scp", path)


def test_a_wrong_checksum_elsewhere_is_a_flag(tmp_path: Path) -> None:
    """So it is where a program blanked the name and did no more."""
    path = build_scp(tmp_path, replace(Sample(), token="Mustermann"))
    path.write_bytes(path.read_bytes().replace(b"Mustermann", b"xxxxxxxxxx"))
    assert read("scp", path).flags == ("checksum: wrong outside the waveform",)


def test_the_reason_of_a_cut_file_has_its_sizes(tmp_path: Path) -> None:
    path = build_scp(tmp_path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ReadError, match=f"truncated: {size - 10} bytes, its header declares {size}"):
        read("scp", path)


def test_leads_one_after_the_other_are_refused(tmp_path: Path) -> None:
    path = build_scp(tmp_path)
    ranges = struct.pack("<IIB", 1, 1000, 8)
    later = struct.pack("<IIB", 1001, 2000, 8)
    data = path.read_bytes()
    assert data.count(ranges) == 1
    path.write_bytes(data.replace(ranges, later))
    with pytest.raises(ReadError, match=r"checksum|same time"):
        read("scp", path)
