"""Appending: old shards stay, what is in is not read again, and whatever kills it leaves the store that was or that is to be."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.cohort import ingest as ingest_module
from jaccardio.cohort import store as store_module
from jaccardio.cohort import store_writer as writer_module
from jaccardio.cohort.ingest import IngestReport, ingest
from jaccardio.cohort.relabel import relabel
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError

MakeFolder = Callable[[int], Path]


def run(source: Path, store: Path, **arguments: Any) -> IngestReport:
    return ingest(source, store, **({"corpus": "ptbxl", "vocabulary": "ptbxl71", "sampling_rate": 100.0} | arguments))


def contents(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}


def part(folder: Path, rows: slice) -> None:
    """Leaves some rows in PTB-XL's table."""
    table = folder / "ptbxl_database.csv"
    header, *lines = table.with_suffix(".whole").read_text().splitlines(keepends=True)
    table.write_text(header + "".join(lines[rows]))


@pytest.fixture
def growing(make_ptbxl: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nine ECGs of which five are in the store ``tmp_path/store``, in shards of two."""
    for module in (store_module, writer_module):
        monkeypatch.setattr(module, "RECORDS_PER_SHARD", 2)
    folder = make_ptbxl(9)
    (folder / "ptbxl_database.whole").write_text((folder / "ptbxl_database.csv").read_text())
    part(folder, slice(5))
    run(folder, tmp_path / "store")
    part(folder, slice(None))
    return folder


def test_what_is_new_goes_into_new_shards(growing: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    before = contents(store)
    report = run(growing, store)
    assert (report.stored, report.skipped, report.rejected) == (9, 5, ())
    after = contents(store)
    assert all(after[name] == data for name, data in before.items() if name.endswith(".i16"))
    assert sorted(name for name in after if name.endswith(".i16")) == [f"shards/shard-0000{shard}.i16" for shard in range(5)]
    appended, straight = Store.open(store), tmp_path / "straight"
    appended.verify()
    run(growing, straight)
    whole, rows = Store.open(straight), np.arange(9)
    assert appended.ids.tolist() == whole.ids.tolist()
    assert np.array_equal(appended.counts(rows), whole.counts(rows))
    assert np.array_equal(appended.labels, whole.labels)
    assert np.array_equal(appended.measurements, whole.measurements, equal_nan=True)
    assert appended.fingerprint != whole.fingerprint
    assert run(growing, store).skipped == 9
    assert contents(store) == after, "nothing new, nothing written"
    relabel(store, "paper26")
    relabel(store, "ptbxl71")
    assert np.array_equal(Store.open(store).labels, whole.labels)


def test_other_settings_are_refused_and_the_store_stays(growing: Path, tmp_path: Path) -> None:
    before = contents(tmp_path / "store")
    for arguments, said in (
        ({"sampling_rate": 50.0}, "--fs: 100.0"),
        ({"vocabulary": "paper26"}, "--vocabulary: ptbxl71"),
        ({"corpus": "wfdb"}, "--corpus: ptbxl"),
    ):
        with pytest.raises(UsageError, match=f"made with another {said}"):
            run(growing, tmp_path / "store", **arguments)
    assert contents(tmp_path / "store") == before


def test_a_mended_recording_is_refused_no_longer(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder, store = make_ptbxl(3), tmp_path / "store"
    data = folder / "records100/00000/00002_lr.dat"
    whole = data.read_bytes()
    data.write_bytes(b"short")
    (folder / "records100/00000/00003_lr.dat").write_bytes(b"short")
    assert len(run(folder, store).rejected) == 2
    before = contents(store)
    again = run(folder, store)
    assert (again.stored, again.skipped, len(again.rejected)) == (1, 1, 2)
    assert contents(store) == before
    data.write_bytes(whole)
    assert run(folder, store).stored == 2
    assert [entry["record"] for entry in Store.open(store).manifest["rejected"]] == ["ptbxl:3"]


def test_a_hospital_needs_its_key(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder, store = make_ptbxl(2) / "records100", tmp_path / "store"
    arguments = {"corpus": "wfdb", "key_file": tmp_path / "key"}
    run(folder, store, **arguments)
    assert run(folder, store, **arguments).skipped == 2
    with pytest.raises(UsageError, match="no such key"):
        run(folder, store, corpus="wfdb", key_file=tmp_path / "other")


def test_an_error_leaves_the_store_that_was(growing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(tmp_path / "store")

    def fails(*_: Any, **__: Any) -> None:
        raise OSError("no such disk")

    monkeypatch.setattr(ingest_module, "kept_outside", fails)
    with pytest.raises(OSError, match="no such disk"):
        run(growing, tmp_path / "store")
    assert contents(tmp_path / "store") == before


def test_what_a_killed_append_left_is_removed(growing: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    run(growing, store)
    wanted = contents(store)
    for left in (
        "shards/shard-00007.i16",
        "records-0123456789ab.parquet",
        ".records-0123456789ab.parquet.x1y2.tmp",
        ".manifest.json.x.tmp",
    ):
        (store / left).write_bytes(b"half")
    assert run(growing, store).skipped == 9
    assert contents(store) == wanted


APPEND = """
import sys
from pathlib import Path
from jaccardio.cohort import store, store_writer
from jaccardio.cohort.ingest import ingest
store.RECORDS_PER_SHARD = store_writer.RECORDS_PER_SHARD = 2
print("ready", flush=True)
ingest(Path(sys.argv[1]), Path(sys.argv[2]), corpus="ptbxl", vocabulary="ptbxl71", sampling_rate=100.0)
"""


def test_killed_at_random_points_it_is_the_same_store(growing: Path, tmp_path: Path) -> None:
    store, random_point = tmp_path / "store", random.Random(0)
    old = Store.open(store).fingerprint
    run(growing, store)
    wanted, new = contents(store), Store.open(store).fingerprint
    kills = 0
    while kills < 3:
        part(growing, slice(5))
        for path in sorted(store.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        run(growing, store)
        part(growing, slice(None))
        process = subprocess.Popen([sys.executable, "-c", APPEND, growing, store], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random_point.uniform(0, 0.15))
        os.kill(process.pid, signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        process.stdout.close()
        Store.open(store).verify()
        assert Store.open(store).fingerprint in (old, new), "the store that was, or the one that is to be"
        run(growing, store)
        assert contents(store) == wanted
