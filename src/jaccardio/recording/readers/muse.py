"""GE MUSE XML (restecg.dtd)."""

from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.ecgdatakit_leads import library_leads
from jaccardio.recording.readers.formats_extra import COPY_AGAIN
from jaccardio.recording.readers.stored_leads import recording_of_stored
from jaccardio.recording.readers.xml_tree import parse_xml, root_name
from jaccardio.recording.recording import Recording


def is_muse(head: bytes) -> bool:
    """Whether a file has the root element ``RestingECG``."""
    return root_name(head) == "RestingECG"


def read_muse(path: Path, record: str) -> Recording:
    """Reads the first rhythm. Eight leads are stored; the other four are computed of their counts. -32768 is a gap.

    A wrong CRC-32 of a lead is a refusal; files without one are older.

    Raises
    ------
    ReadError
        No well-formed or safe XML; no rhythm; a lead of another length than declared, with a wrong checksum, or recorded at another time;
        no ECG in millivolt.
    """
    kinds = parse_xml(path.read_bytes(), record).iterfind("Waveform/WaveformType")
    rhythms = sum((kind.text or "").strip().lower() == "rhythm" for kind in kinds)
    if not rhythms:
        raise ReadError(record, "rhythm", "the file holds no waveform of the rhythm", "Export the ECG again, with its waveform.")
    read = library_leads(path, "ge_muse_xml.GEMuseXMLParser", "MUSE XML", record, facts=("checksum_valid",), missing=-32768)
    if read.facts.get("checksum_valid") is False:
        raise ReadError(record, "checksum of a lead", "wrong: the samples are not those that were written", COPY_AGAIN)
    if any("LeadTimeOffset" in annotations for annotations in read.annotations):
        raise ReadError(record, "leads", "not recorded at the same time", "Export ten seconds of all leads.")
    unread = [f"unread: {rhythms - 1} further rhythms"] if rhythms > 1 else []
    off = [f"lead-off:{lead.name}" for lead, annotations in zip(read.leads, read.annotations, strict=True) if "LeadOff" in annotations]
    return recording_of_stored(read.leads, record, unread + off)
