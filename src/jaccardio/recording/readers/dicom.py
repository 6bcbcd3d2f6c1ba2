"""DICOM ECG waveforms: 12-lead and general (PS3.3 A.34.3 and A.34.4, C.10.9)."""

import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEAD_CODES, LEADS, lead_rows
from jaccardio.recording.readers.formats_extra import COPY_AGAIN, guarded
from jaccardio.recording.readers.stored_leads import StoredLead, recording_of_stored
from jaccardio.recording.recording import Recording
from jaccardio.recording.units import millivolt_factor

_REFUSED_SYNTAXES: Mapping[bytes, str] = {
    b"1.2.840.10008.1.2.1.99": "deflated",
    b"1.2.840.10008.1.2.2\0": "big endian, and programs differ in the order of the bytes of its samples",  # retired in 2006
}
_SAMPLE_TYPES: Mapping[tuple[int, str], str] = {
    (8, "SB"): "i1",
    (8, "UB"): "u1",
    (16, "SS"): "i2",
    (16, "US"): "u2",
    (32, "SL"): "i4",
    (32, "UL"): "u4",
}
_LEADS: Mapping[int, str] = {code: lead for lead, code in LEAD_CODES.items()}
_CODE = re.compile(r"(?:5\.6\.3-9-|2:|10:)(\d{1,5})")


_BARE = re.compile(rb"[\x02\x08]\0.\0(?:[A-Z]{2}|..\0\0)", re.DOTALL)
"""The first element of group 2 or 8, with or without its representation: how archives send data sets, without preamble and prefix."""


def is_dicom(head: bytes) -> bool:
    """Whether a file has the prefix behind the preamble, or begins with the elements that follow it."""
    return head[128:132] == b"DICM" or _BARE.match(head) is not None


def read_dicom(path: Path, record: str) -> Recording:
    """Reads the rhythm: the multiplex group with the most of the twelve leads that is no median beat, the longest of equals.

    A sample is (count x sensitivity x correction) + baseline, in the unit of the sensitivity. The lowest count and the padding value, where
    that is an extreme one too, are gaps; some writers declare 0 as padding, which is a sample like any other.

    Raises
    ------
    ReadError
        Damaged; deflated or big endian; no waveform, or one of another length or of more bits than declared; no ECG in millivolt.
    """
    import pydicom

    data = path.read_bytes()
    for syntax, name in _REFUSED_SYNTAXES.items():
        if syntax in data[:1024]:
            raise ReadError(record, "transfer syntax", name, "Export the ECG uncompressed, in explicit VR little endian.")
    (leads, flags), _ = guarded(
        lambda: _rhythm(pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=["WaveformSequence"]), record), record, "DICOM"
    )
    return recording_of_stored(leads, record, flags)


def _rhythm(dataset: Any, record: str) -> tuple[list[StoredLead], list[str]]:
    groups = [(group, _names(group)) for group in dataset.get("WaveformSequence") or ()]
    rhythms = [(group, names) for group, names in groups if not _is_beat(group)]
    if not rhythms:
        reason = "only median beats" if groups else "the file holds no waveform"
        raise ReadError(record, "rhythm", reason, "Use DICOM files of 12-lead or general ECG waveforms.")
    group, names = max(rhythms, key=lambda pair: (sum(row is not None for row in lead_rows(pair[1])), pair[0].NumberOfWaveformSamples))
    flags = [f"unread: {len(rhythms) - 1} further groups"] if len(rhythms) > 1 else []
    counts, lowest = _counts(group, record)
    missing = counts == lowest
    padding = _padding(group)
    if padding is not None and abs(padding) >= abs(lowest) - 1:
        missing |= counts == padding
    values = np.where(missing, np.nan, counts.astype(np.float64))
    channels = list(zip(group.ChannelDefinitionSequence, names, lead_rows(names), values, strict=True))
    for channel, _, row, samples in channels:
        if row is not None:
            _check_bits(group, channel, samples, f"lead {LEADS[row]}", record)
    return [_lead(*channel, float(group.SamplingFrequency), record) for channel in channels], flags


