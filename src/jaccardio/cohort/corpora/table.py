"""Tables as hospitals have them, read as text: CSV with commas, semicolons, tabs or bars, in UTF-8 or UTF-16, and Excel workbooks (.xlsx).

Nothing is guessed: text in another encoding, two separators in one header and a workbook with several filled sheets are refused.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from jaccardio.cohort.corpora.faults import Faults
from jaccardio.errors import DataError, MissingError, UsageError

MAXIMUM_BYTES = 256 * 2**20
"""Of a table, and of a workbook unpacked: some million recordings."""

EXCEL_ROWS = 1_048_576
EXCEL_EXACT = 1e15
"""Excel keeps 15 digits of a number: a longer patient id was rounded, so that patients become one."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
MERGED_CELLS = re.compile(rb"<(?:\w+:)?mergeCell\s")
QUOTED = "put cells that hold a separator, such as decimal commas, in quotation marks"
TEXT_OF_EXCEL = re.compile(r'="([^"]*)"')
"""A cell that Excel is told to leave as text, ``="00123"``, with its leading zeros."""
ZIP_MARK, OLE_MARK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
ENCODINGS = (
    'Save it as "CSV UTF-8", or convert it: iconv -f CP932 -t UTF-8 (Shift-JIS of Japanese Windows), iconv -f CP1252 -t UTF-8 (Latin-1 of '
    "Western Windows)."
)


@dataclass(frozen=True)
class SourceTable:
    """A table of text.

    Attributes
    ----------
    name
        File name, for messages.
    header
        Column names, each once, without blanks around them.
    rows
        Row number as a spreadsheet shows it (the header is row 1) and the cells by column, without blanks around them: ``00123`` stays
        ``00123``. Empty rows are left out.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]


def read_table(path: Path) -> tuple[SourceTable, Faults]:
    """Reads a .csv, .tsv or .txt table or an .xlsx workbook.

    The separator of a text table is the one that its header line holds; ``sep=;`` before it, as Excel writes, declares it, and so does the
    suffix .tsv. Cells in quotation marks may hold separators and line breaks. A workbook's numbers, dates and truth values become
    ``101``, ``2019-05-02`` and ``TRUE``; formulas count with the value that was last computed.

    Returns
    -------
    The table, and what is wrong with its header and its rows, for the caller to refuse with what else is: rows that do not fit the header
    and columns without a name are left out, the last of columns with one name is taken.

    Raises
    ------
    UsageError
        There is no such file, or it is no regular file.
    DataError
        The file is too large, empty, damaged, or in another encoding or format.
    MissingError
        An .xlsx file without the package openpyxl.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; name a table in CSV, TSV or .xlsx.")
    _refuse_size(path, path.stat().st_size)
    with path.open("rb") as file:
        mark = file.read(4)
    if mark == OLE_MARK:
        raise DataError(f"{path.name}: an old Excel workbook (.xls) or one with a password. Save it as .xlsx without a password.")
    lines = _workbook(path) if mark == ZIP_MARK else _text(path)
    faults = Faults(path.name)
    return _table(path.name, enumerate(lines, start=1), faults), faults


