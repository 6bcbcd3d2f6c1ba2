"""Any hospital's ECGs by a table: ``path``, ``patient_id``, the findings, and what else is known of each recording.

Optional columns: ``fold``, ``site``, ``date``, ``age``, ``sex``. The findings stand either in one column ``findings``
(separated by ``;`` or ``|``; empty: not annotated; ``none``: annotated, no listed finding) or in one column per finding
with 1, 0 or nothing (unknown). Messages name rows and columns, never what stands in a cell: any of them may identify a patient.
"""

import csv
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jaccardio.cohort.corpora.corpus import Rejection, Source, storable_age, year_of
from jaccardio.cohort.pseudonyms import pseudonym
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.mapping import NAMED
from jaccardio.findings.vocabulary import Vocabulary

LIST_COLUMN = "findings"
REQUIRED = ("path", "patient_id")
OPTIONAL = ("fold", "site", "date", "age", "sex")
NOTHING = "none"
DATABASE = "manifest"
WFDB_SUFFIXES = (".hea", ".dat", ".mat")
SEXES = {"female": "female", "f": "female", "male": "male", "m": "male", "": None, "unknown": None, "other": None}


@dataclass(frozen=True)
class Manifest:
    """The rows of one manifest, wholly checked.

    Attributes
    ----------
    rows
        In the order of the table.
    listed
        Per site, the findings that occur in its list column, as ``finding:<code>``; empty sets where there is one column per finding.
    """

    rows: tuple[Source, ...]
    listed: Mapping[str, frozenset[str]]

    @classmethod
    def open(cls, source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary) -> "Manifest":
        """Reads a CSV or TSV file and checks it.

        Parameters
        ----------
        source
            The table, or the folder that holds it as ``manifest.csv``; paths in it are relative to its folder.
        key
            For the pseudonyms of records and patients.
        vocabulary
            Finds the findings by code or name.

        Raises
        ------
        UsageError
            No key, no such file, or both ways to write findings in one table.
        DataError
            Names row and column: a column or finding that nobody knows, a value that cannot be read, a path outside the folder or
            listed twice, a patient in two folds, an empty table.
        """
        if source.is_dir():
            source = source / "manifest.csv"
        if key is None:
            raise UsageError("a manifest needs --patient-key FILE: record and patient ids are pseudonyms under that key.")
        header, table = _read(source)
        finding_columns = _finding_columns(source, header, vocabulary)
        rows = tuple(_Row(source, number, cells) for number, cells in table)
        sources = tuple(row.source(key, finding_columns, vocabulary) for row in rows)
        _check(rows, sources)
        listed: dict[str, frozenset[str]] = {}
        for record in sources:
            codes = record.present if LIST_COLUMN in header else ()
            listed[record.database] = listed.get(record.database, frozenset()).union(codes)
        return cls(sources, listed)

    @property
    def annotated(self) -> Mapping[str, frozenset[str]]:
        """Per site, the findings that its list column ever uses: what a site never writes it may not look for, so it is unknown there."""
        return self.listed

    def sources(self) -> Iterator[Source | Rejection]:
        """One source per row, in the order of the table."""
        return iter(self.rows)


