"""Any hospital's ECGs by a table: ``path``, ``patient_id``, the findings, and what else is known of each recording.

Optional columns: ``fold``, ``site``, ``date``, ``age``, ``sex``. The findings stand either in one column ``findings``
(separated by ``;`` or ``|``, or ``['af', 'lvh']``; empty: not annotated; ``none``: annotated, no listed finding) or in one column per
finding with 1, 0 or nothing (unknown), or words for them. docs/your-data.md has the words.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jaccardio.cohort.corpora.columns import LIST_COLUMN, Columns, LabelColumn, list_items, nearest, words_read
from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Source, SourceOptions, day_of, storable_age, year_of
from jaccardio.cohort.corpora.faults import EARLIER, Faults
from jaccardio.cohort.corpora.record_paths import locate
from jaccardio.cohort.corpora.table import SourceTable, read_table
from jaccardio.cohort.corpora.words import NO_FINDING, NOT_STATED, SEXES, THOUSANDS, may_be_thousands, patient_number, plain, whole
from jaccardio.cohort.pseudonyms import Pseudonyms
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.labels import ABSENT, PRESENT
from jaccardio.findings.mapping import NAMED
from jaccardio.findings.vocabulary import Vocabulary

DATABASE = "manifest"
NO_AGE = 130.0
"""Nobody was so old: 999 is a word for unknown, and would be kept as 90."""

Value = TypeVar("Value", int, float)


def open_manifest(
    source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS
) -> Corpus:
    """Reads a table and checks it; notes say how label words were read, which columns were left out, how many rows name no patient.

    Parameters
    ----------
    source
        The table, or the folder that holds it as ``manifest.csv``, ``.tsv`` or ``.xlsx``; paths in it are relative to its folder.
    key
        For the pseudonyms of records, patients and sites.
    vocabulary
        Finds the findings by code or name.

    Raises
    ------
    UsageError
        No key, or no such file.
    DataError
        Lists everything wrong by column and rows: a row that does not fit the header, a column or finding that nobody knows, a column
        to drop that is not there, both ways to write findings, a value that cannot be read, a path outside the folder or listed twice,
        a patient in two folds; or the table is empty.
    MissingError
        An Excel workbook without the package openpyxl.
    """
    if key is None:
        raise UsageError("a manifest needs --patient-key FILE: record and patient ids are pseudonyms under that key.")
    path = table_in(source) if source.is_dir() else source
    table, faults = read_table(path)
    columns = Columns.of(table, vocabulary, options.drop, faults)
    labels = {column: LabelColumn.of(column, table, faults) for column in columns.findings}
    reader = _Rows(path.parent, table, columns, labels, Pseudonyms(key), vocabulary, options, faults)
    sources = tuple(reader.source(number, cells) for number, cells in table.rows)
    faults.refuse()
    if not sources:
        raise DataError(f"{table.name}: the manifest lists no recording.")
    listed: dict[str, frozenset[str]] = {}  # by site: what one never writes in its list it may not look for
    for record in sources:
        codes = record.present if columns.listed else ()
        listed[record.database] = listed.get(record.database, frozenset()).union(codes)
    return Corpus(sources, listed, (*words_read(labels), *reader.notes()), pseudonymous=True)


def table_in(folder: Path) -> Path:
    """The table of a folder: ``manifest.csv``, ``.tsv`` or ``.xlsx``; the first of these where there is none.

    Raises
    ------
    UsageError
        There are several.
    """
    tables = [folder / f"manifest{suffix}" for suffix in (".csv", ".tsv", ".xlsx")]
    found = [table for table in tables if table.is_file()]
    if len(found) > 1:
        raise UsageError(f"{folder}: {' and '.join(table.name for table in found)} are both there; name the one to read.")
    return found[0] if found else tables[0]


@dataclass
class _Rows:
    """Reads rows into sources; what is wrong goes to `faults`, and the row then counts for nothing."""

    folder: Path
    table: SourceTable
    columns: Columns
    labels: Mapping[str, LabelColumn]
    pseudonyms: Pseudonyms
    vocabulary: Vocabulary
    options: SourceOptions
    faults: Faults

    def __post_init__(self) -> None:
        self._first_of_recording: dict[str, int] = {}
        self._fold_of_patient: dict[str, tuple[int, int]] = {}
        self._without_patient = 0

    def notes(self) -> list[str]:
        """What else the person who ingests should know."""
        lines = []
        if self.columns.dropped:
            lines.append(f"columns left out: {', '.join(self.columns.dropped)}")
        if self._without_patient:
            empty = f"{self._without_patient} of {len(self.table.rows)} cells are empty"
            lines.append(f"column {self.columns.known['patient_id']}: {empty}; each of these ECGs counts as a patient of its own")
        return lines

    def source(self, number: int, cells: Mapping[str, str]) -> Source:
        path_cell, patient, site = self._identifiers(number, cells)
        located = locate(path_cell, self.folder, self.options.allow_outside)
        if isinstance(located, str):
            self._fault(number, "path", located)
            name, file = path_cell, self.folder
        else:
            name, file = located
            first = self._first_of_recording.setdefault(name, number)
            if first != number:
                self._fault(number, "path", f"the same recording as in {EARLIER}", first)
        record = self.pseudonyms.record(site, patient, name)  # two hospitals may both have a records/0001
        present, absent, closed = self._listed(number, cells) if self.columns.listed else self._marked(cells)
        code = self.pseudonyms.site(site) if site else None
        source = Source(
            recording_id=record,
            patient_key=self.pseudonyms.patient(site, patient) if patient else record,
            path=file,
            present=present,
            absent=absent,
            closed=closed,
            database=code or DATABASE,
            fold=self._read(number, cells, "fold", _fold, "not a whole number"),
            site=code,
            age=self._read(number, cells, "age", _age, f"not a number of years below {NO_AGE:g}"),
            sex=self._sex(number, cells),
            year=self._read(number, cells, "date", _year, "no date that tells the year; write it as 2019-05-02 or 2019"),
            patient_id=patient,
            site_name=site,
            day=_day(self._cell(cells, "date")),
        )
        self._check_fold(number, source)
        self._without_patient += not patient
        return source

    def _identifiers(self, number: int, cells: Mapping[str, str]) -> tuple[str, str, str]:
        path, patient, site = (self._cell(cells, column) for column in ("path", "patient_id", "site"))
        for column, cell in (("path", path), ("patient_id", patient), ("site", site)):
            if len(cell.splitlines()) > 1:
                self._fault(number, column, "a line break in it")
        if re.fullmatch(r"\d([.,]\d+)?[eE]\+\d+", patient):
            self._fault(number, "patient_id", "rounded by a spreadsheet (1.23E+11), so that patients become one; export the column as text")
        if may_be_thousands(patient):
            self._fault(number, "patient_id", THOUSANDS)
        return path, patient_number(patient), (self.options.site if site.casefold() in NOT_STATED else site)

    def _listed(self, number: int, cells: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        cell = self._cell(cells, LIST_COLUMN)
        names = [] if plain(cell) in NOT_STATED else list_items(cell)
        if cell.startswith("[") and not names:
            self._fault(number, LIST_COLUMN, "an empty list may mean none of the findings or not annotated; write none, or nothing")
        if "None" in names:
            self._fault(number, LIST_COLUMN, "None may mean none of the findings or, of Python, nothing known; write none, or nothing")
        nothing = [plain(name) in NO_FINDING for name in names]
        if any(nothing):
            if not all(nothing):
                self._fault(number, LIST_COLUMN, "none beside findings")
            return (), (), True
        codes: dict[str, None] = {}
        for position, name in enumerate(names, start=1):
            try:
                codes[NAMED + self.vocabulary.codes[self.vocabulary.index(name)]] = None
            except UsageError:
                near = nearest(name, self.vocabulary)
                self._fault(number, LIST_COLUMN, f"item {position} is no finding of {self.vocabulary.name}{near}")
        return tuple(codes), (), bool(codes)

    def _marked(self, cells: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        codes: dict[int | str, list[str]] = {PRESENT: [], ABSENT: []}
        for column, index in self.columns.findings.items():
            state = self.labels[column].states[plain(cells[column])]
            if state in codes:
                codes[state].append(NAMED + self.vocabulary.codes[index])
        return tuple(codes[PRESENT]), tuple(codes[ABSENT]), False

    def _sex(self, number: int, cells: Mapping[str, str]) -> str | None:
        word = plain(self._cell(cells, "sex"))
        if word.isdigit():
            self._fault(number, "sex", "a number, which means different sexes in different tables; write female and male")
        elif word not in SEXES:
            self._fault(number, "sex", "neither female nor male nor empty")
        return SEXES.get(word)

    def _read(self, number: int, cells: Mapping[str, str], column: str, read: Callable[[str], Value | None], reason: str) -> Value | None:
        cell = unicodedata.normalize("NFKC", self._cell(cells, column)).strip()
        if cell.casefold() in NOT_STATED:
            return None
        value = read(cell)
        if value is None:
            self._fault(number, column, reason)
        return value

    def _check_fold(self, number: int, source: Source) -> None:
        if source.fold is None:
            return
        other, fold = self._fold_of_patient.setdefault(source.patient_key, (number, source.fold))
        if fold != source.fold:
            self._fault(number, "fold", f"another fold than that of the patient's ECG in {EARLIER}; one fold a patient", other)

    def _cell(self, cells: Mapping[str, str], column: str) -> str:
        return cells[self.columns.known[column]] if column in self.columns.known else ""

    def _fault(self, number: int, column: str, reason: str, earlier: int | None = None) -> None:
        if column in self.columns.known:  # one that is missing was said of the header
            self.faults.add(number, self.columns.known[column], reason, earlier)


def _fold(cell: str) -> int | None:
    digits = whole(cell)
    return int(digits) if digits and len(digits) <= 6 else None


def _age(cell: str) -> float | None:
    match = re.fullmatch(r"(\d{1,3})(?:[.,](\d*))?", cell)
    years = float(f"{match[1]}.{match[2] or 0}") if match else NO_AGE
    return storable_age(years) if years < NO_AGE else None


def _day(cell: str) -> str:
    """The day as ISO 8601 writes it; empty where the cell tells the year at most."""
    day = day_of(cell)
    return day.isoformat() if day else ""


def _year(cell: str) -> int | None:
    """The year of ``2019-05-02``, ``2019`` or ``2.5.2019``, whichever of day and month comes first there."""
    match = re.match(r"\d{1,2}[./-]\d{1,2}[./-](\d{4})(?=\D|$)", cell)
    return year_of(match[1] if match else cell)
