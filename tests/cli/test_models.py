"""train, evaluate, score, embed, search: what they write, print and refuse."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import SETTINGS, Command, Hospitals

FEW = ("--replicates", 20)
"""Bootstrap replicates."""


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


def test_evaluate_own_test_part_and_another_hospital(jaccardio: Command, hospitals: Hospitals, run_folder: Path, tmp_path: Path) -> None:
    own = jaccardio("evaluate", run_folder, "--store", hospitals.home, "--part", "test", "--out", tmp_path / "own", *FEW, "--json")
    assert own.status == 0
    metrics = json.loads((tmp_path / "own" / "metrics.json").read_text())
    assert own.json()["metrics"] == metrics
    assert {"macro_auroc", "macro_auprc", "thresholds", "levels"} <= set(metrics)
    assert set(metrics["macro_auroc"]) == {"value", "low", "high"}
    wanted = {"hamming_loss", "micro_precision", "micro_recall", "micro_f1", "macro_f1"}
    for policy in ("fixed", "global", "per_finding"):
        assert wanted | {"jaccard_samples", "jaccard_micro", "jaccard_macro"} <= set(metrics["thresholds"][policy])
    written = {path.name for path in (tmp_path / "own").iterdir()}
    assert {"metrics.json", "per_finding.csv", "predictions.parquet", "report.html"} <= written
    assert "recording_id" in pq.read_schema(tmp_path / "own" / "predictions.parquet").names
    away = jaccardio("evaluate", run_folder, "--store", hospitals.away, "--part", "all", "--out", tmp_path / "away", *FEW, "--json")
    assert (away.status, own.json()["test_uses"], away.json()["test_uses"]) == (0, 1, 2)
    uses = [json.loads(line) for line in (run_folder / "test_uses.jsonl").read_text().splitlines()]
    assert [use["part"] for use in uses] == ["test", "all"]
    assert uses[0]["store"] != uses[1]["store"]


def test_score_judges_written_predictions_as_evaluate_did(
    jaccardio: Command, hospitals: Hospitals, run_folder: Path, tmp_path: Path
) -> None:
    evaluated = jaccardio("evaluate", run_folder, "--store", hospitals.home, "--out", tmp_path / "own", *FEW, "--json").json()
    words = ("score", tmp_path / "own" / "predictions.parquet", "--store", hospitals.home, "--out", tmp_path / "scored", *FEW)
    done = jaccardio(*words, "--against", run_folder, "--device", "cpu", "--json")
    assert done.status == 0
    document = done.json()
    assert document["metrics"]["macro_auroc"] == evaluated["metrics"]["macro_auroc"]
    differences = {row["metric"]: row["value"] for row in document["against"]["differences"] if row["finding"] is None}
    assert differences["macro_auroc"] == pytest.approx(0, abs=1e-6)
    assert "no metrics at the global threshold: no ECG of the validation part" in done.err
    assert f"paired report: {tmp_path / 'scored' / 'against' / 'results.html'}" in done.err
    one = jaccardio(*words, "--findings", "af, normal", "--json").json()
    assert {*one["metrics"]["findings_in_macro"], *one["metrics"]["findings_left_out"]} == {"af", "normal"}
    missing = jaccardio("score", tmp_path / "nothing.csv", "--store", hospitals.home, "--out", tmp_path / "never")
    assert (missing.status, (tmp_path / "never").exists()) == (2, False)
    assert "no such file" in missing.err


@pytest.mark.parametrize(
    ("store", "part", "status", "said"),
    [
        ("home", "all", 3, "overlap"),
        ("away", "test", 2, "--part all"),
        ("away", "validation", 2, "--part all"),
        ("home", "train", 3, "overlap"),
    ],
)
def test_evaluate_refuses_what_would_deceive(
    jaccardio: Command, hospitals: Hospitals, run_folder: Path, tmp_path: Path, store: str, part: str, status: int, said: str
) -> None:
    words = ("evaluate", run_folder, "--store", getattr(hospitals, store), "--part", part, "--out", tmp_path / "out", "--json")
    refused = jaccardio(*words)
    assert (refused.status, refused.out) == (status, "")
    assert said in refused.err
    assert not (tmp_path / "out").exists()
    assert not (run_folder / "test_uses.jsonl").exists()


def test_embed(jaccardio: Command, hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    done = jaccardio("embed", trained, "--store", hospitals.away, "--out", tmp_path / "features.parquet", "--json")
    assert (done.status, done.json()["records"], done.json()["dimension"]) == (0, 80, 16)
    assert pq.read_table(tmp_path / "features.parquet").num_rows == 80
    for folder in (tmp_path, ".", "/"):
        assert jaccardio("embed", trained, "--store", hospitals.away, "--out", folder).status == 2


def test_search(jaccardio: Command, hospitals: Hospitals, trained: Path) -> None:
    found = jaccardio("search", trained, "--store", hospitals.home, "This ECG shows atrial fibrillation.", "--top", 3, "--json")
    assert (found.status, len(found.json())) == (0, 3)
    assert set(found.json()[0]) == {"recording_id", "similarity", "findings"}
    assert jaccardio("search", trained, "--store", hospitals.home, "x", "--top", 0).status == 2


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
