"""What an evaluation found stands beside the findings; the report of another run does not."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from jaccardio import Predictor
from jaccardio.errors import DataError, UsageError
from jaccardio.service.evaluated import Evaluated
from tests.conftest import Command, Hospitals


@pytest.fixture
def report(jaccardio: Command, trained: Path, hospitals: Hospitals, tmp_path: Path, without_plots: None) -> Path:
    """What `evaluate` writes of the validation part, which is no look at a test part."""
    done = jaccardio(
        "evaluate",
        trained,
        *("--store", hospitals.home, "--part", "validation", "--replicates", 20, "--device", "cpu", "--out", tmp_path / "report"),
    )
    assert done.status == 0, done.err
    return tmp_path / "report"


def test_aurocs_with_intervals_stand_beside_the_findings(serving: Callable[..., TestClient], predictor: Predictor, report: Path) -> None:
    document = serving(evaluated=Evaluated.read(report, predictor)).get("/v1/findings").json()
    with (report / "per_finding.csv").open() as file:
        table = {
            row["finding"]: [float(row[key]) if row[key] else None for key in ("auroc", "auroc_low", "auroc_high")]
            for row in csv.DictReader(file)
        }
    assert {row["finding"]: list(row["auroc"].values()) for row in document["findings"]} == table
    assert any(None not in estimate for estimate in table.values())
    metrics = json.loads((report / "metrics.json").read_text())
    assert document["evaluation"] == {key: metrics[key] for key in ("n_records", "n_patients")}
    without = serving().get("/v1/findings").json()
    assert (without["evaluation"], {row["auroc"] for row in without["findings"]}) == (None, {None})


def test_reports_of_another_run_and_what_is_no_report_are_refused(predictor: Predictor, report: Path, tmp_path: Path) -> None:
    fitted = predictor.pretrained.thresholds
    others = {**fitted, "global": [value / 2 for value in fitted["global"]]}
    with pytest.raises(UsageError, match="another run"):
        Evaluated.read(report, Predictor(replace(predictor.pretrained, thresholds=others), "cpu"))
    with pytest.raises(DataError, match="does not exist"):
        Evaluated.read(tmp_path, predictor)
    (report / "per_finding.csv").write_text("finding\n")
    with pytest.raises(DataError, match="damaged"):
        Evaluated.read(report, predictor)
