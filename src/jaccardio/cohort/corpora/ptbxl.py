"""PTB-XL in its native layout: ``ptbxl_database.csv`` beside ``records100/`` and ``records500/``.

Wagner P, et al. PTB-XL, a large publicly available electrocardiography dataset. Sci Data 7:154 (2020), doi:10.1038/s41597-020-0495-6.
Ids are the published, already pseudonymous numbers.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions, storable_age, year_of
from jaccardio.cohort.corpora.published import number_in, published_rows, whole_in
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.coverage import annotated_codes
from jaccardio.findings.report_phrases import read_report
from jaccardio.findings.vocabulary import Vocabulary

TABLE = "ptbxl_database.csv"
COLUMNS = (
    *("ecg_id", "patient_id", "age", "sex", "site", "device", "recording_date"),
    *("scp_codes", "heart_axis", "strat_fold", "filename_lr", "filename_hr"),
)
LOW_RATE_HZ = 100.0
STATED_LEFT_AXIS = re.compile("left axis deviation|(ü|ue)berdreht", re.IGNORECASE)
"""Reports that mean an axis beyond -30 degrees, in English or as "überdrehter Linkstyp"; heart_axis is LAD for the milder Linkstyp too."""

SEXES = {"0": "male", "1": "female"}


def open_ptbxl(source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS) -> Corpus:
    """Reads the table and checks it; up to 100 Hz records100 is taken, above it records500.

    Raises
    ------
    UsageError
        No table there, or no signals at this rate.
    DataError
        A missing column, an empty table, an id twice, a patient in two folds.
    """
    low = sampling_rate <= LOW_RATE_HZ
    rows = tuple(published_rows(source / TABLE, COLUMNS, "PTB-XL"))
    _check(source / TABLE, rows)
    if not (source / ("records100" if low else "records500")).is_dir():
        folder, remedy = ("records100", "--fs 500") if low else ("records500", "--fs 100")
        raise UsageError(f"{source}: the folder {folder} is absent; use {remedy} or name a copy that has it.")
    column = "filename_lr" if low else "filename_hr"
    return Corpus((_entry(row, source, column) for row in rows), {"ptbxl": annotated_codes("ptbxl")})


def _entry(row: Mapping[str, str], folder: Path, filename_column: str) -> Source | Rejection:
    """A row's ECG, or why the row cannot be used."""
    record = f"ptbxl:{row['ecg_id']}"
    patient, fold, statements = whole_in(row["patient_id"]), whole_in(row["strat_fold"]), _statements(row["scp_codes"])
    path = PurePosixPath(row[filename_column])
    if patient is None:
        return Rejection(record, "column patient_id: not a whole number.")
    if fold is None:
        return Rejection(record, "column strat_fold: not a whole number.")
    if statements is None:
        return Rejection(record, "column scp_codes: not a dictionary of statements and likelihoods.")
    if not path.name or path.is_absolute() or ".." in path.parts:
        return Rejection(record, f"column {filename_column}: not a path inside the data folder.")
    site = whole_in(row["site"])
    return Source(
        recording_id=record,
        patient_key=f"ptbxl:{patient}",
        path=folder / path,
        present=(*(f"scp:{code}" for code in statements), _axis(row)),
        absent=(),
        closed=True,
        database="ptbxl",
        fold=fold,
        site=None if site is None else str(site),
        device=" ".join(row["device"].split()) or None,
        age=storable_age(number_in(row["age"])),
        sex=SEXES.get(row["sex"].removesuffix(".0")),
        year=year_of(row["recording_date"]),
        scp_source=row.get("scp_source") or None,
        report_phrases=read_report(report).said if (report := row.get("report", "").strip()) else None,
    )


def _check(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    records: set[str] = set()
    folds: dict[int, int] = {}
    for number, row in enumerate(rows, start=2):
        record, patient, fold = row["ecg_id"], whole_in(row["patient_id"]), whole_in(row["strat_fold"])
        if not record.isdigit():
            raise DataError(f"{path}: row {number}, column ecg_id: not a whole number.")
        if record in records:
            raise DataError(f"{path}: ecg_id {record} stands in two rows; every recording must be listed once.")
        records.add(record)
        if patient is not None and fold is not None and folds.setdefault(patient, fold) != fold:
            raise DataError(
                f"{path}: patient ptbxl:{patient} stands in folds {folds[patient]} and {fold}: "
                "a patient's ECGs must share one fold; correct the column strat_fold."
            )


def _statements(cell: str) -> tuple[str, ...] | None:
    """Codes of a cell such as ``{'NORM': 100.0, 'SR': 0.0}``; a likelihood of 0 was not stated, the statement stands."""
    try:
        statements = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(statements, dict) or not all(isinstance(code, str) for code in statements):
        return None
    return tuple(statements)


def _axis(row: Mapping[str, str]) -> str:
    """Code of the heart axis. LAD counts where the report says what it means; without that, or without a report, it is left open."""
    axis = row["heart_axis"].strip() or "unknown"
    unstated = axis == "LAD" and STATED_LEFT_AXIS.search(row.get("report", "")) is None
    return "axis:LAD-unstated" if unstated else f"axis:{axis}"
