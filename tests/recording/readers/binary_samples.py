"""DICOM, SCP-ECG, MFER, ISHNE and EDF+, byte by byte."""

import binascii
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.recording.readers.vendor_sample import SCP_CODES, TWELVE, Sample

# DICOM: PS3.3 A.34.3 (12-lead ECG waveform), PS3.5 explicit VR little endian.

_LONG_VR = ("OB", "OW", "SQ", "UN", "UT")


def _element(group: int, element: int, vr: str, value: bytes | str | float) -> bytes:
    data = value if isinstance(value, bytes) else str(value).encode()
    if len(data) % 2:
        data += b"\0" if vr in ("UI", "OB", "OW") else b" "
    head = struct.pack("<HH", group, element) + vr.encode()
    return head + (struct.pack("<HI", 0, len(data)) if vr in _LONG_VR else struct.pack("<H", len(data))) + data


def _sequence(group: int, element: int, *items: bytes) -> bytes:
    return _element(group, element, "SQ", b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items))


def _code(value: str, scheme: str, meaning: str) -> bytes:
    return _element(8, 0x100, "SH", value) + _element(8, 0x102, "SH", scheme) + _element(8, 0x104, "LO", meaning)


def _multiplex_group(sample: Sample, label: str, counts: NDArray[np.int16], declared: int, baseline: float, correction: float) -> bytes:
    channels = [
        _sequence(0x3A, 0x208, _code(f"5.6.3-9-{SCP_CODES[lead]}", "SCPECG", f"Lead {lead} {sample.token}"))
        + _element(0x3A, 0x210, "DS", f"{sample.microvolt / correction:g}")
        + _sequence(0x3A, 0x211, _code("uV", "UCUM", "microvolt"))
        + _element(0x3A, 0x212, "DS", f"{correction:g}")
        + _element(0x3A, 0x213, "DS", f"{baseline:g}")
        + _element(0x3A, 0x215, "DS", "0")
        + _element(0x3A, 0x21A, "US", struct.pack("<H", 16))
        for lead in sample.leads
    ]
    return (
        _element(0x3A, 0x4, "CS", "ORIGINAL" if label == "RHYTHM" else "DERIVED")
        + _element(0x3A, 0x5, "US", struct.pack("<H", len(channels)))
        + _element(0x3A, 0x10, "UL", struct.pack("<I", declared))
        + _element(0x3A, 0x1A, "DS", f"{sample.rate}")
        + _element(0x3A, 0x20, "SH", label)
        + _sequence(0x3A, 0x200, *channels)
        + _element(0x5400, 0x1004, "US", struct.pack("<H", 16))
        + _element(0x5400, 0x1006, "CS", "SS")
        + _element(0x5400, 0x1010, "OW", counts.T.astype("<i2").tobytes())
    )


def build_dicom(folder: Path, sample: Sample | None = None, baseline: float = 0, correction: float = 1) -> Path:
    """The median beat stands before the rhythm: a reader that takes the first group is found out. A 12-lead ECG has 13 channels at most."""
    sample = sample or Sample()
    kind = "1.2.840.10008.5.1.4.1.1.9.1." + ("1" if len(sample.leads) <= 13 else "2")
    meta = (
        _element(2, 0x1, "OB", b"\0\1")
        + _element(2, 0x2, "UI", kind)
        + _element(2, 0x3, "UI", "2.25.1")
        + _element(2, 0x10, "UI", "1.2.840.10008.1.2.1")
    )
    beat = _multiplex_group(sample, "MEDIAN BEAT", sample.counts[:, ::-1][:, :600], min(600, sample.counts.shape[1]), baseline, correction)
    rhythm = _multiplex_group(sample, "RHYTHM", sample.counts, sample.samples, baseline, correction)
    body = (
        _element(8, 0x16, "UI", kind)
        + _element(8, 0x18, "UI", "2.25.1")
        + _element(8, 0x60, "CS", "ECG")
        + _element(8, 0x80, "LO", sample.token)
        + _element(8, 0x90, "PN", sample.token)
        + _element(0x10, 0x10, "PN", f"{sample.token}^{sample.token}")
        + _element(0x10, 0x20, "LO", sample.token)
        + _element(0x10, 0x30, "DA", sample.token or "19500101")
        + _element(0x10, 0x4000, "LT", sample.token)
        + _element(0x18, 0x1000, "LO", sample.token)
        + _sequence(0x40, 0xB020, _element(0x70, 0x6, "ST", sample.token))
        + _sequence(0x5400, 0x100, beat, rhythm)
    )
    path = folder / "made.dcm"
    path.write_bytes(bytes(128) + b"DICM" + _element(2, 0, "UL", struct.pack("<I", len(meta))) + meta + body)
    return path


