"""Where a run begins: in an empty folder, or where one was killed before it had begun; never in anything else."""

import json
from pathlib import Path

import pytest

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.locks import own_folder
from jaccardio.training import run_folder
from jaccardio.training.config import load_preset
from jaccardio.training.loop import resume, train
from jaccardio.training.run_folder import RunFolder
from tests.conftest import TINY

CONFIG = load_preset("truth-small", (*TINY, "training.epochs=1"))


@pytest.mark.parametrize("written", range(4))
def test_a_run_killed_before_it_had_begun_starts_anew(
    store: Store, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """Killed after so many of its first files; with the fourth, the manifest, it would have begun."""
    count = 0
    write = run_folder.write_atomic

    def killed(path: Path, data: bytes) -> None:
        nonlocal count
        if count == written:
            raise KeyboardInterrupt
        count += 1
        write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(run_folder, "write_atomic", killed)
        patched.setattr(run_folder, "write_manifest", lambda path, form, files: killed(path / "manifest.json", b""))
        with pytest.raises(KeyboardInterrupt):
            RunFolder.create(tmp_path / "run", CONFIG, store, split)
    (tmp_path / "run" / ".lock").touch()
    assert not RunFolder(tmp_path / "run").begun
    assert train(store, split, CONFIG, tmp_path / "run", device="cpu")["steps"] > 0


@pytest.mark.parametrize("names", [("notes.txt",), ("config.toml",), ("config.toml", "log.jsonl"), ("checkpoints/step-00000001.json",)])
def test_files_of_others_are_never_overwritten(store: Store, split: Split, tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / name).write_text("precious")
    with pytest.raises(UsageError, match="It holds no run that could be continued"):
        train(store, split, CONFIG, tmp_path / "run", device="cpu")
    assert all((tmp_path / "run" / name).read_text() == "precious" for name in names)


def test_two_trainings_into_one_folder_exclude_each_other(store: Store, split: Split, trained: Path, tmp_path: Path) -> None:
    with own_folder(tmp_path / "run"), pytest.raises(UsageError, match="another process is writing it"):
        train(store, split, CONFIG, tmp_path / "run", device="cpu")
    run = RunFolder.create(tmp_path / "begun", CONFIG, store, split)
    with own_folder(run.path), pytest.raises(UsageError, match="another process is writing it"):
        resume(store, run.path, device="cpu")


def test_half_files_of_killed_writes_go_when_the_run_goes_on(store: Store, split: Split, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", CONFIG, store, split)
    left = [run.path / ".training.json.abcdefgh.tmp", run.checkpoints / ".step-00000001.safetensors.abcdefgh.tmp"]
    for path in left:
        path.write_bytes(b"half")
    (run.checkpoints / "step-00000001.safetensors").write_bytes(b"without its JSON")
    (run.path / ".model.abcdefgh.tmp" / "new").mkdir(parents=True)
    resume(store, run.path, device="cpu")
    assert not list(run.path.rglob(".*"))
    assert all(path.with_suffix(".json").exists() for path in run.checkpoints.glob("step-*.safetensors"))


def test_looks_at_test_parts_are_counted_and_none_can_be_taken_away_or_changed(store: Store, split: Split, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", CONFIG, store, split)
    assert [run.record_test_use(store, "test", 48) for _ in range(3)] == [1, 2, 3]
    lines = (run.path / "test_uses.jsonl").read_text().splitlines()
    assert [json.loads(line)["part"] for line in lines] == ["test"] * 3
    for kept in (lines[1:], [lines[0], lines[2]], [*lines[:2], lines[2].replace("48", "40")], [*lines, "{}"], [*lines, lines[2]]):
        (run.path / "test_uses.jsonl").write_text("\n".join(kept) + "\n")
        with pytest.raises(DataError, match=r"test_uses\.jsonl: line"):
            run.record_test_use(store, "test", 48)