@dataclass(frozen=True)
class _Row:
    table: Path
    number: int
    cells: Mapping[str, str]

    def error(self, column: str, reason: str) -> DataError:
        return DataError(f"{self.table.name}: row {self.number}, column {column}: {reason}.")

    @property
    def relative_path(self) -> str:
        """The recording's path below the manifest's folder, without the suffix of a WFDB file: equal for every way to write it."""
        path = PurePosixPath(self.cells["path"].replace("\\", "/"))
        if not path.name:
            raise self.error("path", "empty")
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", str(path)):
            raise self.error("path", "leads out of the manifest's folder; copy or link the recording into it")
        return str(path.with_suffix("") if path.suffix.lower() in WFDB_SUFFIXES else path)

    def source(self, key: bytes, finding_columns: Mapping[str, int], vocabulary: Vocabulary) -> Source:
        path = self.relative_path
        patient = self.cells["patient_id"]
        site = self.cells.get("site") or None
        record = pseudonym(key, "record", "\n".join((site or "", patient, path)))  # two hospitals may both have a records/0001
        if LIST_COLUMN in self.cells:
            present, absent, closed = self._listed(vocabulary)
        else:
            present, absent, closed = self._marked(finding_columns, vocabulary)
        return Source(
            recording_id=record,
            patient_key=pseudonym(key, "patient", patient) if patient else record,
            path=self.table.parent / path,
            present=present,
            absent=absent,
            closed=closed,
            database=site or DATABASE,
            fold=self._fold(),
            site=site,
            age=self._age(),
            sex=self._sex(),
            year=self._year(),
        )

    def _listed(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        names = [name.strip() for name in re.split(r"[;|]", self.cells[LIST_COLUMN]) if name.strip()]
        if [name.casefold() for name in names] == [NOTHING]:
            return (), (), True
        if NOTHING in (name.casefold() for name in names):
            raise self.error(LIST_COLUMN, f"{NOTHING} beside findings")
        codes: dict[str, None] = {}
        for position, name in enumerate(names, start=1):
            try:
                codes[NAMED + vocabulary.codes[vocabulary.index(name)]] = None
            except UsageError:
                raise self.error(LIST_COLUMN, f"item {position} is no finding of {vocabulary.name}{_nearest(name, vocabulary)}") from None
        return tuple(codes), (), bool(codes)

    def _marked(self, columns: Mapping[str, int], vocabulary: Vocabulary) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        marked: dict[str, list[str]] = {"1": [], "0": [], "": []}
        for column, index in columns.items():
            value = self.cells[column]
            if value not in marked:
                raise self.error(column, "neither 1 (present) nor 0 (absent) nor empty (unknown)")
            marked[value].append(NAMED + vocabulary.codes[index])
        return tuple(marked["1"]), tuple(marked["0"]), False

    def _fold(self) -> int | None:
        cell = self.cells.get("fold", "")
        if cell and not re.fullmatch(r"\d{1,6}", cell):
            raise self.error("fold", "not a whole number")
        return int(cell) if cell else None

    def _age(self) -> float | None:
        cell = self.cells.get("age", "")
        if cell and not re.fullmatch(r"\d{1,3}(\.\d*)?", cell):
            raise self.error("age", "not a number of years")
        return storable_age(float(cell)) if cell else None

    def _sex(self) -> str | None:
        cell = self.cells.get("sex", "").casefold()
        if cell not in SEXES:
            raise self.error("sex", "neither female nor male nor empty")
        return SEXES[cell]

    def _year(self) -> int | None:
        cell = self.cells.get("date", "")
        year = year_of(cell)
        if cell and year is None:
            raise self.error("date", "does not begin with the year; write it as 2019-05-02 or 2019")
        return year


def _check(rows: Sequence[_Row], sources: Sequence[Source]) -> None:
    recordings: dict[str, _Row] = {}
    patients: dict[str, tuple[_Row, int]] = {}
    for row, source in zip(rows, sources, strict=True):
        first = recordings.setdefault(row.relative_path, row)
        if first is not row:
            raise row.error("path", f"the same recording as in row {first.number}")
        if source.fold is not None:
            other, fold = patients.setdefault(source.patient_key, (row, source.fold))
            if fold != source.fold:
                raise row.error(
                    "fold", f"fold {source.fold}, but the patient's ECG in row {other.number} is in fold {fold}; one fold a patient"
                )


def _read(path: Path) -> tuple[Sequence[str], list[tuple[int, dict[str, str]]]]:
    """Header and rows as text, stripped: ``00123`` stays ``00123``. Rows are numbered as a spreadsheet shows them, the header is row 1."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file; a manifest is a CSV or TSV table.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            separator = "\t" if path.suffix.lower() == ".tsv" else ","
            rows = [[cell.strip() for cell in row] for row in csv.reader(file, delimiter=separator)]
    except (UnicodeDecodeError, csv.Error):
        raise DataError(f"{path.name}: not a table in UTF-8; save it as CSV in UTF-8.") from None
    if not rows:
        raise DataError(f"{path.name}: the manifest is empty.")
    header = rows[0]
    if len(set(header)) != len(header):
        raise DataError(f"{path.name}: row 1: two columns have one name.")
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise DataError(f"{path.name}: row 1: the column {' and the column '.join(missing)} is missing.")
    table: list[tuple[int, dict[str, str]]] = []
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise DataError(f"{path.name}: row {number}: {len(cells)} cells under {len(header)} columns.")
        table.append((number, dict(zip(header, cells, strict=True))))
    if not table:
        raise DataError(f"{path.name}: the manifest lists no recording.")
    return header, table


def _finding_columns(path: Path, header: Sequence[str], vocabulary: Vocabulary) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column in header:
        if column in (*REQUIRED, *OPTIONAL, LIST_COLUMN):
            continue
        try:
            index = vocabulary.index(column)
        except UsageError:
            near = _nearest(column, vocabulary)
            raise DataError(f"{path.name}: row 1, column {column}: no known column and no finding of {vocabulary.name}{near}.") from None
        if index in columns.values():
            raise DataError(f"{path.name}: row 1, column {column}: the finding {vocabulary.codes[index]} has two columns.")
        columns[column] = index
    if columns and LIST_COLUMN in header:
        raise UsageError(f"{path.name}: findings stand in the column {LIST_COLUMN} and in columns of their own; keep one of the two.")
    return columns


def _nearest(name: str, vocabulary: Vocabulary) -> str:
    names = {known.casefold(): finding.code for finding in vocabulary.findings for known in (finding.code, *finding.names.values())}
    near = list(dict.fromkeys(names[match] for match in difflib.get_close_matches(name.casefold(), names, n=3)))
    return f"; did you mean {', '.join(near)}?" if near else f"; its findings: {', '.join(vocabulary.codes)}"
