"""A tiny run at its own and at the second simulated hospital."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.ranking import auroc
from jaccardio.evaluation.retuning import micro_f1
from jaccardio.experiments.evaluate_run import score_part
from jaccardio.experiments.shift import run_shift
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> RunFolder:
    shutil.copytree(trained, tmp_path / "run")
    return RunFolder.open(tmp_path / "run")


def test_the_figures_are_those_of_the_two_hospitals_scores(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    home, away = Store.open(hospitals.home), Store.open(hospitals.away)
    document = run_shift(run, home, away, tmp_path / "out", device="cpu", replicates=20)
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == document
    for name, store, part in (("home", home, "test"), ("away", away, "all")):
        scored = score_part(run, store, part, device="cpu")
        for row in document["findings"]:
            column = scored.vocabulary.codes.index(row["finding"])
            value, expected = row["auroc"][name]["value"], auroc(scored.labels[:, column], scored.scores[:, column])
            assert np.isnan(expected) if value is None else value == pytest.approx(expected)
            assert row["n_pos"][name] == (scored.labels[:, column] == 1).sum()
    none = next(row for row in document["thresholds"] if (row["labelled"], row["policy"]) == (0, "global"))
    assert none["home_micro_f1"]["value"] == pytest.approx(micro_f1(scored.labels, scored.thresholds.decide(scored.scores)))
    assert {row["labelled"] for row in document["thresholds"]} == {0, 20}  # half of the second hospital is 40 ECGs
    page = (tmp_path / "out" / "shift.html").read_text()
    assert "Simulated ECGs" in page
    assert page.count("data:image/png;base64,") == 2
    lines = [json.loads(line)["part"] for line in (run.path / "test_uses.jsonl").read_text().splitlines()]
    assert lines[:2] == ["test", "all"]


def test_the_own_store_is_no_other_hospital(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    home, away = Store.open(hospitals.home), Store.open(hospitals.away)
    with pytest.raises(DataError, match="overlap"):
        run_shift(run, home, home, tmp_path / "out", device="cpu")
    with pytest.raises(UsageError, match="does not hold"):
        run_shift(run, away, home, tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()
