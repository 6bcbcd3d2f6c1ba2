"""SPH, the database of Shandong Provincial Hospital: ``metadata.csv`` beside ``records/A00001.h5`` (figshare, collection 5779802).

Liu H, et al. A large-scale multi-label 12-lead electrocardiogram database with standardized diagnostic statements. Sci Data 9:272 (2022).
One HDF5 file an ECG, ``ecg`` (12, samples) in millivolt at 500 Hz, 10 to 60 s; columns as DeepPSP/torch_ecg and AI4HealthUOL's
``ecg_utils`` read them: ``ECG_ID``, ``AHA_Code`` (``22;60+310``), ``Patient_ID``, ``Age``, ``Sex``, ``N``, ``Date``.

Cardiologists chose statements of one standard for every ECG: what is not stated is absent, as far as the table uses the statement at all.
"""

from collections.abc import Mapping
from pathlib import Path

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions, storable_age, year_of
from jaccardio.cohort.corpora.published import entry_of, number_in, public_id, published_rows
from jaccardio.cohort.corpora.words import SEXES, plain
from jaccardio.errors import ReadError
from jaccardio.findings.aha_codes import code_of_statement
from jaccardio.findings.mapping import OPEN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.array_part import ArrayPart, require_h5py

TABLE = "metadata.csv"
COLUMNS = ("ECG_ID", "AHA_Code", "Patient_ID", "Age", "Sex", "Date")
RATE_HZ = 500.0


def open_sph(source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS) -> Corpus:
    """Reads the table.

    Raises
    ------
    UsageError
        No table there.
    DataError
        A missing column, or an id that is none.
    MissingError
        The package h5py is not installed.
    """
    require_h5py()
    entries: list[Source | Rejection] = []
    for number, row in enumerate(published_rows(source / TABLE, COLUMNS, "SPH"), start=2):
        ecg, patient = (public_id(row, column, number, source / TABLE) for column in ("ECG_ID", "Patient_ID"))
        entries.append(entry_of(_source, f"sph:{ecg}", f"sph:{patient}", source / "records" / f"{ecg}.h5", row))
    stated = {code.removeprefix(OPEN) for entry in entries if isinstance(entry, Source) for code in entry.present}
    return Corpus(tuple(entries), {"sph": frozenset(stated)})


def _source(record: str, patient: str, path: Path, row: Mapping[str, str]) -> Source:
    statements = [part.strip() for part in row["AHA_Code"].split(";") if part.strip()]
    codes = [code_of_statement(statement) for statement in statements]
    present = tuple(dict.fromkeys(code for code in codes if code is not None))
    if not codes or len(present) < len(set(codes)):
        raise ReadError(record, "column AHA_Code", "empty, or something else than numbers", "Download the table again.")
    sex = plain(row["Sex"])
    if sex not in SEXES:
        raise ReadError(record, "column Sex", "neither M nor F nor empty", "Download the table again.")
    return Source(
        recording_id=record,
        patient_key=patient,
        path=path,
        part=ArrayPart(RATE_HZ, dataset="ecg"),
        present=present,
        absent=(),
        closed=True,
        database="sph",
        age=storable_age(number_in(row["Age"])),
        sex=SEXES[sex],
        year=year_of(row["Date"]),
    )
