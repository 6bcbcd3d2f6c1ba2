"""Object storage: what goes up is a store only when it is whole, what comes down is compared, and no name leads out of a folder."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from jaccardio.checksums import MANIFEST, seal
from jaccardio.cohort import remote
from jaccardio.cohort.relabel import relabel
from jaccardio.cohort.remote import fetch_store, mirrored, published
from jaccardio.cohort.split import default_split, load_split, save_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.files import json_bytes, read_json
from tests.conftest import Command

MakeStore = Callable[..., Store]
URL = "memory://bucket/cohorts/store"
LABELS = np.array([[1, 0]] * 3 + [[0, 1]] * 3 + [[1, -1]] * 3, dtype=np.int8)


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """An empty storage in memory, an empty cache, and a place for folders of the moment that must be empty in the end."""
    system = fsspec.filesystem("memory")
    moment = tmp_path / "moment"
    moment.mkdir()
    monkeypatch.setenv("JACCARDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(moment))
    yield system
    system.store.clear()
    assert not list(moment.iterdir())


def upload(store: Store, url: str = URL) -> None:
    with published(url) as folder:
        shutil.copytree(store.path, folder)


def counted(monkeypatch: pytest.MonkeyPatch, system: Any, name: str) -> list[str]:
    """Last parts of the objects that a method of the storage is called for, from now on."""
    called: list[str] = []
    real = getattr(type(system), name)
    place = {"put_file": 2, "get_file": 1, "rm_file": 1}[name]

    def call(*words: Any, **options: Any) -> Any:
        called.append(words[place].rpartition("/")[2])
        return real(*words, **options)

    monkeypatch.setattr(type(system), name, call)
    return called


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_there_and_back(make_store: MakeStore, tmp_path: Path, scheme: str) -> None:
    store = make_store(LABELS)
    url = f"{scheme}://{tmp_path}/up/store" if scheme == "file" else URL
    upload(store, url)
    opened = Store.open(fetch_store(url))
    opened.verify()
    assert opened.fingerprint == store.fingerprint
    np.testing.assert_array_equal(opened.counts(np.arange(9)), store.counts(np.arange(9)))
    assert opened.path.stat().st_mode & 0o777 == 0o700


def test_a_copy_is_fetched_once(make_store: MakeStore, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(make_store(LABELS))
    got = counted(monkeypatch, memory, "get_file")
    folder = fetch_store(URL)
    assert len(got) == len(set(got)) == len(read_json(folder / MANIFEST)["files"])
    assert fetch_store(URL) == folder
    (folder / MANIFEST).unlink()  # as if it had been interrupted before the last file
    (folder / "records.parquet").write_bytes(b"half")
    got.clear()
    assert fetch_store(URL) == folder
    assert got == ["records.parquet"]
    Store.open(folder).verify()


def test_an_upload_that_ends_early_is_no_store(make_store: MakeStore, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(LABELS)
    real = type(memory).put_file
    put: list[str] = []

    def fail(system: Any, source: str, target: str, **options: Any) -> None:
        if len(put) == 2:
            raise ConnectionResetError("secret address")
        put.append(target)
        real(system, source, target, **options)

    monkeypatch.setattr(type(memory), "put_file", fail)
    with pytest.raises(MissingError, match=r"^memory://bucket/cohorts/store: cannot be reached \(ConnectionResetError\)\.") as caught:
        upload(store)
    assert "secret" not in str(caught.value)
    assert len(put) == 2
    with pytest.raises(DataError, match="no finished store"):
        fetch_store(URL)
    monkeypatch.setattr(type(memory), "put_file", real)
    names = counted(monkeypatch, memory, "put_file")
    upload(store)
    assert names[-1] == MANIFEST
    assert Store.open(fetch_store(URL)).fingerprint == store.fingerprint


def test_an_object_cut_on_its_way(make_store: MakeStore, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = type(memory).put_file

    def cut(system: Any, source: str, target: str, **options: Any) -> None:
        real(system, source, target, **options)
        system.pipe_file(target, system.cat_file(target)[:-1])

    monkeypatch.setattr(type(memory), "put_file", cut)
    with pytest.raises(MissingError, match="did not arrive whole"):
        upload(make_store(LABELS))
    assert not memory.exists(f"{URL}/{MANIFEST}")


def test_an_error_in_the_block_leaves_what_was_there(make_store: MakeStore, memory: Any) -> None:
    upload(make_store(LABELS))
    before = dict(memory.store)

    def change() -> None:
        with published(URL) as folder:
            relabel(folder, "ptbxl71")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change()
    assert dict(memory.store) == before


def test_a_change_takes_what_changed(make_store: MakeStore, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(LABELS)
    upload(store)
    old = store.manifest["labels"]
    put = counted(monkeypatch, memory, "put_file")
    removed = counted(monkeypatch, memory, "rm_file")
    with published(URL) as folder:
        relabel(folder, "ptbxl71")
    opened = Store.open(fetch_store(URL))
    assert put == [opened.manifest["labels"], MANIFEST]
    assert removed == [old]
    assert opened.vocabulary.name == "ptbxl71"
    assert opened.path != store.path
    put.clear()
    with published(URL) as folder:
        save_split(Store.open(folder), default_split(Store.open(folder)))
    assert put == ["split.json"]
    split = load_split(Store.open(fetch_store(URL)))
    assert split is not None
    put.clear()
    with published(URL) as folder:
        assert load_split(Store.open(folder)) == split
    assert put == []


def test_two_who_change_a_store(make_store: MakeStore) -> None:
    upload(make_store(LABELS))

    def change(vocabulary: str, meanwhile: Callable[[], None]) -> None:
        with published(URL) as folder:
            relabel(folder, vocabulary)
            meanwhile()

    with pytest.raises(UsageError, match="changed by somebody else meanwhile"):
        change("ptbxl71", lambda: change("japanese98", lambda: None))
    assert Store.open(fetch_store(URL)).vocabulary.name == "japanese98"


@pytest.mark.parametrize("name", ["shards/shard-00000.i16", "records.parquet"])
def test_a_flipped_bit_and_a_cut_file_never_enter_the_cache(make_store: MakeStore, memory: Any, tmp_path: Path, name: str) -> None:
    upload(make_store(LABELS))
    sound = memory.cat_file(f"{URL}/{name}")
    for data in (sound[:100] + bytes([sound[100] ^ 1]) + sound[101:], sound[:-1], sound + b"\0"):
        memory.pipe_file(f"{URL}/{name}", data)
        with pytest.raises(DataError, match="not as it was written"):
            fetch_store(URL)
    assert not list((tmp_path / "cache").rglob(MANIFEST))
    assert not list((tmp_path / "cache").rglob(Path(name).name))
    memory.rm_file(f"{URL}/{name}")
    with pytest.raises(UsageError, match="nothing is there"):
        fetch_store(URL)


@pytest.mark.parametrize("name", ["../../evil", "/evil", "a/../../evil", "a//evil", "./evil", "a\\evil"])
def test_a_manifest_that_names_files_elsewhere(memory: Any, tmp_path: Path, name: str) -> None:
    memory.pipe_file(f"{URL}/{MANIFEST}", json_bytes(seal({"format": 3, "files": {name: {"bytes": 1, "sha256": "0"}}})))
    with pytest.raises(DataError, match="leads out of the folder"):
        fetch_store(URL)
    memory.pipe_file(f"{URL}/{MANIFEST}", b'{"files": {}}')
    with pytest.raises(DataError, match="no manifest of a store, or damaged"):
        fetch_store(URL)
    assert not list(tmp_path.rglob("evil"))


def test_a_source_is_copied_for_the_moment(memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("in/manifest.csv", "in/ecg/a.hea", "in/ecg/a.dat", "in/all.zip", "outside.hea"):
        memory.pipe_file(f"memory://bucket/{name}", name.encode())
    with mirrored("memory://bucket/in/") as folder:
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
        assert found == ["all.zip", "ecg/a.dat", "ecg/a.hea", "manifest.csv"]
    assert not folder.exists()
    with mirrored("memory://bucket/in/manifest.csv") as table:
        assert (table.read_text(), (table.parent / "ecg/a.hea").read_text()) == ("in/manifest.csv", "in/ecg/a.hea")
    with mirrored("memory://bucket/in/all.zip") as archive:
        assert [path.name for path in archive.parent.iterdir()] == ["all.zip"]
    with mirrored(str(tmp_path)) as here:
        assert here == tmp_path
    with pytest.raises(UsageError, match="nothing is there"), mirrored("memory://bucket/absent"):
        pass
    monkeypatch.setattr(remote.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1))
    with pytest.raises(MissingError, match="49 bytes, 1 are free"), mirrored("memory://bucket/in"):
        pass


def test_an_object_that_would_be_written_elsewhere(memory: Any) -> None:
    memory.store["/bucket/in/../../evil.hea"] = memory.store["/bucket/in/a.hea"] = fsspec.implementations.memory.MemoryFile(
        memory, "/bucket/in/a.hea", b"x"
    )
    with pytest.raises(DataError, match="leads out of the folder"), mirrored("memory://bucket/in"):
        pass


def test_what_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"^nowhere://host/a: no storage known to fsspec"):
        fetch_store("nowhere://name:secret@host/a?token=secret")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(MissingError, match=r"pip install 'jaccardio\[remote\]'"):
        fetch_store("s3://bucket/store")


def test_commands_take_urls(jaccardio: Command, make_ptbxl: Callable[[int], Path], memory: Any, tmp_path: Path) -> None:
    """A source and a store, by the commands that read and change stores; the same bytes as on a disk."""
    memory.put(str(make_ptbxl(9)), "memory://bucket/ptbxl", recursive=True)
    words = ("--corpus", "ptbxl", "--vocabulary", "ptbxl71", "--fs", 100, "--jobs", 1)
    done = jaccardio("ingest", "memory://bucket/ptbxl", URL, *words, "--json")
    assert (done.status, done.json()["stored"], done.json()["store"]) == (0, 9, URL)
    assert jaccardio("ingest", tmp_path / "ptbxl", tmp_path / "same", *words).status == 0
    assert Store.open(fetch_store(URL)).fingerprint == Store.open(tmp_path / "same").fingerprint
    again = jaccardio("ingest", "memory://bucket/ptbxl", URL, *words)
    assert "9 ECGs were in the store before" in again.out
    assert jaccardio("split", URL, "--fractions", "0.4,0.3,0.3").status == 0
    assert load_split(Store.open(fetch_store(URL))) is not None
    assert jaccardio("relabel", URL, "--vocabulary", "paper26").status == 0
    assert jaccardio("export-store", URL, tmp_path / "out", "--to", "parquet").status == 0
    assert jaccardio("export-store", "memory://bucket/absent", tmp_path / "none", "--to", "parquet").status == 3
    absent = jaccardio("split", "memory://bucket/absent")
    assert (absent.status, "memory://bucket/absent: no finished store" in absent.err) == (3, True)
    refused = jaccardio("ingest", "memory://bucket/ptbxl", tmp_path / "other", *words, "--on", "ray")
    assert (refused.status, "mount the storage" in refused.err) == (2, True)


def test_s3(make_store: MakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a server of this machine that speaks S3."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        system = fsspec.filesystem("s3")
        system.mkdir("cohorts")
        system.pipe({"cohorts/in/manifest.csv": b"path", "cohorts/in/ecg/a.hea": b"a"})
        with mirrored("s3://cohorts/in") as folder:
            assert {path.name: path.read_bytes() for path in folder.rglob("*.*")} == {"manifest.csv": b"path", "a.hea": b"a"}
        store, url = make_store(LABELS), "s3://cohorts/a/store"
        upload(store, url)
        Store.open(fetch_store(url)).verify()
        with published(url) as folder:
            relabel(folder, "ptbxl71")
        changed = Store.open(fetch_store(url))
        np.testing.assert_array_equal(changed.counts(np.arange(9)), store.counts(np.arange(9)))
        assert changed.vocabulary.name == "ptbxl71"
        with pytest.raises(DataError, match="no finished store"):
            fetch_store("s3://cohorts/a/other")
        with pytest.raises(UsageError, match="nothing is there"), mirrored("s3://elsewhere/in"):
            pass
        type(system).clear_instance_cache()
    finally:
        server.stop()
