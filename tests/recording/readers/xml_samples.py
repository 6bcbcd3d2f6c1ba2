"""HL7 aECG, GE MUSE and CardioSoft XML, Philips Sierra XML and Schiller XML."""

import base64
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.recording.readers.vendor_sample import EIGHT, Sample, simulated_counts

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
