"""Texts become a manifest; nothing of a text that may speak of a person is written or shown."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.corpora.manifest import open_manifest
from jaccardio.cohort.map_labels import map_labels
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from tests.conftest import write_wfdb

TEXTS = ("Vorhofflimmern. Herr Maier wirkt blass", "no atrial fibrillation", "左脚ブロック", "sinus rhythm; LVH?", "", "n/a")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Texts and a number beside what a manifest knows, and the recordings."""
    lines = ["path;Patient_ID;date;ward;text"]
    for row, text in enumerate(TEXTS):
        write_wfdb(tmp_path / f"r{row}", np.random.default_rng(row).integers(-900, 900, (12, 300)))
        lines.append(f'r{row};P{row};2020-01-0{row + 1};7;"{text}"')
    (tmp_path / "texts.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "texts.csv"


def test_the_manifest_is_one_that_ingest_reads(table: Path, tmp_path: Path) -> None:
    report = map_labels(table, "paper26", column="TEXT", out=tmp_path / "manifest.csv")
    paper = Vocabulary.load("paper26")
    written = (tmp_path / "manifest.csv").read_text().splitlines()
    assert written[0] == ",".join(["path", "Patient_ID", "date", *paper.codes])
    assert "Maier" not in "".join(written)
    read = open_manifest(tmp_path / "manifest.csv", bytes(32), 100.0, paper)
    assert [(source.present, source.absent) for source in read.entries] == [
        (("finding:af",), ()),
        ((), ("finding:af",)),
        (("finding:clbbb",), ()),
        *[((), ())] * 3,
    ]
    assert (report.column, report.rows, report.stated, report.whole) == ("text", 6, 4, 3)
    assert report.findings["af"] == {"present": 1, "absent": 1, "unknown": 4}
    assert (report.unread, report.rare) == ({}, 1)


def test_silence_is_absence_where_all_was_recognised_and_the_finding_is_named_at_all(table: Path) -> None:
    findings = map_labels(table, "paper26", column="text", silence_is_absence=True).findings
    assert findings["af"] == {"present": 1, "absent": 3, "unknown": 2}  # the empty rows
    assert findings["clbbb"] == {"present": 1, "absent": 2, "unknown": 3}  # and that with a phrase in which nothing was recognised
    assert findings["lvh"] == {"present": 0, "absent": 0, "unknown": 6}  # doubted once, never said
    table.write_text("text\nLVH\nLVH?\nAF\nlagetyp normal\n-\n")
    assert map_labels(table, "paper26", silence_is_absence=True).findings["lvh"] == {"present": 1, "absent": 1, "unknown": 3}


def test_a_phrase_is_shown_where_five_patients_have_it(table: Path) -> None:
    rows = [*(f"P{row};no comment. private matter" for row in range(5)), *["P9;Herr Maier"] * 9]
    table.write_text("\n".join(["patient_id;text", *rows]) + "\n")
    report = map_labels(table, "paper26")
    assert (report.unread, report.rare) == ({"no comment": 5, "private matter": 5}, 9)


def test_tables_and_places_that_cannot_be_meant(table: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    for options, said in (
        ({}, "name the column with the texts by --column"),
        ({"column": "reports"}, "there is no column reports"),
        ({"column": "text", "out": table}, "exists already"),
        ({"column": "text", "out": tmp_path / "manifest.xlsx"}, "is a CSV file"),
    ):
        with pytest.raises(UsageError, match=said):
            map_labels(table, "paper26", **options)  # type: ignore[arg-type]
    assert sorted(tmp_path.iterdir()) == before
    table.write_text("text,\nAF,1\n")
    with pytest.raises(DataError, match=r"(?s)3 faults of 3 kinds.*more cells.*column path of.*column patient_id of"):
        map_labels(table, "paper26", out=tmp_path / "new.csv")
    table.write_text("text\n")
    with pytest.raises(DataError, match="no row"):
        map_labels(table, "paper26")
