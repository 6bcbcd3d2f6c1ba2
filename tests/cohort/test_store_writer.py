"""A store appears whole or not at all."""

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import StoreWriter
from jaccardio.errors import MissingError, UsageError

from .conftest import CONTRACT

LABELS = np.zeros((3, 1), dtype=np.int8)


def test_an_existing_store_is_not_overwritten(make_store: Callable[..., Store]) -> None:
    store = make_store(LABELS)
    with pytest.raises(UsageError, match="there is a store already"):
        make_store(LABELS)
    store.verify()


def test_other_files_are_not_overwritten(tmp_path: Path, make_store: Callable[..., Store]) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="no finished store"):
        make_store(LABELS)
    assert (tmp_path / "store/thesis.txt").read_text() == "precious"


def test_an_empty_folder_may_be_the_place(tmp_path: Path, make_store: Callable[..., Store]) -> None:
    (tmp_path / "store").mkdir()
    make_store(LABELS).verify()


def test_what_a_killed_process_left_is_replaced(tmp_path: Path, make_store: Callable[..., Store]) -> None:
    (tmp_path / ".store.partial/shards").mkdir(parents=True)
    (tmp_path / ".store.partial/shards/shard-00007.i16").write_bytes(b"half")
    (tmp_path / ".store.partial/records.parquet").write_bytes(b"half")
    store = make_store(LABELS)
    assert len(list((store.path / "shards").iterdir())) == 1
    assert not (tmp_path / ".store.partial").exists()


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), StoreWriter(tmp_path / "store", CONTRACT):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_store_exclude_each_other(tmp_path: Path) -> None:
    with StoreWriter(tmp_path / "store", CONTRACT):
        with pytest.raises(UsageError, match="another process"), StoreWriter(tmp_path / "store", CONTRACT):
            pass
        assert (tmp_path / ".store.partial").is_dir()
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(handle)


@pytest.mark.parametrize("victim", ["write", "fsync", "rename"])
def test_a_full_disk_leaves_no_store(
    tmp_path: Path, make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def open_on_full_device(path: Path, *arguments: Any, **keywords: Any) -> Any:
        return original(Path("/dev/full") if path.suffix == ".i16" else path, *arguments, **keywords)

    original = Path.open
    with monkeypatch.context() as patch:
        if victim == "write":
            patch.setattr(Path, "open", open_on_full_device)
        elif victim == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(Path, "rename", full)
        with pytest.raises(MissingError, match="no space left"):
            make_store(LABELS)
    assert list(tmp_path.iterdir()) == []
    make_store(LABELS).verify()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(UsageError, match="cannot be written"), StoreWriter(tmp_path / "store", CONTRACT):
        pass
