"""Tables of text as programs write them: separators, encodings, quotation, workbooks; what is not clear is refused."""

import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from jaccardio.cohort.corpora import table
from jaccardio.cohort.corpora.table import SourceTable, read_table
from jaccardio.errors import DataError, MissingError, UsageError

ROWS = ((2, {"path": "a", "patient_id": "00123", "age": "71,5"}), (4, {"path": "b", "patient_id": "", "age": ""}))


def sound(path: Path) -> SourceTable:
    read, faults = read_table(path)
    faults.refuse()
    return read


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.csv", 'path,patient_id,age\na,00123,"71,5"\n\nb,,\n'),
        ("m.csv", "\ufeffpath;patient_id;age\r\na;00123;71,5\r\n;;\r\nb;;\r\n"),
        ("m.csv", "sep=;\r\npath;patient_id;age\r\na;00123;71,5\r\n\r\nb;;\r\n"),
        ("m.txt", "path\tpatient_id\tage\ra\t 00123 \t71,5\r\rb\t\t\r"),
        ("m.csv", "path|patient_id|age\na|00123|71,5\n\nb||\n"),
        ("m.csv", "sep=|\npath|patient_id|age\na|00123|71,5\n\nb||\n"),
        ("m.csv", 'path;patient_id;age\n="a";="00123";="71,5"\n\nb;="";\n'),
        ("m.TSV", "path\tpatient_id\tage\na\t00123\t71,5\n\nb\t\t\n"),
        ("m.csv", '"path", "patient_id", "age",,\n"a", "00123", "71,5",,\n,,,,\nb,,,,\n'),
    ],
)
def test_every_common_dialect_of_text_is_one_table(tmp_path: Path, name: str, text: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        read = sound(tmp_path / name)
        assert (read.name, read.header, read.rows) == (name, ("path", "patient_id", "age"), ROWS)


def test_a_cell_in_quotation_marks_may_hold_line_breaks_and_counts_as_one_row(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text('path,"a note;\nof two lines"\na,"one\ntwo, ""three"""\nb,x\n')
    assert sound(tmp_path / "m.csv").rows == (
        (2, {"path": "a", "a note;\nof two lines": 'one\ntwo, "three"'}),
        (3, {"path": "b", "a note;\nof two lines": "x"}),
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the table is empty"),
        (b"\n\na,b\n", "row 1 is empty"),
        ("path,patient_id\na,Müller\n".encode("latin-1"), r"not a table in UTF-8. .*iconv -f CP932"),
        ("path,patient_id\na,田中\n".encode("shift-jis"), r"not a table in UTF-8. .*CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", r"old Excel workbook \(.xls\)"),
        (b"PK\x03\x04 no zip", "no .xlsx workbook, or damaged"),
        (b"path,a\0\n", "NUL characters"),
        (b"path,patient_id;site\na,b;c\n", "row 1 holds commas and semicolons"),
        (b'path,site\na,"Secret\nb,c\n', "a quotation mark that is not closed"),
        (b"path,,site\na,b,c\n", "row 1: column number 2 has no name; name it, or"),
        (b"path,age,age\na,1,2\n", "row 1, column age: 2 columns have this name"),
        (b"path,site,age\na,1\n", "row 2: fewer cells than the 3 columns"),
        (
            b"path,age\na,71,5\nb,3\nc,Secret,6\n",
            r"more cells than the 2 columns of row 1; put cells .* in quotation marks, in 2 rows \(2, 4\)",
        ),
    ],
)
def test_what_is_not_clear_is_refused_and_no_cell_is_quoted(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "m.csv").write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        sound(tmp_path / "m.csv")
    assert "Secret" not in str(caught.value)


def test_a_table_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "m.csv").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(DataError, match="more than 256 MiB"):
        sound(tmp_path / "m.csv")
    workbook(tmp_path / "m.xlsx", [["path"], ["a" * 30_000]])
    monkeypatch.setattr(table, "MAXIMUM_BYTES", 20_000)
    with pytest.raises(DataError, match="too large"):  # packed it is small
        sound(tmp_path / "m.xlsx")


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.csv", Path("/dev/null")):
        with pytest.raises(UsageError, match="no such file"):
            sound(path)


def workbook(path: Path, rows: list[list[object]], *more: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for number, filled in enumerate((rows, *more)):
        sheet = book.worksheets[0] if number == 0 else book.create_sheet()
        for row in filled:
            sheet.append(row)
    book.save(path)


def test_a_workbook_is_a_table_of_what_its_cells_show(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["path", "patient_id", "date", "age", "af", "time"],
        ["a", 101.0, date(2019, 5, 2), 71.5, True, datetime(2019, 5, 2, 8, 30)],
        [],
        [" b ", "00123", None, None, False, None],
    ]
    workbook(tmp_path / "m.xlsx", rows, [])
    read = sound(tmp_path / "m.xlsx")
    assert read.header == tuple(str(name) for name in rows[0])
    assert [(number, *cells.values()) for number, cells in read.rows] == [
        (2, "a", "101", "2019-05-02", "71.5", "TRUE", "2019-05-02T08:30:00"),
        (4, "b", "00123", "", "", "FALSE", ""),
    ]


def test_a_number_that_excel_has_rounded_is_not_taken_for_exact(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", [["patient_id"], [12345678901234500000], [123456789012345]])
    assert [cells["patient_id"] for _, cells in sound(tmp_path / "a.xlsx").rows] == ["1.23457E+19", "123456789012345"]


def test_a_workbook_without_openpyxl_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbook(tmp_path / "m.xlsx", [["path"], ["a"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingError, match=r"jaccardio\[excel\]"):
        sound(tmp_path / "m.xlsx")


def test_a_workbook_with_two_filled_sheets_merged_cells_or_a_formula_never_computed_is_refused(tmp_path: Path) -> None:
    workbook(tmp_path / "two.xlsx", [["path"], ["a"]], [["path"], ["b"]])
    with pytest.raises(DataError, match="2 sheets are filled"):
        sound(tmp_path / "two.xlsx")
    book = openpyxl.Workbook()
    for row in (["path", "patient_id"], ["a", 1], ["b", 2]):
        book.worksheets[0].append(row)
    book.worksheets[0].merge_cells("B2:B3")  # one patient: his second ECG must not become another's
    book.save(tmp_path / "merged.xlsx")
    with pytest.raises(DataError, match="merged cells: one value"):
        sound(tmp_path / "merged.xlsx")
    workbook(tmp_path / "formula.xlsx", [["path", "af"], ["a", "=1+0"]])
    with pytest.raises(DataError, match="row 2: a formula without its value"):
        sound(tmp_path / "formula.xlsx")
