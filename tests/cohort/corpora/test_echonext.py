"""EchoNext: findings of echocardiography, amplitudes without a unit. Layout from documentation."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.corpora.echonext import MILLIVOLT_SHOWN, open_echonext
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.measure import MEASUREMENTS

from . import layouts


def test_a_store_of_it(tmp_path: Path) -> None:
    folder = layouts.echonext(tmp_path / "echonext")
    report = ingest(folder, tmp_path / "store", corpus="echonext", vocabulary="paper26", sampling_rate=250.0)
    assert (report.stored, report.patients, report.rejected) == (3, 2, ())
    assert report.notes[1] == "1 ECGs are of splits whose waveforms are not here"
    assert report.unmapped == {"echonext:shd_moderate_or_greater_flag": 3}
    store = Store.open(tmp_path / "store")
    labels = {code: store.labels[:, column].tolist() for column, code in enumerate(store.vocabulary.codes)}
    assert (labels.pop("low_ef"), labels.pop("lvh")) == ([1, -1, 0], [0, 1, -1])
    assert all(states == [-1] * 3 for states in labels.values()), "what an ECG shows is not annotated, and lae is not in the table"
    assert store.records["fold"].tolist() == [1, 3, 1]
    assert store.records["year"].tolist() == [2015] * 3
    stored = np.load(folder / "EchoNext_train_waveforms.npy")[1, 0].T * MILLIVOLT_SHOWN
    stored -= np.median(stored, axis=1, keepdims=True)
    assert np.abs(store.signals(np.array([2]))[0] - stored).max() < 0.001, "a row is the one of its split"
    known = {name for name, value in zip(MEASUREMENTS, store.measurements[2], strict=True) if np.isfinite(value)}
    assert {"heart_rate", "qrs_duration", "qt_interval"} <= known
    assert not known & {"qrs_axis", "t_axis", "sokolow", "limb_voltage", "r_height.V5", "st_j.II"}
    assert "relative-amplitude" in store.records["flags"][0]


def test_waveforms_of_another_release_are_refused(tmp_path: Path) -> None:
    folder = layouts.echonext(tmp_path)
    train = folder / "EchoNext_train_waveforms.npy"
    np.save(train, np.load(train)[:1])
    with pytest.raises(DataError, match="1 ECGs, the table has 2"):
        open_echonext(folder, None, 250.0, Vocabulary.load("paper26"))
    train.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(DataError, match="damaged"):
        open_echonext(folder, None, 250.0, Vocabulary.load("paper26"))
    for path in folder.glob("*.npy"):
        path.unlink()
    with pytest.raises(DataError, match="there are no"):
        open_echonext(folder, None, 250.0, Vocabulary.load("paper26"))