def _is_beat(group: Any) -> bool:
    label = str(group.get("MultiplexGroupLabel") or "").upper()
    return "RHYTHM" not in label and ("MEDIAN" in label or "BEAT" in label or group.get("WaveformOriginality") == "DERIVED")


def _names(group: Any) -> list[str]:
    """Of each channel: of its code, else of what it is called, without what stands in brackets."""
    names = []
    for channel in group.ChannelDefinitionSequence:
        source: Any = next(iter(channel.get("ChannelSourceSequence") or ()), {})
        code = _CODE.fullmatch(str(source.get("CodeValue") or "").strip())
        called = str(source.get("CodeMeaning") or channel.get("ChannelLabel") or "")
        names.append(_LEADS.get(int(code[1]), "other") if code else re.sub(r"\(.*\)", "", called).strip())
    return names


def _counts(group: Any, record: str) -> tuple[NDArray[Any], int]:
    """(channels, samples) stored numbers, and the lowest that there can be."""
    bits, kind = int(group.WaveformBitsAllocated), str(group.WaveformSampleInterpretation)
    if (bits, kind) not in _SAMPLE_TYPES:
        raise ReadError(record, "samples", "of a kind that is not supported", "Export the ECG with samples of 16 bits.")
    channels, samples = int(group.NumberOfWaveformChannels), int(group.NumberOfWaveformSamples)
    data, dtype = bytes(group.WaveformData), np.dtype("<" + _SAMPLE_TYPES[bits, kind])
    wanted = channels * samples * dtype.itemsize
    if len(data) not in (wanted, wanted + wanted % 2) or samples < 1:
        reason = f"{len(data)} bytes, {channels} x {samples} of {bits} bits are declared"
        raise ReadError(record, "waveform", reason, COPY_AGAIN)
    if len(group.ChannelDefinitionSequence) != channels:
        reason = f"{len(group.ChannelDefinitionSequence)} described, {channels} declared"
        raise ReadError(record, "channels", reason, COPY_AGAIN)
    lowest = int(np.iinfo(dtype).min) if dtype.kind == "i" and bits > 8 else -(2**62)  # unsigned and 8-bit samples use their whole range
    return np.frombuffer(data[:wanted], dtype=dtype).reshape(samples, channels).T, lowest


def _check_bits(group: Any, channel: Any, samples: NDArray[np.float64], field: str, record: str) -> None:
    """Samples of fewer bits than allocated have their sign extended (PS3.3 C.10.9.1.7). Where one has not, either that or the number of
    bits is wrong, and nothing tells which."""
    bits = int(channel.get("WaveformBitsStored") or group.WaveformBitsAllocated)
    signed = str(group.WaveformSampleInterpretation).startswith("S")
    lowest, above = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    if np.any((samples < lowest) | (samples >= above)):
        reason = f"samples outside the {bits} bits that are declared as stored, so their sign is not extended or the declaration is wrong"
        raise ReadError(record, field, reason, "Export the ECG with 16 bits stored of 16 allocated.")


def _padding(group: Any) -> int | None:
    value = group.get("WaveformPaddingValue")
    if value is None:
        return None
    return int.from_bytes(value, "little", signed=True) if isinstance(value, bytes) else int(value)


def _lead(channel: Any, name: str, row: int | None, counts: NDArray[np.float64], rate: float, record: str) -> StoredLead:
    """One channel; without sensitivity or its unit it has no gain, and is refused if it is a standard lead."""
    units = channel.get("ChannelSensitivityUnitsSequence")
    if row is None or "ChannelSensitivity" not in channel or not units:
        return StoredLead(name, counts, math.nan, rate)
    if float(channel.get("ChannelTimeSkew") or channel.get("ChannelSampleSkew") or 0):
        raise ReadError(record, f"lead {LEADS[row]}", "not recorded at the time of the others", "Export ten seconds of all leads.")
    factor = millivolt_factor(str(units[0].CodeValue))
    correction = channel.get("ChannelSensitivityCorrectionFactor")  # 0 is no calibration, and refused as such
    gain = float(channel.ChannelSensitivity) * (1.0 if correction in (None, "") else float(correction)) * factor
    return StoredLead(name, counts, gain, rate, float(channel.get("ChannelBaseline") or 0) * factor)
