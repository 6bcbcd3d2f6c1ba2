import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.evaluation.metrics import evaluate
from jaccardio.evaluation.thresholds import Thresholds, fit_thresholds
from jaccardio.report.comparison_page import implied_density, write_comparison
from jaccardio.report.evaluation_report import Example
from tests.evaluation.cases import Case
from tests.report.test_evaluation_report import PIXEL

PRINTED = {
    "table": "table1",
    "name": "standard SigLIP",
    "hamming_loss": 0.0665,
    "micro_precision": 0.5067,
    "micro_recall": 0.0365,
    "micro_f1": 0.0681,
    "jaccard": 0.0373,
    "density": 0.0666,
    "hamming_on_common_base": 0.0665,
}
MOVED = PRINTED | {"name": "modified loss", "density": 0.0333, "hamming_loss": 0.0451, "hamming_on_common_base": 0.0903}


def metrics_of(case: Case, scores: np.ndarray, thresholds: Thresholds) -> dict[str, Any]:
    return evaluate(case.labels, scores, case.patients, case.codes, case.groups, thresholds, replicates=10).metrics


def test_the_page_compares_and_needs_nothing_else(case: Case, tmp_path: Path) -> None:
    thresholds = fit_thresholds(case.labels, case.scores)
    silent = metrics_of(case, np.zeros_like(case.scores), thresholds)
    columns = [("<b>first</b>", metrics_of(case, case.scores, thresholds)), ("silent", silent)]
    write_comparison(
        tmp_path / "page.html",
        columns,
        title="Two",
        facts={"Home": "simulated hospital A"},
        conclusion=["The first is <best>."],
        reports={"silent": "reports/silent/report.html"},
        example=Example(PIXEL, "r:1", [("f1", 0.7, 0.4, True, "absent")], "contradictory: normal beside f1"),
        paper=[PRINTED, MOVED],
    )
    html = (tmp_path / "page.html").read_text("utf-8")
    assert "&lt;b&gt;first&lt;/b&gt;" in html
    assert "<b>first" not in html
    assert re.findall(r"(?:src|href)\s*=\s*\"(?!data:)(.*?)\"", html) == ["reports/silent/report.html"]
    assert "The first is &lt;best&gt;." in html
    assert html.index("The first is") < html.index("At a glance") < html.index("One ECG")
    assert "contradictory: normal beside f1" in html
    assert "<th>Threshold</th>" in html
    assert "columns do not share a label base" in html
    assert "Modified loss has 3.3 %; on the base of the other columns of its hospital its Hamming loss would be 0.0903." in html
    assert "Standard siglip has" not in html
    assert "Simulated ECGs" in html
    assert all(f"{PRINTED[figure]:.4f}" in html for figure in ("micro_f1", "jaccard", "hamming_loss"))


def test_without_the_paper_its_figures_are_absent(case: Case, tmp_path: Path) -> None:
    metrics = metrics_of(case, case.scores, fit_thresholds(case.labels, case.scores))
    write_comparison(tmp_path / "page.html", [("one", metrics)], title="One", facts={}, conclusion=["One."], reports={})
    assert (
        "paper" not in re.sub(r"<style>.*?</style>|base64,[^\"]*", "", (tmp_path / "page.html").read_text("utf-8"), flags=re.DOTALL).lower()
    )


def test_implied_density_is_the_share_of_positives(case: Case) -> None:
    figures = metrics_of(case, case.scores, fit_thresholds(case.labels, case.scores))["thresholds"]["global"]
    density = implied_density(figures["hamming_loss"], figures["micro_precision"], figures["micro_recall"])
    assert density == pytest.approx(np.mean(case.labels[case.labels >= 0] == 1))
