"""GE CardioSoft XML (``CardiologyXML``), after the one public sample: comma-separated counts, twelve leads."""

from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.formats_extra import COPY_AGAIN
from jaccardio.recording.readers.stored_leads import StoredLead, recording_of_stored
from jaccardio.recording.readers.xml_tree import integers, number_of, parse_xml, root_name
from jaccardio.recording.recording import Recording
from jaccardio.recording.units import millivolt_factor


def is_cardiosoft(head: bytes) -> bool:
    """Whether a file has the root element ``CardiologyXML``."""
    return root_name(head) == "CardiologyXML"


def read_cardiosoft(path: Path, record: str) -> Recording:
    """Reads the strip, ``StripData``; ``MedianSamples`` is a beat.

    Raises
    ------
    ReadError
        No well-formed or safe XML; no strip; a lead of another length than declared; no ECG in millivolt.
    """
    strip = parse_xml(path.read_bytes(), record).find("StripData")
    if strip is None or strip.find("WaveformData") is None:
        raise ReadError(record, "rhythm", "the file holds no waveform", "Export the ECG again, with its waveform.")
    rate, samples = number_of(strip, "SampleRate", record), number_of(strip, "ChannelSampleCountTotal", record)
    resolution = strip.find("Resolution")
    unit = "" if resolution is None else resolution.get("units", "")
    gain = millivolt_factor(unit.removesuffix("perLsb")) * number_of(strip, "Resolution", record)
    waveforms = strip.findall("WaveformData")
    if number_of(strip, "NumberOfLeads", record) != len(waveforms):
        raise ReadError(record, "NumberOfLeads", f"{len(waveforms)} leads found, another number declared", COPY_AGAIN)
    leads = [StoredLead(lead.get("lead", ""), integers(lead.text, samples, record), gain, rate) for lead in waveforms]
    return recording_of_stored(leads, record)
