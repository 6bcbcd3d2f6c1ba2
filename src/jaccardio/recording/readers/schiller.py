"""Schiller XML (``SchillerEDI``), after the one public sample: comma-separated counts, twelve leads."""

from pathlib import Path
from xml.etree.ElementTree import Element

from jaccardio.errors import ReadError
from jaccardio.recording.readers.stored_leads import StoredLead, recording_of_stored
from jaccardio.recording.readers.xml_tree import as_number, integers, number_of, parse_xml, root_name, text_of
from jaccardio.recording.recording import Recording
from jaccardio.recording.units import millivolt_factor


def is_schiller(head: bytes) -> bool:
    """Whether a file has the root element ``SchillerEDI``, behind the name of a Java package."""
    return root_name(head).rpartition(".")[2] == "SchillerEDI"


def read_schiller(path: Path, record: str) -> Recording:
    """Reads the first ``wavedata`` of type ``ECG_RHYTHMS``; ``ECG_AVERAGES`` are beats.

    Raises
    ------
    ReadError
        No well-formed or safe XML; no rhythm; an exponent other than 1; a lead of another length than declared; no ECG in millivolt.
    """
    waves = parse_xml(path.read_bytes(), record).iter("wavedata")
    rhythms = [wave for wave in waves if (wave.findtext("type") or "").strip() == "ECG_RHYTHMS"]
    if not rhythms:
        raise ReadError(record, "rhythm", "the file holds no waveform of the rhythm", "Export the ECG again, with its waveform.")
    for exponent in rhythms[0].iterfind("resolution//exponent"):
        if as_number(exponent.text or "", "exponent", record) != 1:
            reason = "not 1, and no public document says what it would multiply"
            raise ReadError(record, "exponent", reason, "Export the ECG in another format, such as DICOM.")
    rate = number_of(rhythms[0], "resolution/samplerate/value", record)
    unit = millivolt_factor(text_of(rhythms[0], "resolution/yres/units", record))
    gain = unit * number_of(rhythms[0], "resolution/yres/unitperbit", record)
    leads = [_lead(channel, gain, rate, record) for channel in rhythms[0].findall("channel")]
    flags = [f"unread: {len(rhythms) - 1} further rhythms"] if len(rhythms) > 1 else []
    return recording_of_stored(leads, record, flags)


def _lead(channel: Element, gain: float, rate: float, record: str) -> StoredLead:
    if text_of(channel, "datastype", record) != "COMMASEPARATE":
        raise ReadError(record, "data", "of an encoding that is not supported", "Export the ECG with comma-separated samples.")
    counts = integers(channel.findtext("data"), number_of(channel, "samplecount", record), record)
    return StoredLead(text_of(channel, "name", record), counts, gain, rate)
