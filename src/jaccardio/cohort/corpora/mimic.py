"""MIMIC-IV-ECG 1.0 (PhysioNet, doi:10.13026/4nqg-sb35): ``record_list.csv`` and ``machine_measurements.csv`` beside ``files/``.

Gow B, et al. MIMIC-IV-ECG: Diagnostic Electrocardiogram Matched Subset (2023). Columns as public code that
reads the original names them (``report_0`` to ``report_17``; ``rr_interval``, ``p_onset``, ``p_end``, ``qrs_onset``, ``qrs_end``,
``t_end`` in milliseconds, ``p_axis``, ``qrs_axis``, ``t_axis`` in degrees; 29999 where the cart measured nothing).

The statements are the cart's, not a physician's. They are read by the glossary of report phrases and never stored as text. An ECG whose
statements were all read is a closed list: what the cart does not state is absent, as far as it ever states it here; where one was not
read, nothing is absent. Dates are shifted by the publisher, age and sex are in MIMIC-IV itself: none of them is kept.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions
from jaccardio.cohort.corpora.published import entry_of, number_in, public_id, published_rows
from jaccardio.errors import ReadError
from jaccardio.findings.labels import ABSENT, PRESENT
from jaccardio.findings.mapping import OPEN
from jaccardio.findings.report_phrases import AT, read_report, report_phrases
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.record_files import header_of

RECORDS, MEASURED = "record_list.csv", "machine_measurements.csv"
REPORTS = tuple(f"report_{number}" for number in range(18))
TIMES = ("rr_interval", "p_onset", "p_end", "qrs_onset", "qrs_end", "t_end", "qrs_axis", "t_axis")
NOT_MEASURED = 29999.0

_WORDS = {
    r"\bRBBB\b": "right bundle branch block",
    r"\bLBBB\b": "left bundle branch block",
    r"\bLVH\b": "left ventricular hypertrophy",
    r"\bPVC\(s\)": "premature ventricular contraction(s)",
    r"\bPAC\(s\)": "premature atrial contraction(s)",
    r"\bIV conduction defect\b": "non-specific intraventricular delay",
    r"\bleft atrial abnormality\b": "left atrial enlargement",
    r"\bnonspecific ST-T changes\b": "non-specific st-t wave changes",
    r"^summary: ": "",
    r"\s*[-,] (age undetermined|age indeterminate|no further analysis)$": "",
}
"""How carts write what the glossary has in other words."""

_DOUBT = re.compile(r"possibl|probabl|consider|cannot|may |might|suggest|borderline|\bor\b|versus|acute|no evidence|not ", re.IGNORECASE)


@dataclass(frozen=True)
class _Report:
    """What a row of measurements says of one ECG; the fields are those of `Source`."""

    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    closed: bool = False
    phrases: tuple[str, ...] | None = None
    measured: Mapping[str, float] = field(default_factory=dict)


def open_mimic(source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS) -> Corpus:
    """Reads both tables; ECGs without a row of measurements have no findings.

    Raises
    ------
    UsageError
        A table is not there.
    DataError
        A missing column, or an id that is none.
    """
    codes: set[str] = set()
    said: dict[str, _Report] = {}
    for row in published_rows(source / MEASURED, ("study_id", *REPORTS, *TIMES), "MIMIC-IV-ECG"):
        measured = _measured({column: number_in(row[column]) for column in TIMES})
        report = said[row["study_id"]] = replace(_statements([row[column] for column in REPORTS]), measured=measured)
        codes.update(code.removeprefix(OPEN) for code in (*report.present, *report.absent))
    entries: list[Source | Rejection] = []
    read_whole = with_report = 0
    table = source / RECORDS
    for number, row in enumerate(published_rows(table, ("subject_id", "study_id", "path"), "MIMIC-IV-ECG"), start=2):
        record, patient = f"mimic:{public_id(row, 'study_id', number, table)}", f"mimic:{public_id(row, 'subject_id', number, table)}"
        report = said.pop(row["study_id"], _Report())
        with_report += report.phrases is not None
        read_whole += report.closed
        entries.append(entry_of(_source, record, patient, source, row["path"], report))
    notes = (f"{read_whole} of {with_report} reports were read whole; in the others what is not stated is unknown, not absent",)
    return Corpus(tuple(entries), {"mimic": frozenset(codes)}, notes)


def _source(record: str, patient: str, folder: Path, path: str, report: _Report) -> Source:
    below = PurePosixPath(path)
    if not below.name or below.is_absolute() or ".." in below.parts:
        raise ReadError(record, "column path", "not a path inside the data folder", "Download the table again.")
    return Source(
        recording_id=record,
        patient_key=patient,
        path=header_of(folder / below),
        present=report.present,
        absent=report.absent,
        closed=report.closed,
        database="mimic",
        report_phrases=report.phrases,
        measured=report.measured,
    )


def _statements(cells: list[str]) -> _Report:
    """Codes that the statements of one ECG state, deny or leave open, whether all of them were read, and what they say in the glossary."""
    statements = [cell.strip() for cell in cells if cell.strip()]
    if not statements:
        return _Report()
    read = read_report(". ".join(map(_rewritten, statements)))
    codes: dict[int, dict[str, None]] = {PRESENT: {}, ABSENT: {}}
    for phrase in (report_phrases()[code.partition(AT)[0]] for code in read.said):
        prefix = OPEN if phrase.hedged or len(phrase.findings) > 1 else ""  # of several findings one is meant
        state = ABSENT if phrase.negated else PRESENT
        codes[state] |= dict.fromkeys(f"{prefix}scp:{finding}" for finding in phrase.findings)
    return _Report(tuple(codes[PRESENT]), tuple(codes[ABSENT]), not read.unread, read.said)


def _rewritten(statement: str) -> str:
    """A statement in words of the glossary; "X with Y" is two of them, unless a doubt could mean both."""
    for pattern, words in _WORDS.items():
        statement = re.sub(pattern, words, statement, flags=re.IGNORECASE)
    statement = statement.strip().rstrip(".")
    if _DOUBT.search(statement):
        return statement
    return re.sub(r" with (?!rapid|slow|controlled)", ". ", statement)


def _measured(times: Mapping[str, float]) -> dict[str, float]:
    """The cart's measurements under our names, in our units; what it did not measure is left out."""
    known = {name: value if abs(value) < NOT_MEASURED else math.nan for name, value in times.items()}

    def between(first: str, last: str) -> float:
        lasted = known[last] - known[first]
        return lasted if lasted > 0 else math.nan

    interval, qt = known["rr_interval"], between("qrs_onset", "t_end")
    positive = interval > 0
    values = {
        "heart_rate": 60_000 / interval if positive else math.nan,
        "p_duration": between("p_onset", "p_end"),
        "pr_interval": between("p_onset", "qrs_onset"),
        "qrs_duration": between("qrs_onset", "qrs_end"),
        "qt_interval": qt,
        "qtc_interval": qt / (interval / 1000) ** (1 / 3) if positive else math.nan,
        "qrs_axis": known["qrs_axis"],
        "t_axis": known["t_axis"],
        "axis_angle": abs((known["qrs_axis"] - known["t_axis"] + 180) % 360 - 180),
    }
    return {name: value for name, value in values.items() if math.isfinite(value)}
