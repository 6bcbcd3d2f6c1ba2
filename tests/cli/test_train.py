"""`jaccardio train`: splits, resuming, and what it refuses and warns of."""

import json
from pathlib import Path

import pytest

from tests.conftest import SETTINGS, Command, Hospitals

FEW = ("--replicates", 20)


def test_training_without_a_split_makes_the_default_one(jaccardio: Command, store: Path, tmp_path: Path) -> None:
    (store / "split.json").unlink()
    words = ("train", "--preset", "truth-small", "--store", store, "--out", tmp_path / "new", "--device", "cpu")
    done = jaccardio(*words, *SETTINGS, "--set", "training.epochs=1", "--json")
    assert done.status == 0
    assert json.loads((store / "split.json").read_text())["method"] == {"name": "fractions", "fractions": [0.7, 0.1, 0.2], "seed": 0}
    assert "made the default one" in done.err
    assert done.json()["training_records"] == 168
    again = jaccardio(*words)
    assert again.status == 2
    assert "--resume" in again.err
    for way in ((*words, *SETTINGS, "--set", "training.epochs=1"), ("train", "--store", store, "--out", tmp_path / "new")):
        resumed = jaccardio(*way, "--resume", "--json")
        assert (resumed.status, resumed.json()["steps"]) == (0, done.json()["steps"])
    other = jaccardio(*words, *SETTINGS, "--set", "training.epochs=2", "--resume")
    assert (other.status, other.out) == (2, "")
    assert "another configuration" in other.err


def test_resume_starts_a_run_that_is_not_there(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> None:
    words = ("--store", hospitals.home, "--out", tmp_path / "new", "--set", "training.epochs=1", "--device", "cpu", "--resume")
    assert jaccardio("train", "--preset", "truth-small", *SETTINGS, *words).status == 0
    assert (tmp_path / "new" / "training.json").is_file()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--preset", "nothing"),
        ("--preset", "truth-small", "--set", "training.epochs=none"),
        ("--preset", "truth-small", "--set", "nothing.at=all"),
        ("--resume",),
        ("--preset", "paper"),  # a store of 100 Hz, a preset for 500 Hz
    ],
)
def test_usage_errors_of_train(jaccardio: Command, hospitals: Hospitals, tmp_path: Path, words: tuple[str, ...]) -> None:
    refused = jaccardio("train", "--store", hospitals.home, "--out", tmp_path / "new", *words)
    assert (refused.status, refused.out) == (2, "")
    assert not (tmp_path / "new").exists()


def test_a_tiny_cohort_is_warned_of(jaccardio: Command, store: Path, tmp_path: Path) -> None:
    assert jaccardio("split", store, "--fractions", "0.9,0.04,0.06").status == 0
    words = ("train", "--preset", "truth-small", "--store", store, "--out", tmp_path / "new", "--device", "cpu")
    done = jaccardio(*words, *SETTINGS, "--set", "training.epochs=1", "--json")
    assert done.json()["warnings"]
    assert all(f"warning: validation part: {said.removeprefix('validation part: ')}" in done.err for said in done.json()["warnings"])
    words = ("evaluate", tmp_path / "new", "--store", store, "--out", tmp_path / "report", *FEW, "--device", "cpu", "--json")
    evaluated = jaccardio(*words)
    assert evaluated.json()["metrics"]["warnings"]
    assert "warning: micro-F1 rests on" in evaluated.err
    assert "Read with care" in (tmp_path / "report" / "report.html").read_text()
