"""Findings from the nearest echocardiogram: window, sides, gaps, ties, what is kept of the store, and tables that are refused."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.echo_table import Criterion
from jaccardio.cohort.id_table import COLUMNS
from jaccardio.cohort.link import LinkReport, link
from jaccardio.cohort.relabel import relabel
from jaccardio.cohort.split import load_split, save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary

DAY = date(2020, 3, 1)
LOW_EF = Criterion("low_ef", "lvef", 40, ejection_fraction=True)
LVH = Criterion("lvh", "mass", 115)


def state(store: Path, code: str) -> list[int]:
    opened = Store.open(store)
    return opened.labels[:, opened.vocabulary.codes.index(code)].tolist()


@pytest.fixture
def linked(make_store: Callable[..., Store], tmp_path: Path) -> Callable[..., tuple[Path, LinkReport]]:
    """Links a store of ECGs of `DAY`, one a patient p0, p1, ... of site North, with echocardiograms (patient, days later, lvef, mass)."""

    def run(
        records: int,
        echoes: Sequence[tuple[str, int, str, str]],
        criteria: Sequence[Criterion] = (LOW_EF,),
        dates: Sequence[str] | None = None,
        **options: object,
    ) -> tuple[Path, LinkReport]:
        store, ids, table = tmp_path / "store", tmp_path / "ids.csv", tmp_path / "echo.csv"
        if not store.exists():
            make_store(np.zeros((records, 2), dtype=np.int8))
        known = dates or [DAY.isoformat()] * records
        rows = [f"r{row:05d},p{row},nowhere,{f'p{row}' if known[row] else ''},North,{known[row]}" for row in range(records)]
        ids.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
        lines = [f"{who};{DAY + timedelta(days=later)};{lvef};{mass}" for who, later, lvef, mass in echoes]
        table.write_text("\n".join(["Patient_ID;date;LVEF;mass", *lines]) + "\n")
        return store, link(store, table, criteria, ids, **options)  # type: ignore[arg-type]

    return run


def test_the_nearest_within_the_window_decides(linked: Callable[..., tuple[Path, LinkReport]]) -> None:
    echoes = [
        *(("p0", -3, "55", ""), ("p0", 2, "40", ""), ("p0", 200, "60", "")),
        *(("p1", 30, "40,5", ""), ("p1", 1, "", "")),  # one that does not state the value is no gap between ECG and the one that does
        *(("p2", 31, "20", ""), ("p3", -31, "20", "")),
        ("somebody", 0, "30", ""),
    ]
    store, report = linked(6, echoes)
    assert state(store, "low_ef") == [1, 0, -1, -1, -1, -1]
    found = report.findings["low_ef"]
    assert (found.rule, found.states) == ("lvef <= 40", {"present": 1, "absent": 1, "unknown": 4})
    assert found.before == {"present": 0, "absent": 0, "unknown": 6}
    assert (found.without_day, found.without_echo, found.outside, found.disagree, found.ties) == (0, 2, 2, 0, 0)
    assert found.gaps == {2: 1, 30: 1}
    assert (report.records, report.patients, report.echoes, report.echo_patients, report.strangers) == (6, 6, 8, 5, 1)


@pytest.mark.parametrize(("when", "expected"), [("before", [0, -1, 1]), ("after", [1, 1, 1]), ("either", [1, 1, 1])])
def test_on_either_side_of_the_ecg(linked: Callable[..., tuple[Path, LinkReport]], when: str, expected: list[int]) -> None:
    echoes = [("p0", -3, "55", ""), ("p0", 2, "30", ""), ("p1", 5, "30", ""), ("p2", 0, "30", "")]
    assert state(linked(3, echoes, when=when)[0], "low_ef") == expected


def test_of_equally_near_ones_that_disagree_none_is_believed(linked: Callable[..., tuple[Path, LinkReport]]) -> None:
    echoes = [
        ("p0", -3, "30", ""),
        ("p0", 3, "60", ""),
        ("p1", -3, "30", ""),
        ("p1", 3, "35", ""),
        ("p2", 0, "60", ""),
        ("p2", 0, "20", ""),
    ]
    store, report = linked(3, echoes)
    assert state(store, "low_ef") == [-1, 1, -1]
    assert (report.findings["low_ef"].ties, report.findings["low_ef"].disagree) == (3, 2)


def test_without_day_or_patient_nothing_is_known_and_rows_without_either_are_counted(
    linked: Callable[..., tuple[Path, LinkReport]],
) -> None:
    store, report = linked(3, [("p0", 0, "30", ""), ("p1", 0, "30", ""), ("", 0, "30", "")], dates=[DAY.isoformat(), "", "2020"])
    assert state(store, "low_ef") == [1, -1, -1]
    assert (report.findings["low_ef"].without_day, report.left_out, report.patients) == (2, 1, 2)


def test_codes_of_the_ecg_decide_no_more_and_all_else_stays(linked: Callable[..., tuple[Path, LinkReport]], tmp_path: Path) -> None:
    """Rows 0, 3, 6 show atrial fibrillation, the others are normal by their codes: a thick ventricle leaves open whether 1 is normal."""
    echoes = [(f"p{row}", 0, "60", "130" if row == 1 else "90") for row in range(1, 9)]
    store, _ = linked(9, echoes, criteria=(LVH,))
    relabel(store, "paper26")
    save_split(Store.open(store), split_by_fractions(Store.open(store)))
    before = Store.open(store)
    assert (state(store, "lvh"), state(store, "normal")) == ([-1] * 9, [0, 1, 1] * 3)
    linked(9, echoes, criteria=(LVH,))
    after = Store.open(store)
    assert (state(store, "lvh"), state(store, "normal")) == ([-1, 1, *[0] * 7], [0, -1, 1, *[0, 1, 1] * 2])
    assert after.fingerprint != before.fingerprint
    assert np.array_equal(after.counts(np.arange(9)), before.counts(np.arange(9)))
    assert load_split(after) == load_split(before)
    assert after.manifest["files"]["records.parquet"] == before.manifest["files"]["records.parquet"]
    finding = after.vocabulary.findings[after.vocabulary.index("lvh")]
    assert finding.note == "From echocardiography: mass > 115, the nearest one at most 30 days away, before or after the ECG."
    unchanged = [one for one in after.vocabulary.findings if one.code != "lvh"]
    assert unchanged == [one for one in before.vocabulary.findings if one.code != "lvh"]
    after.verify()


def test_what_an_earlier_link_found_is_kept_and_relabelling_says_that_it_is_lost(
    linked: Callable[..., tuple[Path, LinkReport]],
) -> None:
    echoes = [("p0", 0, "30", "90")]
    store, _ = linked(2, echoes)
    linked(2, echoes, criteria=(LVH,))
    assert (state(store, "low_ef"), state(store, "lvh")) == ([1, -1], [0, -1])
    assert list(Store.open(store).manifest["linked"]) == ["lvh", "low_ef"]
    assert relabel(store, "paper26").unlinked == ("lvh", "low_ef")
    assert state(store, "low_ef") == [-1, -1]
    assert "linked" not in Store.open(store).manifest
    assert Store.open(store).vocabulary == Vocabulary.load("paper26")
    assert relabel(store, "paper26").unlinked == ()


def test_words_where_there_is_no_threshold(linked: Callable[..., tuple[Path, LinkReport]]) -> None:
    store, report = linked(3, [("p0", 0, "", "ja"), ("p1", 0, "", "nein"), ("p2", 0, "", "")], criteria=(Criterion("lvh", "mass"),))
    assert state(store, "lvh") == [1, 0, -1]
    assert report.findings["lvh"].rule == "mass"


def test_all_faults_of_a_table_are_told_and_no_cell_is(linked: Callable[..., tuple[Path, LinkReport]], tmp_path: Path) -> None:
    cells = [("0.55", "9.1"), ("55-60", "90"), ("preserved", "0"), ("155", "90")]
    echoes = [(f"p{row}", row, lvef, mass) for row, (lvef, mass) in enumerate(cells)]
    with pytest.raises(DataError) as refused:
        linked(4, echoes, criteria=(LOW_EF, LVH))
    assert str(refused.value).splitlines() == [
        "echo.csv: 6 faults of 4 kinds.",
        "  row 2, column LVEF: not above 1: a fraction, or 0 for not measured; write per cent (55, not 0.55), or leave the cell empty",
        "  column mass: 10 times or more away from the threshold 115: another unit, or 0 for not measured; write one unit, or leave the "
        "cell empty, in 2 rows (2, 4)",
        "  column LVEF: no number (a word, a range, a unit, or < and >); write the number alone, or leave the cell empty, in 2 rows (3, 4)",
        "  row 5, column LVEF: above 100 per cent",
    ]
    assert "linked" not in Store.open(tmp_path / "store").manifest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("patient_id,date,lvef\np0,2020-03-01,50,9\np0,02.03,x\n", "3 faults of 3 kinds.\n  row 2: more cells.*\n  row 3, column date"),
        ("patient_id,when,ef\np0,2020-03-01,50\n", "2 faults of 2 kinds.\n  row 1: the column date is missing.*\n  row 1: the column lvef"),
        ("patient_id,date,lvef\n", "lists no echocardiogram"),
        ("patient_id,date,lvef\np0,05/02/2019,50\n", "row 2, column date: no whole date, or one that two countries read differently"),
        ("patient_id,date,lvef\np0,2020,50\n", "row 2, column date"),
        ("patient_id;date;lvef\n1.000;2020-03-01;50\n", "row 2, column patient_id: three zeros behind a point or comma"),
        ("patient_id,date,lvef\nq0,2020-03-01,50\n", "none of its 1 patients has an ECG in the store"),
        ("patient_id,date,lvef,site\np0,2020-03-01,50,South\n", "none of its 1 patients"),
    ],
)
def test_a_table_that_cannot_be_meant(make_store: Callable[..., Store], tmp_path: Path, text: str, said: str) -> None:
    store, ids, table = make_store(np.zeros((1, 2), dtype=np.int8)).path, tmp_path / "ids.csv", tmp_path / "echo.csv"
    ids.write_text(f"{','.join(COLUMNS)}\nr00000,p0,nowhere,p0,North,2020-03-01\n")
    table.write_text(text)
    with pytest.raises(DataError, match=f"(?s){said}"):
        link(store, table, [LOW_EF], ids)


def test_two_sites_need_a_site_and_ids_need_days(make_store: Callable[..., Store], tmp_path: Path) -> None:
    store, ids, table = make_store(np.zeros((2, 2), dtype=np.int8)).path, tmp_path / "ids.csv", tmp_path / "echo.csv"
    table.write_text("patient_id,date,lvef,site\n7,2020-03-01,30,North\n7,2020-03-01,60,South\n")
    ids.write_text(f"{','.join(COLUMNS)}\nr00000,a,nowhere,7,North,2020-03-01\nr00001,b,nowhere,7,South,2020-03-01\n")
    link(store, table, [LOW_EF], ids)
    assert state(store, "low_ef") == [1, 0]
    table.write_text("patient_id,date,lvef\n7,2020-03-01,30\n")
    with pytest.raises(DataError, match="the column site is missing"):
        link(store, table, [LOW_EF], ids)
    ids.write_text("recording_id,patient_key,path,patient_id,site\nr00000,a,nowhere,7,North\n")
    with pytest.raises(DataError, match="knows the day of no ECG"):
        link(store, table, [LOW_EF], ids)
    ids.write_text(f"{','.join(COLUMNS)}\nother,a,nowhere,7,North,2020-03-01\n")
    with pytest.raises(DataError, match="of another store"):
        link(store, table, [LOW_EF], ids)


def test_arguments_that_cannot_be_meant(linked: Callable[..., tuple[Path, LinkReport]]) -> None:
    echoes = [("p0", 0, "30", "90")]
    for criteria, options, said in (
        ((), {}, "no finding to link"),
        ((LOW_EF,), {"days": -1}, "cannot be negative"),
        ((LOW_EF, LOW_EF), {}, "two criteria"),
        ((Criterion("zebra", "lvef", 40),), {}, "unknown finding"),
    ):
        with pytest.raises(UsageError, match=said):
            linked(1, echoes, criteria, **options)
    for threshold, ejection_fraction in ((0.4, True), (100, True), (0, False), (float("nan"), False)):
        with pytest.raises(UsageError, match="threshold"):
            Criterion("low_ef", "lvef", threshold, ejection_fraction)
