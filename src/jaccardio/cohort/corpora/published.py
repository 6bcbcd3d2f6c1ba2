"""What public databases share: their ids are public, and their tables are CSV files with hundreds of thousands of rows."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Concatenate, ParamSpec

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.corpora.words import LABELS, plain
from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.findings.labels import ABSENT, PRESENT

Arguments = ParamSpec("Arguments")
_PUBLIC_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def published_rows(path: Path, columns: tuple[str, ...], database: str) -> Iterator[Mapping[str, str]]:
    """Rows of a published table, one at a time, cells as text.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is no CSV in UTF-8, lacks one of `columns`, or has no row.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; name the folder that holds {path.name}.")
    row: Mapping[str, str] | None = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, restval="")
            missing = [column for column in columns if column not in (table.fieldnames or ())]
            if missing:
                raise DataError(f"{path}: the columns {', '.join(missing)} are missing; this is not {database}'s table as published.")
            for row in table:
                yield row
    except (UnicodeDecodeError, csv.Error):
        raise DataError(f"{path}: not a CSV table in UTF-8; it is damaged or a pointer to the real file. Download it again.") from None
    if row is None:
        raise DataError(f"{path}: the table has no rows.")


def entry_of(
    read: Callable[Concatenate[str, Arguments], Source], record: str, /, *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Source | Rejection:
    """What `read` makes of a row, or why the row cannot be used."""
    try:
        return read(record, *args, **kwargs)
    except ReadError as error:
        return Rejection.because(record, error)


def public_id(row: Mapping[str, str], column: str, number: int, path: Path) -> str:
    """A published id; row `number` as a spreadsheet counts.

    Raises
    ------
    DataError
        It may be no id: then the file may not be the published one, and what stands there must not enter a store.
    """
    if not _PUBLIC_ID.fullmatch(row[column]):
        raise DataError(f"{path}: row {number}, column {column}: not an id as published.")
    return row[column].removesuffix(".0")


def flagged(row: Mapping[str, str], codes: Mapping[str, tuple[str, str]], record: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes that a row's columns of truth values state as present and as absent; an empty cell states neither.

    Parameters
    ----------
    codes
        Per column, the code where it is true and the code that is absent where it is false.

    Raises
    ------
    ReadError
        A cell that is neither true nor false nor empty.
    """
    present, absent = [], []
    for column, (true, false) in codes.items():
        state = LABELS.get(plain(row[column]))
        if state is None:
            raise ReadError(record, f"column {column}", "neither true nor false nor empty", "Download the table again.")
        if state == PRESENT:
            present.append(true)
        elif state == ABSENT:
            absent.append(false)
    return tuple(present), tuple(absent)


def number_in(cell: str) -> float:
    """A number; NaN where there is none."""
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def whole_in(cell: str) -> int | None:
    """Whole number of ``15709.0`` or ``15709``: published tables write ids of a column with gaps as floats."""
    number = number_in(cell)
    return int(number) if number.is_integer() else None
