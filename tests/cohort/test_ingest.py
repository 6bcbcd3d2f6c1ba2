"""Ingest: same bytes however it ran, every refused file listed, nothing half-done taken for complete."""

import csv
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from jaccardio.cohort import ingest as ingest_module
from jaccardio.cohort.corpora import CORPORA
from jaccardio.cohort.corpora.corpus import Rejection, Source, SourceOptions
from jaccardio.cohort.id_table import IdTable
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
    assert (report.stored, report.rejected, calls) == (7, (), [(7, 7)])
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


def test_the_store_keeps_what_reports_say_and_not_their_words(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder = make_ptbxl(4)
    with (folder / "ptbxl_database.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    reports = ["sinus rhythm. q waves in ii, iii, avf.", "Patient Dorfmeister fell asleep. sinus rhythm", "", "as told by Mrs Dorfmeister"]
    with (folder / "ptbxl_database.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, [*rows[0], "report"])
        table.writeheader()
        table.writerows(row | {"report": report} for row, report in zip(rows, reports, strict=True))
    run(folder, tmp_path / "store")
    store = Store.open(tmp_path / "store")
    assert store.report_phrases == [("sinus_rhythm", "q_waves@II+III+aVF"), ("sinus_rhythm",), None, ()]
    assert "dorfmeister" not in f"{store.records.to_csv()}{store.manifest}".casefold()


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
        annotated: ClassVar[dict[str, frozenset[str]]] = {}
        pseudonymous, notes = False, ()

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


def hospital(folder: Path, make_ptbxl: MakeFolder, rows: str) -> Path:
    """Signals of PTB-XL's layout under a manifest of their own."""
    records = make_ptbxl(3) / "records100/00000"
    (records / "Mueller.csv").write_text(f"path,patient_id,site,af\n{rows}")
    return records / "Mueller.csv"


ROWS = "00001_lr,Mueller,Nordklinik,ja\n00002_lr.hea,Mueller,Nordklinik,nein\nmueller_gone,,Nordklinik,\n"
MANIFEST = {"corpus": "manifest", "vocabulary": "paper26"}


def test_a_hospital_leaves_no_name_in_the_store_and_has_a_way_back(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    source, store = hospital(tmp_path, make_ptbxl, ROWS), tmp_path / "store"
    report = run(source, store, **MANIFEST, id_table=tmp_path / "ids.csv")
    assert (report.stored, report.patients, report.key_file) == (2, 1, tmp_path / "store.patient-key")
    assert report.notes[0] == "column af: 'ja' 1 -> present, 'nein' 1 -> absent, empty 1 -> unknown"
    assert "mueller_gone" in report.rejected[0].record
    for data in contents(store).values():
        for name in (b"mueller", b"nordklinik", b"_lr"):
            assert name not in data.lower()
    records = Store.open(store).records
    assert records["site"].str.fullmatch(r"site-[a-z2-7]{6}").all()
    assert IdTable.load(tmp_path / "ids.csv").paths_of(records["recording_id"]) == [
        str(source.with_name("00001_lr")),
        str(source.with_name("00002_lr.hea")),
    ]
    again = run(source, tmp_path / "again", **MANIFEST, key_file=report.key_file)
    assert again.stored == 2
    assert contents(tmp_path / "again") == contents(store)


def test_challenge_files_of_a_hospital_leave_no_name_in_the_store(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder = make_ptbxl(3) / "records100"
    ward = (folder / "00000").rename(folder / "mueller")
    header = ward / "00001_lr.hea"
    header.write_text(header.read_text() + "#Dx: 19310417,Mueller,AF\n")
    (ward / "mueller.hea").write_text("mueller 12 100\n")
    (ward / "sub").mkdir()
    (ward / "sub" / "00001_lr.hea").write_text(header.read_text())
    report = run(folder, tmp_path / "store", corpus="challenge", vocabulary="paper26")
    assert (report.stored, len(report.rejected)) == (3, 2)
    assert any("mueller/mueller.hea" in rejection.record for rejection in report.rejected)
    assert report.key_file == tmp_path / "store.patient-key"
    for data in contents(tmp_path / "store").values():
        for name in (b"mueller", b"19310417", b"_lr"):
            assert name not in data.lower()


def test_public_names_of_the_challenge_need_no_key(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder = make_ptbxl(1) / "records100/00000"
    header = folder / "00001_lr.hea"
    (folder / "E00015.hea").write_text(header.read_text().replace("00001_lr 12", "E00015 12"))
    header.unlink()
    report = run(folder, tmp_path / "store", corpus="challenge", vocabulary="paper26")
    assert (report.stored, report.key_file) == (1, None)
    assert not (tmp_path / "store.patient-key").exists()


@pytest.mark.parametrize("rows", ["00001_lr,1,N,perhaps\n", "absent,1,N,1\n"])
def test_a_failed_ingest_leaves_no_new_key_and_no_table_behind(make_ptbxl: MakeFolder, tmp_path: Path, rows: str) -> None:
    source = hospital(tmp_path, make_ptbxl, rows)
    with pytest.raises(DataError):
        run(source, tmp_path / "store", **MANIFEST, id_table=tmp_path / "ids.csv", key_file=tmp_path / "new" / "key")
    assert [path.name for path in tmp_path.iterdir()] == ["ptbxl"]


def test_what_fails_at_the_very_end_takes_its_new_key_along_but_never_an_old_one(
    make_ptbxl: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, key = hospital(tmp_path, make_ptbxl, ROWS), tmp_path / "key"
    run(source, tmp_path / "store", **MANIFEST, key_file=key)

    def fails(*_: Any, **__: Any) -> None:
        raise OSError("no rename")

    monkeypatch.setattr(ingest_module.StoreWriter, "finish", fails)
    for key_file in (key, tmp_path / "key2"):
        with pytest.raises(OSError, match="no rename"):
            run(source, tmp_path / "other", **MANIFEST, id_table=tmp_path / "ids.csv", key_file=key_file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "ptbxl", "store"]


def test_a_dry_run_says_what_would_be_stored_and_writes_nothing(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    source = hospital(tmp_path, make_ptbxl, ROWS)
    dry = run(source, tmp_path / "store", **MANIFEST, dry_run=True)
    assert [path.name for path in tmp_path.iterdir()] == ["ptbxl"]
    real = run(source, tmp_path / "store", **MANIFEST)
    assert (dry.stored, dry.patients, dry.findings, dry.notes) == (real.stored, real.patients, real.findings, real.notes)
    assert "mueller_gone" in dry.rejected[0].record


def test_options_that_a_corpus_has_no_use_for_are_refused(make_ptbxl: MakeFolder, tmp_path: Path) -> None:
    folder = make_ptbxl(1)
    for options in (SourceOptions(drop=("x",)), SourceOptions(allow_outside=True), SourceOptions(site="Nord")):
        with pytest.raises(UsageError, match=r"does not belong|do not belong"):
            run(folder, tmp_path / "store", options=options)


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


def test_real_files_of_vendors_in_one_folder(real_data: Path, tmp_path: Path) -> None:
    report = run(real_data / "formats", tmp_path / "store", corpus="folder", vocabulary="paper26")
    assert report.stored == 14
    assert {rejection.reason.partition(":")[0] for rejection in report.rejected} == {"leads", "rhythm", "file"}