# SCP-ECG: EN 1064, sections 0, 1, 3, 6; no compression.


def _crc(data: bytes) -> bytes:
    return struct.pack("<H", binascii.crc_hqx(data, 0xFFFF))


def _section(number: int, body: bytes) -> bytes:
    body += b"\0" * (len(body) % 2)
    rest = struct.pack("<HIBB6x", number, 16 + len(body), 20, 20) + body
    return _crc(rest) + rest


def build_scp(folder: Path, sample: Sample | None = None) -> Path:
    sample = sample or Sample()
    tag = lambda number, value: struct.pack("<BH", number, len(value)) + value  # noqa: E731
    text = sample.token.encode() + b"\0"
    device = struct.pack("<HHHBB6sBBBB16x", 1, 1, 1, 0, 0, (sample.token.encode() + b"\0" * 6)[:6], 20, 0, 0, 0)
    persons = b"".join(tag(number, text) for number in (0, 1, 2, 3, 13, 16, 17, 18, 19, 20, 21, 22, 23, 30, 31))
    one = persons + tag(5, struct.pack("<HBB", 1950, 1, 1)) + tag(14, device + text) + struct.pack("<BH", 255, 0)
    three = struct.pack("<BB", len(sample.leads), 4 | len(sample.leads) << 3)
    for lead in sample.leads:
        three += struct.pack("<IIB", 1, sample.samples, SCP_CODES[lead])
    rows = [row.astype("<i2").tobytes() for row in sample.counts]
    six = struct.pack("<HHBB", round(sample.microvolt * 1000), round(1e6 / sample.rate), 0, 0)
    six += b"".join(struct.pack("<H", len(row)) for row in rows) + b"".join(rows)
    sections = {1: _section(1, one), 3: _section(3, three), 6: _section(6, six)}
    pointers, at = struct.pack("<HII", 0, 16 + 120, 7), 7 + 16 + 120
    for number in range(1, 12):
        section = sections.get(number, b"")
        pointers += struct.pack("<HII", number, len(section), at if section else 0)
        at += len(section)
    record = _section(0, pointers) + b"".join(sections.values())
    size = struct.pack("<I", 6 + len(record))
    path = folder / "made.scp"
    path.write_bytes(_crc(size + record) + size + record)
    return path


# MFER (ISO 22077-1): little-endian int16, all of a channel's samples in one block.


def _tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")) + value


def build_mfer(folder: Path, sample: Sample | None = None) -> Path:
    sample = sample or Sample()
    text = sample.token.encode()
    data = _tlv(0x40, b"MFR " + text) + _tlv(0x01, b"\1") + _tlv(0x17, b"^".join([text] * 4)) + _tlv(0x08, struct.pack("<H", 1))
    data += _tlv(0x81, text) + _tlv(0x82, text) + _tlv(0x16, text) + _tlv(0x86, text) + _tlv(0x87, text)
    data += _tlv(0x0B, b"\1" + struct.pack("<bI", -6, round(1e6 / sample.rate)))
    data += _tlv(0x0C, b"\0" + struct.pack("<bI", -9, round(sample.microvolt * 1000))) + _tlv(0x0A, b"\0")
    data += _tlv(0x12, struct.pack("<h", -32768))
    data += _tlv(0x05, struct.pack("<I", len(sample.leads)))
    data += _tlv(0x04, struct.pack("<I", sample.samples)) + _tlv(0x06, struct.pack("<I", 1))
    for channel, lead in enumerate(sample.leads):
        data += bytes([0x3F, channel]) + _tlv(0, _tlv(0x09, struct.pack("<H", SCP_CODES[lead]) + text))[1:]
    path = folder / "made.mwf"
    path.write_bytes(data + _tlv(0x1E, sample.counts.astype("<i2").tobytes()) + b"\x80\0")
    return path


