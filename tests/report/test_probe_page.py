"""The page of a probe holds every encoder at every share, and escapes what comes in."""

import io
import json
from pathlib import Path

import numpy as np
from matplotlib.image import imread

from jaccardio.evaluation.contest import Contestant, rank
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.report.probe_page import FewShot, write_probe
from tests.evaluation.cases import Case

NAMES = ("trained", "random", "<script>")


def _steps(case: Case) -> list[FewShot]:
    rng, steps = np.random.default_rng(0), []
    for fraction, subsets in ((0.1, 3), (1.0, 1)):
        contestants = []
        for name in NAMES:
            scores = [case.scores + rng.normal(0, 0.2, case.scores.shape) for _ in range(subsets)]
            contestants.append(Contestant(name, scores, [fit_thresholds(case.labels, one) for one in scores], [1.0] * subsets))
        contest = rank(case.labels, case.patients, case.codes, contestants, reference="trained", replicates=5)
        steps.append(FewShot(fraction, (100,) * subsets, contest, {"f0": 2}, {name: {"C 0.1": 4} for name in NAMES}))
    return steps


def test_every_encoder_at_every_share(case: Case, tmp_path: Path) -> None:
    steps = _steps(case)
    document = write_probe(tmp_path, steps, title="<script>", facts={"Data": "simulated hospital A"})
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "learning_curve.png", "probe.html"}
    assert json.loads((tmp_path / "results.json").read_text()) == document
    assert len(document["rows"]) == 2 * 3 * 3  # shares, encoders, metrics
    assert len(document["differences"]) == 2 * 2 * 3
    for step in steps:
        for row in step.contest.document["rows"]:
            one = next(
                one
                for one in document["rows"]
                if (one["run"], one["fraction"], one["metric"]) == (row["name"], step.fraction, "macro_auroc")
            )
            assert (one["value"], one["ci95"], one["sd"]) == (
                row["macro_auroc"]["value"],
                row["macro_auroc"]["ci95"],
                row["macro_auroc"]["sd"],
            )
            assert len(one["subsets"]) == len(step.training_records)
    html = (tmp_path / "probe.html").read_text("utf-8")
    assert "<script" not in html
    assert "Simulated ECGs" in html
    assert "10 % of the training labels" in html
    assert "scored constant by the probes there: f0 2." in html
    assert imread(io.BytesIO((tmp_path / "learning_curve.png").read_bytes())).std() > 0.01
