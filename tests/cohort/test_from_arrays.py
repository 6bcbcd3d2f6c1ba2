"""Stores from arrays and iterators. Simulated ECGs, or sines where none is needed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaccardio.cohort.from_arrays import recordings_of, write_store
from jaccardio.cohort.relabel import relabel
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.recording import Recording

VOCABULARY = Vocabulary.load("paper26").subset([0, 24, 25])
LABELS = [[1, 0, np.nan], [0, -1, 1], [np.nan, 0, 0]]
LEADS = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def signals() -> np.ndarray:
    """(3, 8, 5000) microvolt at 500 Hz."""
    time = np.arange(5000) / 500
    return np.stack([[400 * np.sin(2 * np.pi * (1 + lead / 9) * time + ecg) for lead in range(8)] for ecg in range(3)])


def test_a_store_from_arrays_holds_signals_and_three_states(tmp_path: Path) -> None:
    rows = recordings_of(signals(), 500, leads=LEADS, unit="uV", patients=["a", "b", "a"])
    store, refused = write_store(tmp_path / "store", rows, LABELS, vocabulary=VOCABULARY, sampling_rate=100.0)
    assert refused == ()
    assert store.labels.tolist() == [[1, 0, -1], [0, -1, 1], [-1, 0, 0]]
    assert store.ids.tolist() == ["000000", "000001", "000002"]
    assert store.records["patient_key"].tolist() == ["a", "b", "a"]
    assert store.lead_masks.all()
    again = [Recording.from_array(signal, 500, leads=LEADS, unit="uV", recording_id=str(row)) for row, signal in enumerate(signals())]
    assert np.array_equal(store.counts(np.array([2]))[0], store.contract.apply(again[2]).counts[0])
    Store.open(store.path).verify()
    relabel(store.path, "paper26")
    assert Store.open(store.path).labels[:, [0, 24, 25]].tolist() == store.labels.tolist()


def test_one_bad_row_stops_no_other(tmp_path: Path) -> None:
    broken = signals()
    broken[1] *= 1e6
    rows = recordings_of(broken, 500, leads=LEADS, unit="uV", ids=["x", "y", "z"])
    store, refused = write_store(tmp_path / "store", rows, LABELS, vocabulary=VOCABULARY, sampling_rate=100.0)
    assert store.ids.tolist() == ["x", "z"]
    assert store.labels.tolist() == [[1, 0, -1], [-1, 0, 0]]
    assert [(one.record, "wrong unit" in one.reason) for one in refused] == [("y", True)]
    assert [one["record"] for one in store.manifest["rejected"]] == ["y"]


@pytest.mark.parametrize(
    "labels", [[[1, 0, 0]], [[1, 0, 0]] * 4, [[2, 0, 0]] * 3, [[1, 0]] * 3, [1, 0, 0], [["yes", "", "x"]] * 3, [[1], [0, 1]]]
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, labels: list[object]) -> None:
    with pytest.raises(UsageError, match="labels"):
        write_store(
            tmp_path / "store", recordings_of(signals(), 500, leads=LEADS, unit="uV"), labels, vocabulary=VOCABULARY, sampling_rate=100.0
        )
    assert not (tmp_path / "store").exists()


def test_ids_stand_once_and_something_must_be_stored(tmp_path: Path) -> None:
    rows = recordings_of(signals(), 500, leads=LEADS, unit="uV", ids=["x", "x", "z"])
    with pytest.raises(DataError, match="more than once"):
        write_store(tmp_path / "store", rows, LABELS, vocabulary=VOCABULARY, sampling_rate=100.0)
    with pytest.raises(DataError, match="wrong unit"):
        write_store(
            tmp_path / "store", recordings_of(signals() * 100, 500, leads=LEADS), LABELS, vocabulary=VOCABULARY, sampling_rate=100.0
        )
    assert list(tmp_path.iterdir()) == []


def test_shapes_and_names_are_checked() -> None:
    with pytest.raises(UsageError, match="leads, samples"):
        next(recordings_of(signals()[0], 500))
    with pytest.raises(UsageError, match=r"numpy\.stack"):
        next(recordings_of(pd.Series(list(signals())), 500))
    with pytest.raises(UsageError, match="2 ids for 3"):
        next(recordings_of(signals(), 500, ids=["a", "b"]))
    assert isinstance(next(recordings_of(signals(), 500, leads=LEADS)), ReadError)


def test_patients_are_read_by_position_and_as_a_table_writes_them() -> None:
    def keys(patients: object) -> list[str | None]:
        rows = recordings_of(signals(), 500, leads=LEADS, unit="uV", patients=patients)
        return [row.patient_key for row in rows if isinstance(row, Recording)]

    assert keys(pd.Series(["a", "b", "c"], index=[2, 1, 0])) == ["a", "b", "c"]
    assert keys([101, 101.0, "101.0"]) == ["101"] * 3
    assert keys([np.nan, None, " "]) == [None] * 3, "who is not named is nobody's sibling"
    with pytest.raises(UsageError, match="in a list"):
        keys("abc")


def test_nullable_labels_are_unknown_where_null(tmp_path: Path) -> None:
    rows = recordings_of(signals(), 500, leads=LEADS, unit="uV")
    labels = pd.DataFrame([[1, None, 0]] * 3, dtype="Int64")
    store, _ = write_store(str(tmp_path / "store"), rows, labels, vocabulary=VOCABULARY, sampling_rate=100.0)
    assert store.labels.tolist() == [[1, -1, 0]] * 3


def test_labels_of_a_table_are_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    codes = list(VOCABULARY.codes)
    table = pd.DataFrame(LABELS, columns=codes)[codes[::-1]]
    rows = recordings_of(signals(), 500, leads=LEADS, unit="uV")
    store, _ = write_store(tmp_path / "store", rows, table, vocabulary=VOCABULARY, sampling_rate=100.0)
    assert store.labels.tolist() == [[1, 0, -1], [0, -1, 1], [-1, 0, 0]]
    for columns in (codes[:2], [codes[0], codes[0], codes[1]]):
        with pytest.raises(UsageError, match="not those that are needed"):
            write_store(tmp_path / "other", signals(), table[columns], vocabulary=VOCABULARY, sampling_rate=100.0)


@pytest.mark.parametrize("rate", [0, 20, float("nan"), 1e6])
def test_a_store_at_no_rate_of_an_ecg_is_refused(tmp_path: Path, rate: float) -> None:
    with pytest.raises(UsageError, match="sampling rate"):
        write_store(tmp_path / "store", recordings_of(signals(), 500), LABELS, vocabulary=VOCABULARY, sampling_rate=rate)


def test_arrays_are_no_recordings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="recordings_of"):
        write_store(tmp_path / "store", signals(), [[1] * 26] * 3, vocabulary="paper26", sampling_rate=100.0)
    assert list(tmp_path.iterdir()) == []
