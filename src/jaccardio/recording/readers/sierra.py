"""Philips Sierra XML, 1.03 to 1.04.02.

The library's reader walks every element and decodes every chunk, also those that are no leads; so the document is read here, and ecgdatakit
decompresses the chunks that are.
"""

import base64
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers.formats_extra import COPY_AGAIN, guarded
from jaccardio.recording.readers.stored_leads import StoredLead, recording_of_stored
from jaccardio.recording.readers.xml_tree import as_number, parse_xml, root_name
from jaccardio.recording.recording import Recording

VERSIONS = ("1.03", "1.04", "1.04.01", "1.04.02")

_NOT_COMPRESSED = ("", "uncompressed", "none")
_TWELVE_LEADS = ("STD-12", "10-WIRE")
_CHUNK_HEAD = 8


def is_sierra(head: bytes) -> bool:
    """Whether a file has the root element ``restingecgdata``."""
    return root_name(head) == "restingecgdata"


def read_sierra(path: Path, record: str) -> Recording:
    """Reads the rhythm of 11 s; the calibration pulse at its end is cut off.

    Raises
    ------
    ReadError
        No well-formed or safe XML; another version; no rhythm, or one that is damaged or not as long as declared; no ECG in millivolt.
    """
    root = parse_xml(path.read_bytes(), record)
    version = (root.findtext("documentinfo/documentversion") or "").strip()
    if version not in VERSIONS:
        raise ReadError(record, "version", "not one that is supported", f"Export the ECG as version {' or '.join(VERSIONS)}.")
    waveforms = next(root.iter("parsedwaveforms"), None)
    if waveforms is None:
        raise ReadError(record, "rhythm", "the file holds no waveform", "Export the ECG again, with its waveform.")
    described = next(root.iter("signalcharacteristics"), Element("none"))

    def said(*names: str, otherwise: str = "") -> str:
        """What the waveform's attributes say, else the description of the signal."""
        found = (waveforms.get(name) or described.findtext(name) or "" for name in names)
        return next((text.strip() for text in found if text.strip()), otherwise)

    def number(*names: str, otherwise: str = "") -> float:
        return as_number(said(*names, otherwise=otherwise), names[0], record)

    names = said("leadlabels").split()
    if not names:
        if said("acquisitiontype") not in _TWELVE_LEADS and said("leadset") not in _TWELVE_LEADS:
            raise ReadError(record, "lead names", "not given", "Export the ECG as twelve leads.")
        names = list(LEADS)
    rate = number("samplespersecond", "samplingrate")
    samples = round(number("durationperchannel") * rate / 1000)
    gain = 1e-3 * number("resolution", "signalresolution")
    offset = -gain * number("signaloffset", otherwise="0")
    compressed = waveforms.get("compressflag", "True").lower() != "false"
    method = said("compression", "compressmethod") if compressed else ""
    counts = _counts(waveforms, method, said("signalsigned", otherwise="True"), len(names), samples, record)
    kept, flags = _without_pulse(counts, rate)
    leads = [StoredLead(name, row, gain, rate, offset) for name, row in zip(names, kept, strict=True)]
    return recording_of_stored(leads, record, flags)


def _counts(waveforms: Element, method: str, signed: str, leads: int, samples: int, record: str) -> NDArray[np.float64]:
    """(leads, samples), as stored but for compression."""
    text, encoding = waveforms.text or "", waveforms.get("dataencoding")
    if method.lower() not in (*_NOT_COMPRESSED, "xli") or encoding != "Base64":
        remedy = "Export the ECG as Base64, compressed by XLI or not at all."
        raise ReadError(record, "waveform", "of an encoding that is not supported", remedy)
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise ReadError(record, "waveform", "not Base64", COPY_AGAIN) from None
    if method.lower() == "xli":
        rows, _ = guarded(lambda: _xli(data, leads, record), record, "XLI")
    else:
        whole = np.frombuffer(data[: len(data) // 2 * 2], dtype="<u2" if signed.lower() == "false" else "<i2")
        rows = np.array_split(whole, leads)
    lengths = sorted({len(row) for row in rows})
    if lengths != [samples]:
        raise ReadError(record, "samples", f"{lengths[0]} a lead found, {samples} declared", COPY_AGAIN)
    counts = np.array(rows, dtype=np.int64)
    if method.lower() == "xli" and leads >= 6:
        _rebuild(counts)
    return np.where(counts == -32768, np.nan, counts.astype(np.float64))


def _xli(data: bytes, leads: int, record: str) -> list[NDArray[np.int32]]:
    """The first chunks of XLI, one a lead: size, two bytes of no use, a start value, and second differences packed by LZW."""
    from ecgdatakit.parsing.codecs.lzw import LzwDecoder
    from ecgdatakit.parsing.codecs.xli import xli_decode_deltas

    rows: list[NDArray[np.int32]] = []
    at = 0
    for _ in range(leads):
        size = int.from_bytes(data[at : at + 4], "little")
        start = int.from_bytes(data[at + 6 : at + _CHUNK_HEAD], "little", signed=True)
        chunk = data[at + _CHUNK_HEAD : at + _CHUNK_HEAD + size]
        if len(chunk) < max(size, 1):
            raise ReadError(record, "waveform", f"truncated: {len(rows)} of {leads} leads", COPY_AGAIN)
        rows.append(xli_decode_deltas(LzwDecoder(chunk, bits=10).read_all(), start))
        at += _CHUNK_HEAD + size
    return rows


def _rebuild(counts: NDArray[np.int64]) -> None:
    """III, aVR, aVL and aVF, in place, of their distance from what follows of I and II."""
    one, two = counts[0], counts[1]
    three = two - one - counts[2]
    counts[2] = three
    counts[3] = -counts[3] - (one + two) // 2
    counts[4] = (one - three) // 2 - counts[4]
    counts[5] = (two + three) // 2 - counts[5]


def _without_pulse(counts: NDArray[np.float64], rate: float) -> tuple[NDArray[np.float64], list[str]]:
    """What comes before the end in which all leads are one and the same signal: the device's own pulse of 1 mV."""
    differ = np.flatnonzero((counts != counts[:1]).any(axis=0))
    end = int(differ[-1]) + 1 if differ.size and len(counts) > 1 else counts.shape[1]
    if end == counts.shape[1]:
        return counts, []
    return counts[:, :end], [f"calibration: {(counts.shape[1] - end) / rate:.1f} s"]
