"""ISHNE Holter (Badilini, Ann Noninvasive Electrocardiol 3:263, 1998)."""

from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.readers.ecgdatakit_leads import library_leads
from jaccardio.recording.readers.formats_extra import COPY_AGAIN
from jaccardio.recording.readers.stored_leads import recording_of_stored
from jaccardio.recording.recording import Recording


def is_ishne(head: bytes) -> bool:
    """Whether a file begins with the format's magic word."""
    return head.startswith(b"ISHNE1.0")


def read_ishne(path: Path, record: str) -> Recording:
    """Reads an ISHNE file. -32768, which marks a fault of the lead, is a gap.

    The checksum covers the header, gains and lead names included: a wrong one is a refusal. 0 stands for none.

    Raises
    ------
    ReadError
        Damaged; of another length than declared; no ECG in millivolt.
    """
    facts = ("checksum_valid", "ecg_size", "samples_per_lead")
    read = library_leads(path, "ishne_holter.ISHNEHolterParser", "ISHNE Holter", record, facts=facts, missing=-32768)
    if read.facts["checksum_valid"] is False:
        raise ReadError(record, "checksum of the header", "wrong: gains and lead names are not those that were written", COPY_AGAIN)
    found, declared = read.facts["samples_per_lead"], read.facts["ecg_size"]
    if declared not in (found, found * len(read.leads)):  # writers differ in whether it counts the samples of one lead or of all
        raise ReadError(record, "number of samples", f"{found} a lead found, {declared} declared", COPY_AGAIN)
    return recording_of_stored(read.leads, record)
