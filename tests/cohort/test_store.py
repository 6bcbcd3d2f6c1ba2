"""The store reads back what was written and notices every change."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort import store as store_module
from jaccardio.cohort import store_writer
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError

from .conftest import windows

LABELS = np.array([[1, 0], [-1, 1], [0, -1], [0, 0], [1, 1]], dtype=np.int8)


def test_signals_labels_and_records_come_back(make_store: Callable[..., Store]) -> None:
    store = make_store(LABELS, folds=[1, 2, 3, 4, None])
    rows = np.array([4, 0, 4])
    assert store.signals(rows).dtype == np.float32
    assert np.array_equal(np.rint(store.signals(rows) * 1000), windows(5)[rows])
    assert np.array_equal(store.counts(rows), windows(5)[rows])
    assert np.array_equal(store.labels[:, :2], LABELS)
    assert (store.labels[:, 2:] == -1).all()
    assert store.records["fold"].isna().tolist() == [False, False, False, False, True]
    assert list(store.records["present"][0]) == ["scp:AFIB"]
    assert store.records["age"].isna()[0]
    assert store.manifest["rejected"] == [{"record": "r99999", "reason": "signal file: absent."}]
    assert len(store) == 5
    store.verify()


def test_records_fill_several_shards(make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (store_writer, store_module):
        monkeypatch.setattr(module, "RECORDS_PER_SHARD", 2)
    store = make_store(LABELS)
    assert sorted(path.name for path in (store.path / "shards").iterdir()) == [f"shard-0000{number}.i16" for number in range(3)]
    rows = np.array([3, 0, 4, 1, 2])
    assert np.array_equal(store.counts(rows), windows(5)[rows])
    store.verify()


def test_all_windows_of_long_and_short_recordings_come_back(make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (store_writer, store_module):
        monkeypatch.setattr(module, "RECORDS_PER_SHARD", 2)
    store = make_store(LABELS, recorded=[200, 200, 120, 200, 200], windows_of=[1, 3, 1, 2, 4])
    assert len(list((store.path / "further").iterdir())) == 3
    rows = np.array([3, 2, 1])
    found = store.windows(rows)
    assert found.ecg.tolist() == [0, 0, 1, 2, 2, 2]
    assert found.recorded.tolist() == [200, 200, 120, 200, 200, 200]
    assert found.lead_mask.all()
    counts = np.rint(found.signal * 1000)
    assert np.array_equal(counts[[0, 3]], windows(5)[[3, 1]])
    assert np.array_equal(counts[1:2], windows(1, seed=103))
    assert np.array_equal(counts[4:], windows(2, seed=101))
    assert not counts[2, :, 120:].any()
    store.verify()
    chosen = store.chosen_counts(np.array([4, 0, 4, 4]), np.array([3, 0, 0, 1]))
    assert np.array_equal(chosen, [windows(3, seed=104)[2], windows(5)[0], windows(5)[4], windows(3, seed=104)[0]])


def test_rows_of_ids(make_store: Callable[..., Store]) -> None:
    store = make_store(LABELS)
    assert store.rows_of(["r00003", "r00000"]).tolist() == [3, 0]
    assert store.rows_of([]).tolist() == []
    with pytest.raises(DataError, match="r00009"):
        store.rows_of(["r00003", "r00009"])


def test_no_rows_give_an_empty_batch(make_store: Callable[..., Store]) -> None:
    assert make_store(LABELS).signals(np.array([], dtype=np.int64)).shape == (0, 12, 200)


def test_fingerprint_depends_on_labels(make_store: Callable[..., Store]) -> None:
    other = LABELS.copy()
    other[0, 1] = -1
    assert make_store(LABELS).fingerprint != make_store(other, name="other").fingerprint
    assert make_store(LABELS, name="again").fingerprint == make_store(LABELS, name="third").fingerprint


def test_folder_without_manifest_is_no_store(make_store: Callable[..., Store], tmp_path: Path) -> None:
    store = make_store(LABELS)
    (store.path / "manifest.json").unlink()
    with pytest.raises(DataError, match="no finished store"):
        Store.open(store.path)
    with pytest.raises(UsageError, match="no such folder"):
        Store.open(tmp_path / "absent")


def test_other_format_is_refused(make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(LABELS)
    monkeypatch.setattr(store_module, "FORMAT", 99)
    with pytest.raises(DataError, match="format"):
        Store.open(store.path)


def _use(path: Path) -> None:
    store = Store.open(path)
    store.windows(np.arange(len(store)))
    store.verify()


@pytest.mark.parametrize("kind", ["shards/shard-00000.i16", "further/shard-00000.i16", "records.parquet", "labels-", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "extend", "remove"])
def test_any_damage_is_noticed(make_store: Callable[..., Store], kind: str, damage: str) -> None:
    path = make_store(LABELS, windows_of=[1, 2, 1, 1, 1]).path
    file = next(found for found in path.rglob("*") if found.relative_to(path).as_posix().startswith(kind))
    whole = file.read_bytes()
    for place in np.random.default_rng(1).integers(0, len(whole), 25 if damage in ("flip", "truncate") else 1):
        if damage == "remove":
            file.unlink()
        elif damage == "extend":
            file.write_bytes(whole + b"0")
        elif damage == "truncate":
            file.write_bytes(whole[:place])
        else:
            flipped = whole[place] ^ 1
            if whole[place : place + 1].isspace() or bytes([flipped]).isspace():
                continue  # blanks between values of a JSON document carry no meaning
            file.write_bytes(whole[:place] + bytes([flipped]) + whole[place + 1 :])
        with pytest.raises(DataError):
            _use(path)
        file.write_bytes(whole)
    _use(path)


def test_damage_after_opening_is_noticed_on_read(make_store: Callable[..., Store]) -> None:
    store = make_store(LABELS)
    shard = store.path / "shards/shard-00000.i16"
    whole = shard.read_bytes()
    size = len(whole) // 5
    shard.write_bytes(whole[: 2 * size + 7] + bytes([whole[2 * size + 7] ^ 4]) + whole[2 * size + 8 :])
    store.signals(np.array([0, 1, 3, 4]))
    with pytest.raises(DataError, match="r00002"):
        store.signals(np.array([1, 2]))
    shard.write_bytes(whole[: 4 * size + 3])
    with pytest.raises(DataError, match="r00004"):
        store.signals(np.array([4]))
    shard.unlink()
    with pytest.raises(DataError, match="missing"):
        store.signals(np.array([0]))
