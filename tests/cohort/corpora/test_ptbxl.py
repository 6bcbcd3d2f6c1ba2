"""PTB-XL's table: what a row becomes, and what is refused."""

import csv
from pathlib import Path
from typing import Any

import pytest

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.corpora.ptbxl import COLUMNS, open_ptbxl
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary

ROW = {
    "ecg_id": "1", "patient_id": "15709.0", "age": "56.0", "sex": "1", "site": "0.0", "device": "CS-12   E",
    "recording_date": "1984-11-09 09:17:34", "scp_codes": "{'NORM': 100.0, 'SR': 0.0}", "heart_axis": "", "strat_fold": "3",
    "filename_lr": "records100/00000/00001_lr", "filename_hr": "records500/00000/00001_hr",
}  # fmt: skip


def write(folder: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    (folder / "records100").mkdir(exist_ok=True)
    with (folder / "ptbxl_database.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(ROW | row for row in rows)
    return folder


def read(folder: Path, rate: float = 100.0) -> list[Source | Rejection]:
    return list(open_ptbxl(folder, None, rate, Vocabulary.load("ptbxl71")).entries)


def test_a_row_becomes_a_source(tmp_path: Path) -> None:
    (source,) = read(write(tmp_path, {}))
    assert source == Source(
        recording_id="ptbxl:1",
        patient_key="ptbxl:15709",
        path=tmp_path / "records100/00000/00001_lr",
        present=("scp:NORM", "scp:SR", "axis:unknown"),
        absent=(),
        closed=True,
        database="ptbxl",
        fold=3,
        site="0",
        device="CS-12 E",
        age=56.0,
        sex="female",
        year=1984,
    )


def test_rates_choose_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {})
    with pytest.raises(UsageError, match="--fs 100"):
        read(tmp_path, 500.0)
    (tmp_path / "records500").mkdir()
    (source,) = read(tmp_path, 250.0)
    assert isinstance(source, Source)
    assert source.path == tmp_path / "records500/00000/00001_hr"


def test_ages_axis_sex_and_source_column(tmp_path: Path) -> None:
    row = {"age": "300.0", "sex": "0", "heart_axis": "ALAD", "scp_source": "derived", "site": "", "device": "", "recording_date": ""}
    (source,) = read(write(tmp_path, row, columns=(*COLUMNS, "scp_source")))
    assert isinstance(source, Source)
    assert (source.age, source.sex, source.present[-1], source.scp_source) == (90.0, "male", "axis:ALAD", "derived")
    assert (source.site, source.device, source.year) == (None, None, None)


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ("sinus rhythm. left axis deviation. otherwise normal", "axis:LAD"),
        ("Überdrehter Linkstyp sinusbradykardie", "axis:LAD"),
        ("ueberdrehter linkslagetyp", "axis:LAD"),
        ("sinusrhythmus linkstyp normales ekg", "axis:LAD-unstated"),
        ("sinusbradykardie llt", "axis:LAD-unstated"),
        ("", "axis:LAD-unstated"),
        (None, "axis:LAD-unstated"),
    ],
)
def test_lad_is_a_left_axis_only_where_the_report_says_so(tmp_path: Path, report: str | None, code: str) -> None:
    row = {"heart_axis": "LAD"} | ({} if report is None else {"report": report})
    (source,) = read(write(tmp_path, row, columns=COLUMNS if report is None else (*COLUMNS, "report")))
    assert isinstance(source, Source)
    assert source.present[-1] == code


@pytest.mark.parametrize(
    ("report", "codes"),
    [
        ("sinusrhythmus linksschenkelblock. what nobody has ever written", ("sinus_rhythm", "left_bundle_branch_block")),
        ("what nobody has ever written", ()),
        (" ", None),
        (None, None),
    ],
)
def test_of_a_report_only_what_the_glossary_knows_is_kept(tmp_path: Path, report: str | None, codes: tuple[str, ...] | None) -> None:
    columns = COLUMNS if report is None else (*COLUMNS, "report")
    (source,) = read(write(tmp_path, {"report": report or ""}, columns=columns))
    assert isinstance(source, Source)
    assert source.report_phrases == codes
    assert "nobody" not in repr(source)


@pytest.mark.parametrize(
    "cell",
    [
        {"scp_codes": "__import__('os').getcwd()"},
        {"scp_codes": "['NORM']"},
        {"scp_codes": ""},
        {"scp_codes": "(" * 5000},
        {"patient_id": ""},
        {"patient_id": "inf"},
        {"strat_fold": "2.5"},
        {"filename_lr": "../elsewhere"},
        {"filename_lr": "/etc/hostname"},
        {"filename_lr": ""},
    ],
)
def test_a_bad_row_is_rejected_alone(tmp_path: Path, cell: dict[str, str]) -> None:
    bad, good = read(write(tmp_path, cell, {"ecg_id": "2"}))
    assert isinstance(bad, Rejection)
    assert bad.record == "ptbxl:1"
    assert next(iter(cell)) in bad.reason
    assert isinstance(good, Source)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "no rows"),
        (({}, {}), "ecg_id 1 stands in two rows"),
        (({}, {"ecg_id": "2", "strat_fold": "4"}), "patient ptbxl:15709 stands in folds 3 and 4"),
        (({"ecg_id": "x"},), "row 2, column ecg_id"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused(tmp_path: Path, rows: tuple[dict[str, str], ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, *rows))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="scp_codes"):
        read(write(tmp_path, {}, columns=tuple(column for column in COLUMNS if column != "scp_codes")))


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {})
    (tmp_path / "ptbxl_database.csv").write_bytes(b"\xff\xfe\x00" * 100)
    with pytest.raises(DataError, match="damaged"):
        read(tmp_path)


def test_the_published_sample(real_data: Path) -> None:
    sources: list[Any] = read(real_data / "ptbxl")
    assert len(sources) == 115
    assert all(isinstance(source, Source) and source.fold and (source.age or 0) <= 90 for source in sources)
