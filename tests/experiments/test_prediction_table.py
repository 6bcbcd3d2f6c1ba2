"""Predictions as others write them: three kinds of file say the same, and what does not add up is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jaccardio.errors import DataError, UsageError
from jaccardio.experiments.prediction_table import PredictionTable, read_predictions

CODES = ("af", "lvh", "vpc")
IDS = ["a:1", "a:2", "0003", "a:4"]
SCORES = np.random.default_rng(0).normal(0, 3, (4, 3))


def frame(prefix: str = "score_") -> pd.DataFrame:
    return pd.DataFrame({"recording_id": IDS, **{f"{prefix}{code}": SCORES[:, place] for place, code in enumerate(CODES)}})


def lines(path: Path, names: list[str] | tuple[str, ...]) -> Path:
    path.write_text("\n".join(names) + "\n")
    return path


def parquet(folder: Path, prefix: str) -> PredictionTable:
    table = frame(prefix)
    if prefix:  # labels and other columns beside the scores
        table = table.assign(y_af=1, af=0.5, age=70, score_other=0.5)
    table.iloc[:, ::-1].to_parquet(folder / "p.parquet", index=False)
    return read_predictions(folder / "p.parquet", CODES)


def comma_separated(folder: Path, prefix: str) -> PredictionTable:
    frame(prefix).assign(note="text").to_csv(folder / "p.csv", index=False)
    return read_predictions(folder / "p.csv", CODES)


def array(folder: Path, _: str) -> PredictionTable:
    np.save(folder / "p.npy", SCORES[:, ::-1])
    return read_predictions(folder / "p.npy", CODES, lines(folder / "ids", IDS), lines(folder / "columns", CODES[::-1]))


@pytest.mark.parametrize("prefix", ["score_", ""])
@pytest.mark.parametrize("kind", [parquet, comma_separated, array])
def test_every_kind_of_file_gives_the_same_table(tmp_path: Path, kind: Callable[[Path, str], PredictionTable], prefix: str) -> None:
    table = kind(tmp_path, prefix)
    assert (table.ids, table.codes) == (tuple(IDS), CODES)
    assert table.scores == pytest.approx(SCORES, rel=1e-14)


def test_recordings_may_be_the_index_of_the_frame_that_was_written(tmp_path: Path) -> None:
    frame().set_index("recording_id").to_parquet(tmp_path / "p.parquet")
    table = read_predictions(tmp_path / "p.parquet", CODES)
    assert (table.ids, table.codes) == (tuple(IDS), CODES)
    assert np.array_equal(table.scores, SCORES)


def test_scores_are_picked_by_name_in_the_order_asked() -> None:
    table = PredictionTable("p", tuple(IDS), CODES, SCORES)
    assert np.array_equal(table.pick(["0003", "a:1"], ["vpc", "af"]), SCORES[[2, 0]][:, [2, 0]])


def test_missing_recordings_findings_and_numbers_are_named() -> None:
    scores = SCORES.copy()
    scores[1, 2], scores[2, 2], scores[3, 0] = np.nan, np.inf, np.nan
    table = PredictionTable("p.csv", tuple(IDS), CODES, scores)
    with pytest.raises(DataError, match=r"p.csv: 1 of 2 recordings have no row \(a:9\)"):
        table.pick(["a:1", "a:9"], ["af"])
    with pytest.raises(DataError, match=r"no scores for 1 of 2 findings \(low_ef\).*--findings"):
        table.pick(["a:1"], ["af", "low_ef"])
    with pytest.raises(DataError, match=r"3 scores are not finite numbers, in 2 findings \(af, vpc\)"):
        table.pick(IDS, CODES)
    assert np.isfinite(table.pick(IDS, ["lvh"])).all()  # what is not asked for is not looked at


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (frame().rename(columns={"recording_id": "id"}), "column recording_id is missing"),
        (frame().assign(recording_id=["a", "b", "a", "b"]), r"2 recordings stand in several rows \(a, b\)"),
        (frame().assign(recording_id=["a", None, "c", "d"]), "1 of 4 rows have no recording_id"),
        (frame().assign(score_lvh=["high"] * 4), r"scores of 1 findings are not numbers \(lvh\)"),
        (frame()[["recording_id"]], "no finding of the vocabulary"),
        (frame()[:0], "no recording in it"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_that_do_not_add_up_are_refused(tmp_path: Path, table: pd.DataFrame, said: str, kind: str) -> None:
    path = tmp_path / f"p.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path, index=False)
    with pytest.raises(DataError, match=said):
        read_predictions(path, CODES)


def test_a_column_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("recording_id,af,af\na,0.1,0.9\n")
    columns = [pa.array(["a"]), pa.array([0.1]), pa.array([0.9])]
    pq.write_table(pa.Table.from_arrays(columns, ["recording_id", "af", "af"]), tmp_path / "p.parquet")
    for kind in ("csv", "parquet"):
        with pytest.raises(DataError, match=r"1 columns are given twice \(af\)"):
            read_predictions(tmp_path / f"p.{kind}", CODES)


@pytest.mark.parametrize("kind", ["csv", "parquet", "npy"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00 nothing \xff", b"\x93NUMPY\x01\x00", b"PK\x03\x04 no archive"])
def test_damaged_files_are_refused(tmp_path: Path, kind: str, content: bytes) -> None:
    (tmp_path / f"p.{kind}").write_bytes(content)
    with pytest.raises(DataError, match=f"^p.{kind}: "):
        read_predictions(tmp_path / f"p.{kind}", CODES, lines(tmp_path / "ids", IDS), lines(tmp_path / "columns", CODES))


def test_arrays_need_names_that_fit_and_are_never_unpickled(tmp_path: Path) -> None:
    path, ids, columns = tmp_path / "p.npy", lines(tmp_path / "ids", IDS), lines(tmp_path / "codes", CODES)
    np.save(path, SCORES)
    with pytest.raises(UsageError, match="--ids"):
        read_predictions(path, CODES)
    with pytest.raises(UsageError, match=r"names of findings; give --columns"):  # a guessed order would score other findings
        read_predictions(path, CODES, ids)
    with pytest.raises(UsageError, match="no such file"):
        read_predictions(path, CODES, tmp_path / "nowhere", columns)
    with pytest.raises(DataError, match=r"shape \(4, 3\), expected numbers for 4 ids \(ids\) and 2 findings \(two\)"):
        read_predictions(path, CODES, ids, lines(tmp_path / "two", CODES[:2]))
    with pytest.raises(DataError, match=r"columns: 1 findings are given twice \(af\)"):
        read_predictions(path, CODES, ids, lines(tmp_path / "columns", ["af", "af", "lvh"]))
    with pytest.raises(DataError, match="expected numbers for 3 ids"):
        read_predictions(path, CODES, lines(tmp_path / "few", IDS[:3]), columns)
    np.save(path, np.array([[object()]]), allow_pickle=True)
    with pytest.raises(DataError, match="no npy array of plain numbers"):
        read_predictions(path, CODES, ids, columns)


def test_other_files_are_a_usage_error(tmp_path: Path) -> None:
    for name in ("p.xlsx", "nothing.csv"):
        (tmp_path / "p.xlsx").touch()
        with pytest.raises(UsageError, match="predictions are"):
            read_predictions(tmp_path / name, CODES)
