"""CODE-15%: six findings are known either way, everything else is unknown, padding is no ECG. Layout from documentation."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from jaccardio.cohort.corpora.code15 import open_code15
from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.vocabulary import Vocabulary

from . import layouts

PAPER26 = Vocabulary.load("paper26")


def test_a_store_of_it(tmp_path: Path) -> None:
    folder = layouts.code15(tmp_path / "code15")
    report = ingest(folder, tmp_path / "store", corpus="code15", vocabulary="paper26", sampling_rate=400.0)
    assert (report.stored, report.patients, report.rejected, report.key_file) == (4, 3, (), None)
    assert report.notes == ("1 exams are in 1 files that are not here, the first is exams_part1.hdf5",)
    store = Store.open(tmp_path / "store")
    assert store.ids.tolist() == ["code15:101", "code15:102", "code15:103", "code15:104"]
    labels = {code: store.labels[:, column].tolist() for column, code in enumerate(store.vocabulary.codes)}
    assert labels["af"] == [0, 1, 0, -1]
    assert labels["crbbb"] == [-1, 0, 0, 0], "a right bundle branch block may be incomplete"
    assert labels["normal"] == [0, 0, 1, 0]
    assert set(labels) - {code for code, states in labels.items() if set(states) == {-1}} == {"af", "crbbb", "clbbb", "normal"}
    assert store.recorded.tolist() == [4000, 2800, 4000, 4000], "zeros before and after 7 s of ECG are no ECG"
    assert store.records["flags"][1].tolist() == ["short: 7.0 s"]
    assert store.records["sex"].tolist() == ["male", "female", "female", "female"]
    assert store.records["age"].tolist() == [38, 90, 60, 60]
    wanted = layouts.ecg(400, 1)
    wanted -= np.median(wanted, axis=1, keepdims=True)
    assert np.abs(store.signals(np.array([0]))[0] - wanted).max() < 0.002, "exams are found by id, not by row"


def test_rows_that_cannot_be_used_are_listed(tmp_path: Path) -> None:
    folder = layouts.code15(tmp_path)
    table = folder / "exams.csv"
    table.write_text(table.read_text().replace("103,", "999,").replace("101,38,True,,False,True", "101,38,True,,perhaps,True"))
    entries = list(open_code15(folder, None, 400.0, PAPER26).entries)
    rejected = [entry for entry in entries if isinstance(entry, Rejection)]
    assert [entry.record for entry in rejected] == ["code15:101", "code15:999"]
    assert "column 1dAVb" in rejected[0].reason
    assert "does not hold this exam" in rejected[1].reason
    assert sum(isinstance(entry, Source) for entry in entries) == 2


def test_damaged_and_absent_files(tmp_path: Path) -> None:
    folder = layouts.code15(tmp_path)
    (folder / "exams_part0.hdf5").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(DataError, match="damaged"):
        open_code15(folder, None, 400.0, PAPER26)
    (folder / "exams_part0.hdf5").unlink()
    with pytest.raises(DataError, match="none of the files"):
        open_code15(folder, None, 400.0, PAPER26)


def test_a_wrong_shape_or_order_is_refused(tmp_path: Path) -> None:
    folder = layouts.code15(tmp_path / "code15")
    with h5py.File(folder / "exams_part0.hdf5", "r+") as file:
        file["tracings"][0] = file["tracings"][0][:, [1, 0, *range(2, 12)]]
    report = ingest(folder, tmp_path / "store", corpus="code15", vocabulary="paper26", sampling_rate=100.0)
    assert [(rejection.record, "limb leads" in rejection.reason) for rejection in report.rejected] == [
        ("code15:104 (exams_part0.hdf5)", True)
    ]
    with h5py.File(folder / "exams_part0.hdf5", "r+") as file:
        tracings = file["tracings"][()]
        del file["tracings"]
        file["tracings"] = tracings[:, :, :8]
    dry = ingest(folder, tmp_path / "other", corpus="code15", vocabulary="paper26", sampling_rate=100.0, dry_run=True)
    assert (dry.stored, len(dry.rejected)) == (0, 4)
