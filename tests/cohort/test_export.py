"""Export: what other programs read is what the store holds, and unknown is null."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import wfdb

from jaccardio.cohort.export import export_store
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.split import save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.recording.preprocessing import quantise

LABELS = np.array([[1, 0, -1], [0, -1, 1], [-1, 1, 0], [1, 1, 1], [0, 0, 0], [-1, -1, -1]], dtype=np.int8)


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    """Six ECGs; the second has three windows, the third is half recorded."""
    return make_store(LABELS, recorded=[200, 200, 110, 200, 200, 200], windows_of=[1, 3, 1, 1, 1, 1])


def test_parquet(store: Store, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    assert export_store(store.path, tmp_path / "out", "parquet", lambda *done: calls.append(done)) == 6
    assert calls == [(6, 6)]
    table = pq.read_table(tmp_path / "out/ecgs-00000.parquet").to_pylist()
    assert [(row["recording_id"], row["window"]) for row in table] == [
        ("r00000", 0), *(("r00001", window) for window in range(3)), *((f"r0000{row}", 0) for row in range(2, 6))
    ]  # fmt: skip
    states = [[row[code] for code in store.vocabulary.codes[:3]] for row in table if row["window"] == 0]
    assert states == [[None if state < 0 else state for state in row] for row in LABELS.tolist()]
    assert all(row[store.vocabulary.codes[5]] is None for row in table)
    windows = store.windows(np.arange(6))
    for row, signal, recorded in zip(table, quantise(windows.signal), windows.recorded, strict=True):
        assert np.array_equal(np.array(row["signal"]), signal[:, :recorded])
    assert len(table[4]["signal"][0]) == 110, "what was not recorded is not there"


def test_a_lead_that_was_not_recorded_is_null(tmp_path: Path, make_ptbxl: Callable[[int], Path]) -> None:
    folder = make_ptbxl(2) / "records100/00000"
    header = folder / "00001_lr.hea"
    header.write_text(header.read_text().replace(" V3\n", " X\n"))
    ingest(folder, tmp_path / "store", corpus="wfdb", vocabulary="paper26", sampling_rate=100.0, key_file=tmp_path / "key")
    export_store(tmp_path / "store", tmp_path / "parquet", "parquet")
    signals = pq.read_table(tmp_path / "parquet/ecgs-00000.parquet")["signal"].to_pylist()
    without = [signal for signal in signals if signal[8] is None]
    assert len(without) == 1
    assert sum(lead is None for lead in without[0]) == 1
    export_store(tmp_path / "store", tmp_path / "wfdb", "wfdb")
    names = [wfdb.rdheader(str(path.with_suffix(""))).sig_name for path in sorted((tmp_path / "wfdb").rglob("*.hea"))]
    assert sorted(map(len, names)) == [11, 12]


def test_hugging_face_has_the_parts_of_the_split(store: Store, tmp_path: Path) -> None:
    export_store(store.path, tmp_path / "whole", "hf")
    assert "split: ecgs" in (tmp_path / "whole/README.md").read_text()
    split = split_by_fractions(store, (0.5, 0.25, 0.25))
    save_split(store, split)
    export_store(store.path, tmp_path / "out", "hf")
    for part, ids in split.parts.items():
        table = pq.read_table(tmp_path / f"out/data/{part}-00000.parquet")
        assert set(table["recording_id"].to_pylist()) == set(ids)
        assert f"split: {part}\n    path: data/{part}-*.parquet" in (tmp_path / "out/README.md").read_text()


def test_wfdb_comes_back_as_the_same_store(store: Store, tmp_path: Path) -> None:
    export_store(store.path, tmp_path / "out", "wfdb")
    record = wfdb.rdrecord(str(tmp_path / "out/records/0000/r0000002-0"), physical=False)
    assert np.array_equal(record.d_signal.T, store.counts(np.array([2]))[0][:, :110])
    assert record.comments == ["recording_id: r00002", f"{store.vocabulary.codes[1]}: 1", f"{store.vocabulary.codes[2]}: 0"]
    report = ingest(
        tmp_path / "out", tmp_path / "back", corpus="manifest", vocabulary="paper26", sampling_rate=50.0, key_file=tmp_path / "k"
    )
    assert (report.stored, report.patients, report.rejected) == (8, 6, ())
    back = Store.open(tmp_path / "back")
    assert np.array_equal(back.labels, store.labels[[0, 1, 1, 1, 2, 3, 4, 5]])


def test_wfdb_keeps_the_year(store: Store, tmp_path: Path) -> None:
    export_store(store.path, tmp_path / "out", "wfdb")
    manifest = tmp_path / "out/manifest.csv"
    pd.read_csv(manifest).assign(date=2019).to_csv(manifest, index=False)
    for source, target in (("out", "dated"), ("again", "back")):
        if source == "again":
            export_store(tmp_path / "dated", tmp_path / "again", "wfdb")
        ingest(tmp_path / source, tmp_path / target, corpus="manifest", vocabulary="paper26", sampling_rate=50.0, key_file=tmp_path / "k")
    assert Store.open(tmp_path / "back").records["year"].tolist() == [2019] * 8


def test_a_place_that_is_taken_and_a_format_that_is_none(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hf, parquet, wfdb"):
        export_store(store.path, tmp_path / "out", "edf")
    for out in (tmp_path, store.path / "out"):
        with pytest.raises(UsageError, match="Name a new folder"):
            export_store(store.path, out, "parquet")
    next((store.path / "shards").iterdir()).write_bytes(b"")
    with pytest.raises(Exception, match="damaged"):
        export_store(store.path, tmp_path / "out", "parquet")
    assert not list(tmp_path.glob("*out*"))
