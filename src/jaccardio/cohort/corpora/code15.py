"""CODE-15%: ``exams.csv`` beside ``exams_part*.hdf5``, as published on Zenodo (10.5281/zenodo.4916206).

Ribeiro AH, et al. Automatic diagnosis of the 12-lead ECG using a deep neural network. Nat Commun 11:1760 (2020). Layout: ``tracings``
(exams, 4096, 12) at 400 Hz beside ``exam_id``; columns of the table as the PhysioNet Challenge 2025 (``prepare_code15_data.py``) and
AI4HealthUOL's ``ecg_utils`` read them. Both take the values as millivolt; Zenodo states no unit, and a README of the authors that speaks of
"1e-4 V" contradicts itself. Recordings of 7 s stand between zeros: those are no ECG and are cut off.

Six findings are annotated, each true or false; of every other one the database says nothing.
"""

from collections.abc import Mapping
from pathlib import Path

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions, storable_age
from jaccardio.cohort.corpora.published import entry_of, flagged, number_in, public_id, published_rows
from jaccardio.cohort.corpora.words import LABELS, plain
from jaccardio.errors import DataError, ReadError
from jaccardio.findings.labels import PRESENT
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.array_part import ArrayPart, hdf5_column, require_h5py

TABLE = "exams.csv"
FINDINGS = {
    "1dAVb": ("snomed:270492004", "snomed:270492004"),
    "RBBB": ("snomed:59118001", "snomed:713427006"),
    "LBBB": ("snomed:164909002", "snomed:733534002"),
    "SB": ("snomed:426177001", "snomed:426177001"),
    "ST": ("snomed:427084000", "snomed:427084000"),
    "AF": ("snomed:164889003", "snomed:164889003"),
    "normal_ecg": ("scp:NORM", "scp:NORM"),
}
"""Per column what true states and what false denies: a block leaves open whether it is complete, and no block excludes a complete one."""

COLUMNS = ("exam_id", "patient_id", "age", "is_male", "trace_file", *FINDINGS)
RATE_HZ = 400.0


def open_code15(source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS) -> Corpus:
    """Reads the table and the ids of the HDF5 files that are there; exams in other files are counted in the notes.

    Raises
    ------
    UsageError
        No table there.
    DataError
        A missing column, an id that is none, a damaged HDF5 file, or none of the files.
    MissingError
        The package h5py is not installed.
    """
    require_h5py()
    files: dict[str, Mapping[int, int] | None] = {}
    entries: list[Source | Rejection] = []
    elsewhere = 0
    for number, row in enumerate(published_rows(source / TABLE, COLUMNS, "CODE-15%"), start=2):
        exam, name = public_id(row, "exam_id", number, source / TABLE), public_id(row, "trace_file", number, source / TABLE)
        if name not in files:
            there = (source / name).is_file()
            files[name] = {identifier: place for place, identifier in enumerate(hdf5_column(source / name, "exam_id"))} if there else None
        places = files[name]
        if places is None:
            elsewhere += 1
            continue
        entries.append(entry_of(_source, f"code15:{exam}", row, source / name, places.get(int(exam)) if exam.isdigit() else None))
    absent = sorted(name for name, places in files.items() if places is None)
    if not entries:
        raise DataError(f"{source}: none of the files that {TABLE} names is there, the first is {absent[0]}. Unpack one beside it.")
    notes = (f"{elsewhere} exams are in {len(absent)} files that are not here, the first is {absent[0]}",) if elsewhere else ()
    codes = frozenset(code for pair in FINDINGS.values() for code in pair)
    return Corpus(tuple(entries), {"code15": codes}, notes)


def _source(record: str, row: Mapping[str, str], path: Path, place: int | None) -> Source:
    if place is None:
        raise ReadError(record, "signal file", f"{path.name} does not hold this exam", "Download table and file from one release.")
    patient = row["patient_id"].removesuffix(".0")
    present, absent = flagged(row, FINDINGS, record)
    male = LABELS.get(plain(row["is_male"]))
    return Source(
        recording_id=record,
        patient_key=f"code15:{patient}" if patient.isdigit() else record,
        path=path,
        part=ArrayPart(RATE_HZ, place, "tracings", leads_last=True, padded=True),
        present=present,
        absent=absent,
        closed=False,
        database="code15",
        age=storable_age(number_in(row["age"])),
        sex=None if male is None or male < 0 else "male" if male == PRESENT else "female",
    )
