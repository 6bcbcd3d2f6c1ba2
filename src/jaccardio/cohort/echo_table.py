"""Echocardiography as hospitals export it: ``patient_id``, ``date``, optional ``site``, and the columns that the criteria name."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jaccardio.cohort.corpora.corpus import day_of
from jaccardio.cohort.corpora.faults import Faults
from jaccardio.cohort.corpora.table import SourceTable, read_table
from jaccardio.cohort.corpora.words import NOT_STATED, THOUSANDS, label_states, may_be_thousands, patient_number, plain
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN

OTHER_UNIT = 10.0
"""A value so many times above or below the threshold is in another unit (cm for mm, a fraction for per cent), or 0 for "not measured"."""

AMBIGUOUS_DAY = "no whole date, or one that two countries read differently (05/02/2019); write it as 2019-05-02"


@dataclass(frozen=True)
class Criterion:
    """How an echocardiogram decides one finding.

    Attributes
    ----------
    finding
        Code of the vocabulary, e.g. ``low_ef``.
    column
        Of the table.
    threshold
        In the column's unit. None: the column says it in words, 1, 0 or nothing.
    ejection_fraction
        The column holds per cent, and the finding is present at the threshold and below; else above the threshold.

    Raises
    ------
    UsageError
        A threshold that can be none.
    """

    finding: str
    column: str
    threshold: float | None = None
    ejection_fraction: bool = False

    def __post_init__(self) -> None:
        highest = 100.0 if self.ejection_fraction else math.inf
        if self.threshold is not None and not (1.0 if self.ejection_fraction else 0.0) < self.threshold < highest:
            unit = "per cent, between 1 and 100" if self.ejection_fraction else "a number above 0 in the unit of the column"
            raise UsageError(f"threshold {self.threshold:g} of {self.finding}: write {unit}.")

    @property
    def rule(self) -> str:
        """``lvef <= 40``, ``lvmi > 115``; the column's name where it says it in words."""
        if self.threshold is None:
            return self.column
        return f"{self.column} {'<=' if self.ejection_fraction else '>'} {self.threshold:g}"

    def states(self, cells: Sequence[str]) -> list[int | str]:
        """A value of `LabelState` for each cell of the column, or the reason why it cannot be read."""
        if self.threshold is None:
            words = label_states({plain(cell) for cell in cells})
            return [words[plain(cell)] for cell in cells]
        return [self._state(unicodedata.normalize("NFKC", cell).strip()) for cell in cells]

    def _state(self, cell: str) -> int | str:
        if cell.casefold() in NOT_STATED:
            return UNKNOWN
        match = re.fullmatch(r"(\d+)(?:[.,](\d+))?", cell.removesuffix("%").rstrip() if self.ejection_fraction else cell)
        if match is None:
            return "no number (a word, a range, a unit, or < and >); write the number alone, or leave the cell empty"
        assert self.threshold is not None
        value = float(f"{match[1]}.{match[2] or 0}")
        if self.ejection_fraction and value <= 1:
            return "not above 1: a fraction, or 0 for not measured; write per cent (55, not 0.55), or leave the cell empty"
        if self.ejection_fraction and value > 100:
            return "above 100 per cent"
        if not self.ejection_fraction and not self.threshold / OTHER_UNIT < value < self.threshold * OTHER_UNIT:
            factor = f"{OTHER_UNIT:g} times or more away from the threshold {self.threshold:g}"
            return f"{factor}: another unit, or 0 for not measured; write one unit, or leave the cell empty"
        return PRESENT if (value <= self.threshold if self.ejection_fraction else value > self.threshold) else ABSENT


@dataclass(frozen=True)
class Echo:
    """One echocardiogram: its day, and a value of `LabelState` for each criterion."""

    day: date
    states: tuple[int, ...]


@dataclass(frozen=True)
class EchoTable:
    """A table of echocardiograms, wholly checked.

    Attributes
    ----------
    by_patient
        Echocardiograms by (site, patient id); site is empty where the table has no column for it.
    sited
        Whether the table has a column ``site``.
    left_out
        Rows that name no patient or no day.
    """

    name: str
    by_patient: Mapping[tuple[str, str], Sequence[Echo]]
    sited: bool
    left_out: int

    def __len__(self) -> int:
        return sum(map(len, self.by_patient.values()))

    @classmethod
    def read(cls, path: Path, criteria: Sequence[Criterion]) -> "EchoTable":
        """Reads the columns that are needed; all others are ignored.

        Raises
        ------
        UsageError
            There is no such file.
        DataError
            It is no table, lacks a column, or holds cells that cannot be read or may be read in two ways: all faults by column and rows.
        """
        table, faults = read_table(path)
        columns = {name: _column(table, name, faults) for name in ("patient_id", "date", *(one.column for one in criteria))}
        if not all(columns.values()) or not table.rows:
            faults.refuse()
        if not table.rows:
            raise DataError(f"{table.name}: the table lists no echocardiogram.")
        read = [one.states([cells[columns[one.column]] for _, cells in table.rows]) for one in criteria]
        site = next((column for column in table.header if column.casefold() == "site"), None)
        by_patient: dict[tuple[str, str], list[Echo]] = {}
        left_out = 0
        for (number, cells), *states in zip(table.rows, *read, strict=True):
            day = day_of(cells[columns["date"]])
            if day is None and plain(cells[columns["date"]]) not in NOT_STATED:
                faults.add(number, columns["date"], AMBIGUOUS_DAY)
            for one, state in zip(criteria, states, strict=True):
                if isinstance(state, str):
                    faults.add(number, columns[one.column], state)
            if may_be_thousands(cells[columns["patient_id"]]):
                faults.add(number, columns["patient_id"], THOUSANDS)
            patient = patient_number(cells[columns["patient_id"]])
            if not patient or day is None:
                left_out += 1
            else:
                whose = (cells[site] if site else "", patient)
                by_patient.setdefault(whose, []).append(Echo(day, tuple(state for state in states if isinstance(state, int))))
        faults.refuse()
        return cls(table.name, by_patient, site is not None, left_out)


def _column(table: SourceTable, name: str, faults: Faults) -> str:
    found = [column for column in table.header if column.casefold() == name.casefold()]
    if len(found) > 1:
        raise UsageError(f"{table.name}: the columns {' and '.join(found)} differ by case alone; rename all but the one to read.")
    if not found:
        faults.add(1, None, f"the column {name} is missing; its columns: {', '.join(table.header)}")
    return found[0] if found else ""
