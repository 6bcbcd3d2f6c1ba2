"""A tiny run at its own and at the second simulated hospital."""

import json
import shutil
from pathlib import Path

import pytest

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.retuning import micro_f1
from jaccardio.evaluation.table import Table
from jaccardio.experiments.evaluate_run import score_part
from jaccardio.experiments.shift import run_shift
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> RunFolder:
    shutil.copytree(trained, tmp_path / "run")
    return RunFolder.open(tmp_path / "run")


def test_the_metrics_are_those_of_the_two_hospitals_scores(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    home, external = Store.open(hospitals.home), Store.open(hospitals.away)
    document = run_shift(run, home, external, tmp_path / "out", device="cpu", replicates=20)
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == document
    tables = {name: Table.from_dict(table) for name, table in document["tables"].items()}
    assert list(tables) == ["hospitals", "embedding", "thresholds"]
    for name, store, part in (("home", home, "test"), ("external", external, "all")):
        look = score_part(run, store, part, device="cpu")
        [scores] = look.scored.scores
        for code, labels, column in zip(look.part.codes, look.part.labels.T, scores.T, strict=True):
            found = tables["hospitals"].estimate(name, "auroc", finding=code).value
            assert found == pytest.approx(auroc(labels, column), nan_ok=True)
            assert tables["hospitals"].estimate(name, "positives", finding=code).value == (labels == 1).sum()
    none = tables["thresholds"].estimate("0 labelled local ECGs", "micro_f1_from_home", "global")
    assert none.value == pytest.approx(micro_f1(look.part.labels, look.scored.thresholds[0].decide(scores)))
    sizes = {row.model for row in tables["thresholds"].rows}
    assert sizes == {"0 labelled local ECGs", "20 labelled local ECGs"}  # half of the external hospital is 40 ECGs
    page = (tmp_path / "out" / "results.html").read_text()
    assert "Simulated ECGs" in page
    assert page.count("data:image/png;base64,") == 2
    lines = [json.loads(line)["part"] for line in (run.path / "test_uses.jsonl").read_text().splitlines()]
    assert lines[:2] == ["test", "all"]


def test_the_own_store_is_no_external_hospital(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    home, external = Store.open(hospitals.home), Store.open(hospitals.away)
    with pytest.raises(DataError, match="overlap"):
        run_shift(run, home, home, tmp_path / "out", device="cpu")
    with pytest.raises(UsageError, match="does not hold"):
        run_shift(run, external, home, tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()
