"""A changed byte in any file that is read back is refused by the command that reads it, and named by doctor."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaccardio.cohort.store import Store
from jaccardio.experiments.prediction_table import read_predictions
from jaccardio.experiments.score import Submission, run_score
from jaccardio.training.run_folder import RunFolder
from jaccardio.training.session import Session
from tests.conftest import Command, Hospitals

RUN_FILES = ("manifest.json", "config.toml", "split.json", "environment.json", "training.json", "test_uses.jsonl")
MODEL_FILES = ("manifest.json", "model.safetensors", "config.json", "vocabulary.json", "thresholds.json", "calibration.json", "README.md")
READ = (*RUN_FILES, *(f"model/{name}" for name in MODEL_FILES))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def nest(path: Path) -> None:
    path.write_bytes(b"[" * 100_000)


@pytest.fixture(scope="module")
def looked_at(trained: Path, hospitals: Hospitals, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained run after two looks at test parts."""
    path = Path(shutil.copytree(trained, tmp_path_factory.mktemp("looked") / "run"))
    for part in ("test", "all"):
        RunFolder.open(path).record_test_use(Store.open(hospitals.away), part, 80)
    return path


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("damage", [flip, cut, nest])
def test_a_damaged_run_is_refused_and_the_file_named(
    jaccardio: Command, looked_at: Path, hospitals: Hospitals, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    run = Path(shutil.copytree(looked_at, tmp_path / "run"))
    damage(run / name)
    refused = jaccardio("evaluate", run, "--store", hospitals.away, "--part", "all", "--out", tmp_path / "out")
    assert (refused.status, refused.out) == (3, "")
    assert str(run / name) in refused.err
    assert not (tmp_path / "out").exists()
    found = jaccardio("doctor", run)
    assert found.status == 3
    assert name in found.out


@pytest.mark.parametrize("name", [*RUN_FILES[:4], *READ[6:]])
def test_a_lost_file_is_named(jaccardio: Command, looked_at: Path, hospitals: Hospitals, tmp_path: Path, name: str) -> None:
    run = Path(shutil.copytree(looked_at, tmp_path / "run"))
    (run / name).unlink()
    refused = jaccardio("evaluate", run, "--store", hospitals.away, "--part", "all", "--out", tmp_path / "out")
    assert refused.status == 3
    assert Path(name).name in refused.err
    assert jaccardio("doctor", run).status == 3


def test_a_split_that_hides_what_was_trained_on_is_refused(
    jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path
) -> None:
    """Without the check, a copy of the split with training ECGs renamed lets them be scored as another hospital's."""
    document = json.loads((run_folder / "split.json").read_text())
    for part in document["parts"].values():
        for key, values in part.items():
            part[key] = [f"x{value}" for value in values]
    (run_folder / "split.json").write_text(json.dumps(document))
    refused = jaccardio("evaluate", run_folder, "--store", hospitals.home, "--part", "all", "--out", tmp_path / "out")
    assert refused.status == 3
    assert "split.json" in refused.err


def test_files_of_another_run_are_refused(jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    other = tmp_path / "other"
    words = ("train", "--preset", "truth-small", "--store", hospitals.home, "--out", other, "--device", "cpu")
    small = ("model.width=4", "model.embedding=16", "model.text=random", "training.steps=2", "training.batch_size=16", "training.seed=1")
    assert jaccardio(*words, *(word for setting in small for word in ("--set", setting))).status == 0
    for name in ("config.toml", "training.json", "model"):
        copy = Path(shutil.copytree(run_folder, tmp_path / f"with-{name}"))
        if name == "model":
            shutil.copytree(other / name, copy / name, dirs_exist_ok=True)
        else:
            shutil.copy(other / name, copy / name)
        refused = jaccardio("evaluate", copy, "--store", hospitals.away, "--part", "all", "--out", tmp_path / "out")
        assert refused.status == 3, name
        assert name in refused.err


def test_a_run_without_manifest_is_refused_with_the_reason(jaccardio: Command, run_folder: Path, ecgs: list[Path]) -> None:
    (run_folder / "manifest.json").unlink()
    refused = jaccardio("predict", run_folder, ecgs[0])
    assert refused.status == 3
    assert "an earlier version wrote it" in refused.err


def unfinished(run: Path) -> list[Path]:
    """Makes a run one that was killed after its last checkpoint; its checkpoints' JSON, newest first."""
    (run / "training.json").unlink()
    shutil.rmtree(run / "model")
    return sorted((run / "checkpoints").glob("step-*.json"), reverse=True)


@pytest.mark.parametrize("key", ["step", "seconds", "best", "sha256", "run_sha256"])
def test_an_edited_checkpoint_is_passed_over(jaccardio: Command, hospitals: Hospitals, run_folder: Path, key: str) -> None:
    weights = (run_folder / "model" / "model.safetensors").read_bytes()
    newest, _ = unfinished(run_folder)
    document = json.loads(newest.read_text())
    document[key] = {"step": document["step"] - 1, "seconds": 0.0, "best": {"file": ""}}.get(key, "0" * 64)
    newest.write_text(json.dumps(document))
    assert newest.name in jaccardio("doctor", run_folder).out
    resumed = jaccardio("train", "--store", hospitals.home, "--out", run_folder, "--resume", "--device", "cpu")
    assert resumed.status == 0
    assert (run_folder / "model" / "model.safetensors").read_bytes() == weights


def test_damaged_best_weights_are_noticed_before_the_first_step(
    jaccardio: Command, hospitals: Hospitals, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished(run_folder)
    for best in (run_folder / "checkpoints").glob("best-*.safetensors"):
        flip(best)
    monkeypatch.setattr(Session, "_step", None)
    refused = jaccardio("train", "--store", hospitals.home, "--out", run_folder, "--resume", "--device", "cpu")
    assert refused.status == 3
    assert "best-" in refused.err
    assert "best-" in jaccardio("doctor", run_folder).out


def test_a_damaged_log_changes_no_result(jaccardio: Command, hospitals: Hospitals, run_folder: Path) -> None:
    weights = (run_folder / "model" / "model.safetensors").read_bytes()
    unfinished(run_folder)
    lines = (run_folder / "log.jsonl").read_bytes().splitlines()
    spoilt = [b"[]", b'{"step": "x"}', b'{"step": 1, "loss": "high"}', b"\xff", b"[" * 100_000, b'{"loss": 1}']
    (run_folder / "log.jsonl").write_bytes(b"\n".join([*lines, *spoilt]))
    assert jaccardio("train", "--store", hospitals.home, "--out", run_folder, "--resume", "--device", "cpu").status == 0
    assert (run_folder / "model" / "model.safetensors").read_bytes() == weights
    assert [json.loads(line) for line in (run_folder / "log.jsonl").read_bytes().splitlines()] == [json.loads(line) for line in lines]


def test_what_an_evaluation_wrote_is_read_back_only_as_written(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> None:
    store, scored = Store.open(hospitals.home), tmp_path / "scored"
    codes = store.vocabulary.codes
    scores = np.random.default_rng(0).random((len(store), len(codes)))
    pd.DataFrame({"recording_id": store.ids} | dict(zip(codes, scores.T, strict=True))).to_csv(tmp_path / "any.csv")
    run_score(store, Submission(tmp_path / "any.csv"), scored, replicates=3)
    predictions, thresholds = scored / "predictions.parquet", scored / "thresholds.json"
    assert jaccardio("doctor", scored).status == 0
    read_predictions(predictions, codes)

    def refused(name: str, *words: object) -> None:
        ended = jaccardio("score", *words, "--store", hospitals.home, "--out", tmp_path / "again")
        assert ended.status == 3
        assert name in ended.err

    whole = predictions.read_bytes()
    flip(predictions)
    refused("predictions.parquet", predictions)
    assert "predictions.parquet" in jaccardio("doctor", scored).out
    free = tmp_path / "mine.parquet"
    free.write_bytes(whole)
    read_predictions(free, codes)  # nobody says what it was
    document = json.loads(thresholds.read_text())
    thresholds.write_text(json.dumps(document | {"global": dict.fromkeys(document["global"], 0.01)}))
    refused("thresholds.json: changed since it was written", free, "--thresholds", thresholds)
    nest(tmp_path / "nested.json")
    refused("not a JSON document", free, "--thresholds", tmp_path / "nested.json")
    flip(scored / "manifest.json")
    refused("manifest.json", predictions)


@pytest.mark.parametrize("out", ["run", "run/model", "store"])
def test_no_evaluation_is_written_over_something_else(jaccardio: Command, store: Path, run_folder: Path, tmp_path: Path, out: str) -> None:
    manifest = (tmp_path / out / "manifest.json").read_bytes()
    refused = jaccardio("evaluate", run_folder, "--store", store, "--part", "test", "--out", tmp_path / out)
    assert refused.status == 2
    assert "holds something else" in refused.err
    assert (tmp_path / out / "manifest.json").read_bytes() == manifest
    assert not (run_folder / "test_uses.jsonl").exists()
