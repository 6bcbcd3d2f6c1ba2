"""Ingest: same bytes however it ran, every refused file listed, nothing half-done taken for complete."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.cohort import ingest as ingest_module
from jaccardio.cohort.corpora import CORPORA
from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.ingest import IngestReport, ingest
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.recording.preprocessing import SignalContract, dequantise
from jaccardio.recording.readers import read_ecg

MakeFolder = Callable[[int], Path]


def run(source: Path, store: Path, **arguments: Any) -> IngestReport:
    return ingest(source, store, **({"corpus": "ptbxl", "vocabulary": "ptbxl71", "sampling_rate": 100.0} | arguments))


def contents(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}


def test_store_holds_what_the_files_hold(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder, calls = make_ptbxl(7), []
    report = run(folder, tmp_path / "store", progress=lambda done, total: calls.append((done, total)))
    store = Store.open(tmp_path / "store")
    assert (report.stored, report.rejected, report.path, calls) == (7, (), tmp_path / "store", [(7, 7)])
    assert store.ids.tolist() == [f"ptbxl:{number}" for number in range(1, 8)]
    assert store.contract == SignalContract(sampling_rate=100.0)
    recording = read_ecg(folder / "records100/00000/00005_lr")
    assert np.array_equal(store.signals(np.array([4]))[0], dequantise(store.contract.apply(recording).counts[0]))
    assert store.records["lead_mask"].tolist() == [4095] * 7
    assert store.records["waveform"][0] == store.records["waveform"][1] != store.records["waveform"][2]
    column = store.vocabulary.codes.index("AFIB")
    stated = ["scp:AFIB" in codes for codes in store.records["present"]]
    assert (store.labels[:, column] == 1).tolist() == stated
    counts = report.findings["AFIB"]
    assert counts == {"present": sum(stated), "absent": 7 - sum(stated), "unknown": 0}
    assert list(report.findings) == list(store.vocabulary.codes)
    assert store.manifest["corpus"] == "ptbxl"


def test_bytes_do_not_depend_on_the_number_of_processes(make_ptbxl: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_ptbxl(9)
    (folder / "records100/00000/00004_lr.dat").write_bytes(b"short")
    monkeypatch.setattr(ingest_module, "CHUNK", 2)
    one = run(folder, tmp_path / "one")
    monkeypatch.setattr(ingest_module, "WORKER_WORTH", 1)
    two = run(folder, tmp_path / "two", jobs=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert one.rejected == two.rejected
    assert len(one.rejected) == 1


def test_a_bad_file_is_listed_and_stops_nothing(make_ptbxl: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_ptbxl(5)
    data = folder / "records100/00000/00002_lr.dat"
    data.write_bytes(data.read_bytes()[:-24])
    (folder / "records100/00000/00003_lr.hea").unlink()

    def fails_on_four(path: Path, *arguments: str) -> Any:
        if path.name == "00004_lr":
            raise RuntimeError("Erika Mustermann")
        return read_ecg(path, *arguments)

    monkeypatch.setattr(ingest_module, "read_ecg", fails_on_four)
    report = run(folder, tmp_path / "store")
    assert report.stored == 2
    assert [rejection.record for rejection in report.rejected] == [
        f"ptbxl:{number} (records100/00000/0000{number}_lr)" for number in (2, 3, 4)
    ]
    assert report.rejected[2].reason == "internal error: RuntimeError."
    store = Store.open(tmp_path / "store")
    assert [entry["record"] for entry in store.manifest["rejected"]] == ["ptbxl:2", "ptbxl:3", "ptbxl:4"]
    assert store.ids.tolist() == ["ptbxl:1", "ptbxl:5"]
    assert not any(b"Mustermann" in data for data in contents(store.path).values())


def test_no_usable_record_makes_no_store(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder = make_ptbxl(2)
    for data in folder.rglob("*.dat"):
        data.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(DataError, match=r"no record could be read, 2 were refused(?s:.)*rejected ptbxl:1"):
        run(folder, tmp_path / "store")
    assert [path.name for path in tmp_path.iterdir()] == ["ptbxl"]


def test_rejections_of_the_corpus_are_kept_and_duplicate_ids_refused(
    make_ptbxl: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Listed:
        name, annotated = "listed", {}

        def __init__(self, *entries: Source | Rejection) -> None:
            self.entries = entries

        def sources(self) -> Iterator[Source | Rejection]:
            return iter(self.entries)

    path = make_ptbxl(1) / "records100/00000/00001_lr"
    one = Source("a", "p", path, (), (), False, "somewhere")
    corpora = {"good": lambda *_: Listed(Rejection("b", "no table."), one), "twice": lambda *_: Listed(one, one)}
    monkeypatch.setattr(ingest_module, "CORPORA", dict(CORPORA) | corpora)
    report = run(tmp_path, tmp_path / "store", corpus="good")
    assert report.rejected == (Rejection("b", "no table."),)
    assert (Store.open(tmp_path / "store").labels == -1).all()
    with pytest.raises(DataError, match="more than once, the first is a"):
        run(tmp_path, tmp_path / "other", corpus="twice")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("arguments", [{"corpus": "mimic"}, {"vocabulary": "icd"}, {"jobs": 0}])
def test_unknown_names_are_refused(make_ptbxl: MakeFolder, tmp_path: Path, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        run(make_ptbxl(1), tmp_path / "store", **arguments)


def test_a_store_inside_the_source_is_not_read_as_a_record(make_ptbxl: MakeFolder) -> None:
    folder, key = make_ptbxl(2), None
    key = folder.parent / "key"
    for name in ("one", "two"):
        report = run(folder / "records100", folder / "records100" / name, corpus="wfdb", key_file=key)
        assert (report.stored, report.rejected) == (2, ())


KILLED = """
import multiprocessing, os, signal, sys
from pathlib import Path
from jaccardio.cohort import ingest as module