def _refuse_size(path: Path, size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise DataError(f"{path.name}: more than {MAXIMUM_BYTES // 2**20} MiB, too large for a table. Split it.")


def _table(name: str, lines: Iterable[tuple[int, list[str]]], faults: Faults) -> SourceTable:
    header: tuple[str, ...] = ()
    rows: list[tuple[int, Mapping[str, str]]] = []
    for number, cells in lines:
        if number == 1:
            header = _filled(cells)
        elif len(_filled(cells)) > len(header):
            faults.add(number, None, f"more cells than the {len(header)} columns of row 1; {QUOTED}")
        elif any(cells) and len(cells) < len(header):
            faults.add(number, None, f"fewer cells than the {len(header)} columns of row 1")
        elif any(cells):
            rows.append((number, dict(zip(header, cells, strict=False))))
    if not header:
        raise DataError(f"{name}: the table is empty." if not rows and not faults else f"{name}: row 1 is empty; it must name the columns.")
    unnamed = [position for position, column in enumerate(header, start=1) if not column]
    if unnamed:
        remedy = "name it, or export the table without it (pandas: to_csv(..., index=False))"
        faults.add(1, None, f"column number {unnamed[0]} has no name; {remedy}")
    for column in dict.fromkeys(column for column in header if column and header.count(column) > 1):
        faults.add(1, column, f"{header.count(column)} columns have this name")
    return SourceTable(name, tuple(dict.fromkeys(filter(None, header))), tuple(rows))


def _filled(cells: list[str]) -> tuple[str, ...]:
    """Without empty cells at the end, which spreadsheets write where a neighbour once stood."""
    last = max((position for position, cell in enumerate(cells, start=1) if cell), default=0)
    return tuple(cells[:last])


def _text(path: Path) -> Iterator[list[str]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-16" if data.startswith(UTF16_MARKS) else "utf-8").lstrip("\ufeff")
    except UnicodeDecodeError:
        raise DataError(f"{path.name}: not a table in UTF-8. {ENCODINGS}") from None
    if "\0" in text:
        raise DataError(f"{path.name}: no table: it holds NUL characters. Export it again as CSV in UTF-8.")
    declared = re.match(r"sep=([,;\t|])(?:\r\n|\r|\n)", text)
    if declared:
        text = text[declared.end() :]
    separator = declared[1] if declared else _separator(path, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t", strict=True)
    done = 0
    try:
        for cells in reader:
            yield [TEXT_OF_EXCEL.sub(r"\1", cell.strip()) for cell in cells]
            done += 1
    except csv.Error:
        fault = f"row {done + 1}: a quotation mark that is not closed, or text beside it"
        raise DataError(f"{path.name}: {fault}. Export the table again.") from None


def _separator(path: Path, text: str) -> str:
    line = re.match(r'(?:"[^"]*"|[^"\r\n])*', text)
    bare = re.sub(r'"[^"]*"', "", line.group()) if line else ""
    found = [separator for separator in SEPARATORS if separator in bare]
    found = [separator for separator in found if separator != "|"] or found  # beside another one a bar belongs to a name
    if path.suffix.lower() == ".tsv" and "\t" in found:
        return "\t"
    if len(found) > 1:
        words = " and ".join(SEPARATORS[separator] for separator in found)
        remedy = "Quote the names that hold one, or write sep=; as a first line."
        raise DataError(f"{path.name}: row 1 holds {words}, so what separates the columns is not clear. {remedy}")
    return found[0] if found else ","


def _workbook(path: Path) -> Iterator[list[str]]:
    try:
        import openpyxl
    except ImportError as error:
        remedy = "Install it: pip install 'jaccardio[excel]', or save the table as CSV in UTF-8."
        raise MissingError(f"{path.name}: Excel workbooks need the package openpyxl. {remedy}") from error
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_size(path, sum(entry.file_size for entry in archive.infolist()))
            if any(MERGED_CELLS.search(archive.read(name)) for name in archive.namelist() if name.startswith("xl/worksheets/")):
                fault = "merged cells: one value stands for several rows or columns, and all but the first would be empty"
                raise DataError(f"{path.name}: {fault}. Unmerge them and fill each cell.")
        values, formulas = (openpyxl.load_workbook(path, read_only=True, data_only=computed) for computed in (True, False))
        try:
            filled = [sheet for sheet in values.worksheets if any(any(map(_cell, row)) for row in _rows(path, sheet))]
            if len(filled) > 1:
                raise DataError(f"{path.name}: {len(filled)} sheets are filled. Save the one to read as a workbook or CSV file of its own.")
            if not filled:
                return
            computed, written = _rows(path, filled[0]), _rows(path, formulas.worksheets[values.worksheets.index(filled[0])])
            width = 0
            for number, (cells, sources) in enumerate(zip(computed, written, strict=True), start=1):
                if any(cell is None and source is not None for cell, source in zip(cells, sources, strict=False)):
                    raise DataError(f"{path.name}: row {number}: a formula without its value. Open the workbook in Excel and save it.")
                width = width or len(cells)
                yield [_cell(cell) for cell in cells] + [""] * (width - len(cells))
        finally:
            values.close()
            formulas.close()
    except (DataError, MissingError):
        raise
    except Exception as error:  # a damaged workbook ends anywhere in zipfile, openpyxl or its XML reader
        fault = f"no .xlsx workbook, or damaged ({type(error).__name__})"
        raise DataError(f"{path.name}: {fault}. Save it again, or as CSV in UTF-8.") from None


def _rows(path: Path, sheet: object) -> Iterator[tuple[object, ...]]:
    """Rows of a sheet as it is, not as its stated dimension claims."""
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):  # type: ignore[attr-defined]
        if number > EXCEL_ROWS:
            raise DataError(f"{path.name}: more rows than an Excel sheet has; the workbook is damaged.")
        yield row


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case int() | float() if abs(value) >= EXCEL_EXACT:
            return f"{value:.5E}"  # as Excel shows it: what stood there is lost
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value).strip()
