"""HL7 aECG (ANSI/HL7 V3 ECG R1-2004)."""

import dataclasses
from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.ecgdatakit_leads import library_leads
from jaccardio.recording.readers.stored_leads import recording_of_stored
from jaccardio.recording.readers.xml_tree import parse_xml, root_name
from jaccardio.recording.recording import Recording


def is_aecg(head: bytes) -> bool:
    """Whether a file has the root element ``AnnotatedECG``."""
    return root_name(head) == "AnnotatedECG"


def read_aecg(path: Path, record: str) -> Recording:
    """Reads the first sequence set of the first rhythm series; representative beats are none.

    Raises
    ------
    ReadError
        No well-formed or safe XML; no rhythm; no ECG in millivolt.
    """
    root = parse_xml(path.read_bytes(), record)
    if root.find("component/series/component/sequenceSet/component/sequence/value/digits") is None:
        raise ReadError(record, "rhythm", "the file holds no waveform", "Export the ECG again, with its waveform.")
    read = library_leads(path, "hl7_aecg.HL7aECGParser", "aECG", record, facts=("rhythm_time",))
    rate = read.facts["rhythm_time"]["sampling_rate_exact"]
    series = sum(element.findtext("code") is not None for element in root.findall("component/series"))
    sets = max(len(one.findall("component/sequenceSet")) for one in root.findall("component/series"))
    flags = [f"unread: {count - 1} further {what}" for what, count in (("series", series), ("sequence sets", sets)) if count > 1]
    return recording_of_stored([dataclasses.replace(lead, rate=rate) for lead in read.leads], record, flags)