source, store = map(Path, sys.argv[1:])
module.CHUNK = 2

def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def killed(progress=None, jobs=1):
    pid = os.fork()
    if pid == 0:
        if progress is None:
            Path.rename = end
        module.ingest(source, store, corpus="ptbxl", vocabulary="ptbxl71", sampling_rate=100.0, jobs=jobs, progress=progress)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    assert (store.parent / ".store.partial").is_dir() and not store.exists()

def end_and_tell_workers(done, total):
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    end()

killed(lambda done, total: end())
killed(lambda done, total: done == 6 and end())
killed()
module.WORKER_WORTH = 1
killed(end_and_tell_workers, jobs=2)
"""


def test_killed_and_run_again_ends_with_the_same_bytes(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder, store = make_ptbxl(9), tmp_path / "store"
    run(folder, tmp_path / "straight")
    killed = subprocess.run([sys.executable, "-c", KILLED, folder, store], capture_output=True, text=True, timeout=120)
    assert killed.returncode == 0, killed.stderr
    with pytest.raises(DataError, match="ingest` again"):
        Store.open(store)
    run(folder, store)
    assert contents(store) == contents(tmp_path / "straight")
    assert not (tmp_path / ".store.partial").exists()
    workers = killed.stdout.split()
    assert workers
    deadline = time.monotonic() + 30
    while any(_alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its killed parent"
        time.sleep(0.1)


def _alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_real_recordings(real_data: Path, tmp_path: Path) -> None:
    ptbxl = run(real_data / "ptbxl", tmp_path / "ptbxl")
    assert (ptbxl.stored, ptbxl.rejected, ptbxl.unmapped) == (115, (), {})
    challenge = run(real_data / "cinc2021", tmp_path / "challenge", corpus="challenge", vocabulary="paper26")
    assert challenge.stored + len(challenge.rejected) == 78
    assert challenge.rejected == ()
    for name in ("ptbxl", "challenge"):
        Store.open(tmp_path / name).verify()
