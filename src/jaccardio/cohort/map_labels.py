"""`map_labels`: a table with what a hospital writes of its ECGs becomes a manifest with a column a finding.

The texts are read by `jaccardio.findings.statement_texts`. None of them is written or shown whole: of phrases in which nothing was
recognised only those that stand in several rows are named, since a rare one may speak of a person.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jaccardio.cohort.corpora.columns import OPTIONAL, REQUIRED, RESERVED
from jaccardio.cohort.corpora.table import SourceTable, read_table
from jaccardio.cohort.corpora.words import NOT_STATED, plain
from jaccardio.cohort.relabel import count_findings
from jaccardio.errors import DataError, UsageError
from jaccardio.files import write_csv
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.statement_texts import StatementReader, StatementReading
from jaccardio.findings.vocabulary import Vocabulary

SHOWN_FROM = 5
"""Rows (patients, where the table names them) that a phrase must stand in to be shown."""

CELLS = {PRESENT: "1", ABSENT: "0", UNKNOWN: ""}


@dataclass(frozen=True)
class MapReport:
    """What became of the texts.

    Attributes
    ----------
    column
        That was read.
    rows, stated, whole
        Rows; those with a text; those in whose text something was recognised in every phrase.
    findings
        Rows per finding and state (``present``, ``absent``, ``unknown``), in vocabulary order.
    unread
        Phrases in which nothing was recognised, with the number of rows (patients) that have them, from `SHOWN_FROM` on, most frequent
        first.
    rare
        Number of rows with any rarer phrase in which nothing was recognised.
    """

    column: str
    rows: int
    stated: int
    whole: int
    findings: dict[str, dict[str, int]]
    unread: dict[str, int]
    rare: int


def map_labels(
    table: Path, vocabulary: str | Path, *, column: str = "", out: Path | None = None, silence_is_absence: bool = False
) -> MapReport:
    """Reads one column of texts into findings, and writes a manifest for ``jaccardio ingest --corpus manifest``.

    Parameters
    ----------
    table
        .csv, .tsv or .xlsx. What it holds beside the texts that a manifest knows (path, patient_id, fold, site, date, age, sex) is copied.
    column
        With the texts; where empty, the only column that a manifest does not know.
    out
        The manifest to make; None: nothing is written.
    silence_is_absence
        Whether a finding is absent in a text that does not name it, if this text names any, something was recognised in every phrase of it,
        and another text of the table says or denies the finding. An empty cell stays unknown.

    Raises
    ------
    UsageError
        No such file, column or vocabulary; several columns that could be meant; `out` exists or has another suffix than .csv.
    DataError
        The table cannot be read, or lacks path or patient_id where a manifest is to be written.
    """
    if out is not None and out.exists():
        raise UsageError(f"{out}: exists already, and may hold corrections. Name another file, or remove it.")
    if out is not None and out.suffix.lower() != ".csv":
        raise UsageError(f"{out}: the manifest is a CSV file; name it so, for example manifest.csv.")
    findings = Vocabulary.load(vocabulary)
    read, faults = read_table(table)
    copied = [name for name in read.header if name.casefold() in (*REQUIRED, *OPTIONAL)]
    if out is not None:
        known = {name.casefold() for name in copied}
        for name in (name for name in REQUIRED if name not in known):
            faults.add(1, None, f"the column {name} of a manifest is missing; add it, or map without --out")
    faults.refuse()
    texts = _text_column(read, column)
    if not read.rows:
        raise DataError(f"{read.name}: the table has no row.")
    reader = StatementReader.for_vocabulary(findings)
    readings: dict[str, StatementReading] = {}
    for _, cells in read.rows:
        if cells[texts] not in readings and plain(cells[texts]) not in NOT_STATED:
            readings[cells[texts]] = reader.read(cells[texts])
    rows = [readings.get(cells[texts]) for _, cells in read.rows]
    labels = np.stack([np.full(len(findings), UNKNOWN, dtype=np.int8) if row is None else row.labels for row in rows])
    if silence_is_absence:
        silent = (labels == UNKNOWN) & (labels != UNKNOWN).any(axis=0)
        for place, row in enumerate(rows):
            if row is not None and row.named and not row.unread:
                labels[place, silent[place] & ~row.left_open] = ABSENT
    if out is not None:
        manifest = [[*copied, *findings.codes]]
        for (_, cells), states in zip(read.rows, labels.tolist(), strict=True):
            manifest.append([*(cells[name] for name in copied), *(CELLS[state] for state in states)])
        write_csv(out, manifest)
    patient = next((name for name in copied if name.casefold() == "patient_id"), None)
    whose = [cells[patient] if patient else str(number) for number, cells in read.rows]
    unread, rare = _unread(rows, whose)
    stated = [row for row in rows if row is not None]
    whole = sum(not row.unread for row in stated)
    return MapReport(texts, len(rows), len(stated), whole, count_findings(labels, findings), unread, rare)


def _text_column(table: SourceTable, column: str) -> str:
    if column:
        found = [name for name in table.header if name.casefold() == column.casefold()]
        if not found:
            raise UsageError(f"{table.name}: there is no column {column}; its columns: {', '.join(table.header)}.")
        return found[0]
    others = [name for name in table.header if name.casefold() not in RESERVED]
    if len(others) != 1:
        raise UsageError(f"{table.name}: name the column with the texts by --column; its columns: {', '.join(table.header)}.")
    return others[0]


def _unread(rows: Sequence[StatementReading | None], whose: Sequence[str]) -> tuple[dict[str, int], int]:
    owners: dict[str, set[str]] = {}
    for row, owner in zip(rows, whose, strict=True):
        for phrase in row.unread if row is not None else ():
            owners.setdefault(phrase, set()).add(owner)
    counts = Counter({phrase: len(patients) for phrase, patients in owners.items() if len(patients) >= SHOWN_FROM})
    rare = sum(row is not None and any(phrase not in counts for phrase in row.unread) for row in rows)
    return dict(counts.most_common()), rare
