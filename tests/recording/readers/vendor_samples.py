"""Files of every vendor format, written from the published layouts by code that shares nothing with the readers.

One function a format: `build_NAME(folder, ...) -> Path`. All take the same keywords (`Sample`): what the file holds, what it declares, and
a token that is written wherever the format has room for a patient, a person, a device, an institution or a comment.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TWELVE = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def simulated_counts(leads: int = 12, samples: int = 1000) -> NDArray[np.int16]:
    """(leads, samples) counts; limb leads of 12 obey Einthoven and Goldberger to within rounding; no two leads are alike."""
    time = np.arange(samples)
    beats = [np.exp(-(((time - 40 - row) % 200 - 60) ** 2) / 40) for row in range(leads)]
    waves = [np.rint((150 + 20 * row) * beats[row] + 9 * np.sin(time / (9 + row))) for row in range(leads)]
    if leads == 12:
        one, two = waves[0], waves[1]
        waves[2:6] = [two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.rint(waves).astype(np.int16)


@dataclass(frozen=True)
class Sample:
    """What a file holds.

    Attributes
    ----------
    leads
        Names, in the file's order.
    counts
        (leads, samples) stored numbers.
    microvolt
        Of one count.
    rate
        Hz.
    declared
        Samples that the header declares; those that are there if None.
    token
        Stands in every field that may tell whose ECG it is.
    """

    leads: tuple[str, ...] = TWELVE
    counts: NDArray[np.int16] = field(default_factory=simulated_counts)
    microvolt: float = 5.0
    rate: int = 500
    declared: int | None = None
    token: str = ""

    @property
    def samples(self) -> int:
        return self.counts.shape[1] if self.declared is None else self.declared


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


SCP_CODES = {"I": 1, "II": 2, "III": 61, "aVR": 62, "aVL": 63, "aVF": 64, **{f"V{n}": n + 2 for n in range(1, 7)}}


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
    """The median beat stands before the rhythm: a reader that takes the first group is found out."""
    sample = sample or Sample()
    meta = (
        _element(2, 0x1, "OB", b"\0\1")
        + _element(2, 0x2, "UI", "1.2.840.10008.5.1.4.1.1.9.1.1")
        + _element(2, 0x3, "UI", "2.25.1")
        + _element(2, 0x10, "UI", "1.2.840.10008.1.2.1")
    )
    beat = _multiplex_group(sample, "MEDIAN BEAT", sample.counts[:, ::-1][:, :600], min(600, sample.counts.shape[1]), baseline, correction)
    rhythm = _multiplex_group(sample, "RHYTHM", sample.counts, sample.samples, baseline, correction)
    body = (
        _element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.9.1.1")
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


# HL7 aECG: ANSI/HL7 V3 ECG R1-2004.


def build_aecg(folder: Path, sample: Sample | None = None, origin: float = 0) -> Path:
    sample = sample or Sample()
    t = sample.token
    leads = "".join(
        f'<component><sequence><code code="MDC_ECG_LEAD_{lead.upper()}" displayName="{t}"/><value xsi:type="SLIST_PQ">'
        f'<origin value="{origin:g}" unit="uV"/><scale value="{sample.microvolt:g}" unit="uV"/>'
        f"<digits>{' '.join(map(str, row.tolist()))}</digits></value></sequence></component>"
        for lead, row in zip(sample.leads, sample.counts, strict=True)
    )
    high = sample.samples / sample.rate
    path = folder / "made_aecg.xml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<!-- {t} -->"
        '<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<id root="{t}"/><text>{t}</text><componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>'
        f'<id extension="{t}"/><subjectDemographicPerson><name><family>{t}</family><given>{t}</given></name>'
        f'<birthTime value="{t}"/></subjectDemographicPerson></trialSubject></subject></subjectAssignment></componentOf></timepointEvent>'
        '</componentOf><component><series><code code="RHYTHM"/>'
        f'<effectiveTime><low value="20200101000000.000"/><high value="2020010100{int(high) // 60:02d}{high % 60:06.3f}"/></effectiveTime>'
        f"<author><seriesAuthor><manufacturedSeriesDevice><id extension='{t}'/><manufacturerModelName>{t}</manufacturerModelName>"
        f"</manufacturedSeriesDevice></seriesAuthor></author><component><sequenceSet>"
        '<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS"><head value="20200101000000.000"/>'
        f'<increment value="{1 / sample.rate:g}" unit="s"/></value></sequence></component>{leads}</sequenceSet></component>'
        f'<subjectOf><annotationSet><component><annotation><code code="MDC_ECG_INTERPRETATION_COMMENT"/><value xsi:type="ST">{t}</value>'
        "</annotation></component></annotationSet></subjectOf></series></component></AnnotatedECG>",
        encoding="utf-8",
    )
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


# GE MUSE XML (restecg.dtd): eight leads, Base64 of little-endian int16, CRC-32 of the bytes.


def build_muse(folder: Path, sample: Sample | None = None) -> Path:
    sample = sample or Sample(leads=EIGHT, counts=simulated_counts(8))
    t = sample.token

    def waveform(kind: str, counts: NDArray[np.int16], declared: int) -> str:
        leads = ""
        for lead, row in zip(sample.leads, counts, strict=True):
            data = row.astype("<i2").tobytes()
            leads += (
                f"<LeadData><LeadByteCountTotal>{2 * declared}</LeadByteCountTotal><LeadTimeOffset>0</LeadTimeOffset>"
                f"<LeadSampleCountTotal>{declared}</LeadSampleCountTotal><LeadAmplitudeUnitsPerBit>{sample.microvolt:g}"
                f"</LeadAmplitudeUnitsPerBit><LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits><LeadSampleSize>2</LeadSampleSize>"
                f"<LeadOff>FALSE</LeadOff><LeadDataCRC32>{zlib.crc32(data)}</LeadDataCRC32><LeadID>{lead}</LeadID>"
                f"<WaveFormData>{base64.b64encode(data).decode()}</WaveFormData></LeadData>"
            )
        return (
            f"<Waveform><WaveformType>{kind}</WaveformType><NumberofLeads>{len(counts)}</NumberofLeads><SampleType>CONTINUOUS_SAMPLES"
            f"</SampleType><SampleBase>{sample.rate}</SampleBase><SampleExponent>0</SampleExponent>{leads}</Waveform>"
        )

    path = folder / "made_muse.xml"
    path.write_text(
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE RestingECG SYSTEM "restecg.dtd">\n'
        f"<RestingECG><MuseInfo><MuseVersion>{t}</MuseVersion></MuseInfo><PatientDemographics><PatientID>{t}</PatientID>"
        f"<DateofBirth>{t}</DateofBirth><PatientLastName>{t}</PatientLastName><PatientFirstName>{t}</PatientFirstName>"
        f"</PatientDemographics><TestDemographics><SiteName>{t}</SiteName><OverreaderLastName>{t}</OverreaderLastName>"
        f"<CartNumber>{t}</CartNumber></TestDemographics><Order><ReasonForTest>{t}</ReasonForTest></Order><Diagnosis>"
        f"<DiagnosisStatement><StmtText>{t}</StmtText></DiagnosisStatement></Diagnosis>"
        + waveform("Median", sample.counts[:, ::-1][:, :600], min(600, sample.counts.shape[1]))
        + waveform("Rhythm", sample.counts, sample.samples)
        + "</RestingECG>",
        encoding="latin-1",
    )
    return path


# Philips Sierra XML 1.03 (XLI) and 1.04 (plain Base64).


def _xli(row: NDArray[np.int64]) -> bytes:
    """One lead: x[n] = 2 x[n-1] - x[n-2] - d[n-1], where d[1] is the start value and d[n] the stored word n less 64; high bytes first."""
    difference = 2 * row[1:-1] - row[:-2] - row[2:]
    words = np.concatenate([row[:2], difference[1:] + 64, [64]]).astype(np.uint16)
    bits = "".join(f"{byte:010b}" for byte in (*(words >> 8).tolist(), *(words & 255).tolist()))  # LZW without any repetition
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return struct.pack("<IHh", len(packed), 0, difference[0]) + packed


def build_sierra(folder: Path, sample: Sample | None = None, version: str = "1.04") -> Path:
    sample = sample or Sample()
    t = sample.token
    rows = sample.counts.astype(np.int64)
    if version == "1.03":
        one, two, three = rows[0], rows[1], rows[2]
        residuals = rows.copy()
        residuals[2] = two - one - three
        residuals[3] = -rows[3] - (one + two) // 2
        residuals[4] = (one - three) // 2 - rows[4]
        residuals[5] = (two + three) // 2 - rows[5]
        data = b"".join(_xli(row) for row in residuals)
    else:
        data = rows.astype("<i2").tobytes()
    milliseconds = round(1000 * sample.samples / sample.rate)
    packed = 'compressflag="True" compressmethod="XLI"' if version == "1.03" else 'compressflag="False"'
    resolution = "signalresolution" if version == "1.03" else "resolution"
    attributes = (
        f'{packed} dataencoding="Base64" durationperchannel="{milliseconds}"'
        if version == "1.03"
        else f'dataencoding="Base64" numberofleads="{len(sample.leads)}" leadlabels="{" ".join(sample.leads)}" {packed} '
        f'durationperchannel="{milliseconds}" samplespersecond="{sample.rate}" resolution="{sample.microvolt:g}" signaloffset="0" '
        'signalsigned="True" bitspersample="16"'
    )
    path = folder / f"made_sierra_{version}.xml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<restingecgdata xmlns="http://www3.medical.philips.com">'
        f"<documentinfo><documentname>{t}</documentname><documenttype>SierraECG</documenttype><documentversion>{version}</documentversion>"
        f"<comments>{t}</comments></documentinfo><userdefines><userdefine><label>{t}</label><value>{t}</value></userdefine></userdefines>"
        f'<dataacquisition date="{t}"><machine machineid="{t}" detaildescription="{t}">{t}</machine>'
        f"<acquirer><operatorid>{t}</operatorid><institutionname>{t}</institutionname></acquirer><signalcharacteristics>"
        f"<samplingrate>{sample.rate}</samplingrate><{resolution}>{sample.microvolt:g}</{resolution}><acquisitiontype>STD-12"
        "</acquisitiontype><bitspersample>16</bitspersample><signaloffset>0</signaloffset><signalsigned>True</signalsigned>"
        f"<numberchannelsallocated>{len(sample.leads)}</numberchannelsallocated><numberchannelsvalid>{len(sample.leads)}"
        "</numberchannelsvalid><leadset>STD-12</leadset></signalcharacteristics></dataacquisition><patient><generalpatientdata>"
        f"<patientid>{t}</patientid><MRN>{t}</MRN><name><lastname>{t}</lastname><firstname>{t}</firstname></name><age><dateofbirth>{t}"
        f"</dateofbirth></age></generalpatientdata></patient><interpretations><interpretation><statement><leftstatement>{t}"
        f"</leftstatement></statement></interpretation></interpretations><waveforms><parsedwaveforms {attributes}>"
        f"{base64.b64encode(data).decode()}</parsedwaveforms></waveforms></restingecgdata>",
        encoding="utf-8",
    )
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


# GE CardioSoft XML and Schiller XML, after the one public sample of each.


def _numbers(row: NDArray[np.int16]) -> str:
    return ",".join(map(str, row.tolist()))


def build_cardiosoft(folder: Path, sample: Sample | None = None) -> Path:
    sample = sample or Sample()
    t = sample.token

    def strip(tag: str, counts: NDArray[np.int16], declared: int) -> str:
        leads = "".join(
            f'<WaveformData lead="{lead}">\t{_numbers(row)}</WaveformData>' for lead, row in zip(sample.leads, counts, strict=True)
        )
        return (
            f'<{tag}><NumberOfLeads>{len(counts)}</NumberOfLeads><SampleRate units="Hz">{sample.rate}</SampleRate>'
            f"<ChannelSampleCountTotal>{declared}</ChannelSampleCountTotal>"
            f'<Resolution units="uVperLsb">{sample.microvolt:g}</Resolution>{leads}</{tag}>'
        )

    path = folder / "made_cardiosoft.xml"
    path.write_text(
        '<?xml version="1.0" encoding="ISO8859-1" ?>\n<CardiologyXML><ObservationType>RestECG</ObservationType>'
        f"<UID><DICOMStudyUID>{t}</DICOMStudyUID></UID><ClinicalInfo><ReasonForStudy>{t}</ReasonForStudy><ObservationComment>{t}"
        f"</ObservationComment><DeviceInfo><Desc>{t}</Desc></DeviceInfo></ClinicalInfo><PatientInfo><PID>{t}</PID><Name><FamilyName>{t}"
        f"</FamilyName></Name><BirthDateTime>{t}</BirthDateTime></PatientInfo><Interpretation><Diagnosis><DiagnosisText>{t}"
        "</DiagnosisText></Diagnosis></Interpretation><RestingECGMeasurements>"
        + strip("MedianSamples", sample.counts[:, ::-1][:, :600], min(600, sample.counts.shape[1]))
        + "</RestingECGMeasurements>"
        + strip("StripData", sample.counts, sample.samples)
        + f"<Export>{t}</Export></CardiologyXML>",
        encoding="latin-1",
    )
    return path


def build_schiller(folder: Path, sample: Sample | None = None) -> Path:
    sample = sample or Sample()
    t = sample.token

    def wave(kind: str, counts: NDArray[np.int16], declared: int) -> str:
        channels = "".join(
            f"<channel><annotation_lead><name>P_POS_AMPL</name><value>0.11</value></annotation_lead><name>{lead.upper()}</name>"
            f"<data>{_numbers(row)},</data><datastype>COMMASEPARATE</datastype><samplecount>{declared}</samplecount></channel>"
            for lead, row in zip(sample.leads, counts, strict=True)
        )
        return (
            f"<wavedata><type>{kind}</type><resolution><samplerate><exponent>1</exponent><value>{sample.rate}</value></samplerate>"
            f"<yres><unitperbit>{sample.microvolt:g}</unitperbit><units>UV</units></yres></resolution>{channels}"
            "<channelconfiguration>ECG_STANDARD</channelconfiguration></wavedata>"
        )

    path = folder / "made_schiller.xml"
    path.write_text(
        '<?xml version="1.0"?>\n<com.xiriuz.sema.xml.schillerEDI.SchillerEDI>'
        f"<patdata><id>{t}</id><lastname>{t}</lastname><firstname>{t}</firstname><birthdate>{t}</birthdate></patdata>"
        f"<examdescript><job_id>{t}</job_id><institute_id>{t}</institute_id><aquiringdevice><hardware><serialnum>{t}</serialnum></hardware>"
        "</aquiringdevice></examdescript><eventdata><event>"
        + wave("ECG_AVERAGES", sample.counts[:, ::-1][:, :600], min(600, sample.counts.shape[1]))
        + wave("ECG_RHYTHMS", sample.counts, sample.samples)
        + f"<textdata><type>INTERPRETATION</type><textdata>{t}</textdata></textdata></event></eventdata>"
        "</com.xiriuz.sema.xml.schillerEDI.SchillerEDI>",
        encoding="utf-8",
    )
    return path


BUILDERS: Mapping[str, Callable[..., Path]] = {
    "dicom": build_dicom,
    "aecg": build_aecg,
    "scp": build_scp,
    "muse": build_muse,
    "sierra": build_sierra,
    "mfer": build_mfer,
    "ishne": build_ishne,
    "edf": build_edf,
    "cardiosoft": build_cardiosoft,
    "schiller": build_schiller,
}
"""By the reader's name."""