# ISHNE Holter (Badilini 1998).

_ISHNE_CODES = {lead: code for code, lead in enumerate(TWELVE, start=5)}


def build_ishne(folder: Path, sample: Sample | None = None) -> Path:
    sample = sample or Sample()
    token = sample.token.encode()
    count = len(sample.leads)
    twelve = lambda values, fill: struct.pack("<12h", *(list(values) + [fill] * (12 - count)))  # noqa: E731
    head = struct.pack("<iiii", len(token), sample.samples, 522, 522 + len(token)) + struct.pack("<h", 1)
    head += struct.pack("<40s40s20s", token, token, token) + struct.pack("<hh", 1, 1)
    head += struct.pack("<hhh", 1, 1, 1950) + struct.pack("<hhh", 1, 1, 2020) * 2 + struct.pack("<hhh", 1, 2, 3)
    head += struct.pack("<h", count) + twelve([_ISHNE_CODES[lead] for lead in sample.leads], -9) + twelve([1] * count, -9)
    head += twelve([round(sample.microvolt * 1000)] * count, -9) + struct.pack("<h", 0)
    head += struct.pack("<40s", token) + struct.pack("<h", sample.rate) + struct.pack("<80s80s88s", token, token, token) + token
    path = folder / "made.ecg"
    path.write_bytes(b"ISHNE1.0" + struct.pack("<H", binascii.crc_hqx(head, 0xFFFF)) + head + sample.counts.T.astype("<i2").tobytes())
    return path


# EDF+ (Kemp 1992, 2003): ASCII header, one data record.


def build_edf(folder: Path, sample: Sample | None = None, kind: str = "EDF+C", unit: str = "uV", offset: int = 0) -> Path:
    """Physical range as the header has it: `offset` counts stand for zero volt."""
    sample = sample or Sample()
    count, token = len(sample.leads), sample.token or "X"
    factor = {"uV": 1.0, "mV": 1e-3}[unit]
    low, high = ((limit - offset) * sample.microvolt * factor for limit in (-32768, 32767))
    fixed = [
        ("0", 8),
        (f"{token} M 01-JAN-1950 {token}", 80),
        (f"Startdate 01-JAN-2020 {token} {token} {token}", 80),
        ("01.01.20", 8),
        ("00.00.00", 8),
        (str(256 * (1 + count)), 8),
        (kind, 44),
        ("1", 8),
        (f"{sample.samples / sample.rate:g}", 8),
        (str(count), 4),
    ]
    signals = [
        ([f"ECG {lead}" for lead in sample.leads], 16),
        ([token] * count, 80),
        ([unit] * count, 8),
        ([f"{low:.8g}"[:8]] * count, 8),
        ([f"{high:.8g}"[:8]] * count, 8),
        (["-32768"] * count, 8),
        (["32767"] * count, 8),
        ([f"HP:0.05Hz {token}"] * count, 80),
        ([str(sample.samples)] * count, 8),
        ([token] * count, 32),
    ]
    header = "".join(text.ljust(width) for text, width in fixed) + "".join(text.ljust(width) for texts, width in signals for text in texts)
    path = folder / "made.edf"
    path.write_bytes(header.encode("ascii") + sample.counts.astype("<i2").tobytes())
    return path
