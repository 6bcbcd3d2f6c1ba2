"""`jaccardio evaluate` and `score`: the test part, another hospital, and what they refuse."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import Command, Hospitals

FEW = ("--replicates", 20)


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
