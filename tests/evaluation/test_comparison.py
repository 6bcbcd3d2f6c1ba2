import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.evaluation.comparison import implied_density, paper_columns, write_comparison
from jaccardio.evaluation.metrics import evaluate
from jaccardio.evaluation.thresholds import Thresholds, fit_thresholds

from .cases import Case


def metrics_of(case: Case, scores: np.ndarray, thresholds: Thresholds) -> dict[str, Any]:
    return evaluate(case.labels, scores, case.patients, case.codes, case.groups, thresholds, replicates=10).metrics


def test_the_page_compares_and_needs_nothing_else(case: Case, tmp_path: Path) -> None:
    thresholds = fit_thresholds(case.labels, case.scores)
    silent = metrics_of(case, np.zeros_like(case.scores), thresholds)
    columns = [("<b>first</b>", metrics_of(case, case.scores, thresholds)), ("silent", silent)]
    write_comparison(tmp_path / "page.html", columns, title="Two", facts={"Home": "simulated hospital A"}, paper=True)
    html = (tmp_path / "page.html").read_text("utf-8")
    assert "&lt;b&gt;first&lt;/b&gt;" in html
    assert "<b>first" not in html
    assert not re.search(r"(src|href)\s*=\s*(?!\"data:)", html)
    assert "columns do not share a label base" in html
    assert "Simulated ECGs" in html
    assert all(f"{column['micro_f1']:.4f}" in html for column in paper_columns())


def test_without_the_paper_its_figures_are_absent(case: Case, tmp_path: Path) -> None:
    metrics = metrics_of(case, case.scores, fit_thresholds(case.labels, case.scores))
    write_comparison(tmp_path / "page.html", [("one", metrics)], title="One", facts={}, paper=False)
    assert (
        "paper" not in re.sub(r"<style>.*?</style>|base64,[^\"]*", "", (tmp_path / "page.html").read_text("utf-8"), flags=re.DOTALL).lower()
    )


def test_printed_tables_are_consistent_in_themselves() -> None:
    for column in paper_columns():
        precision, recall = column["micro_precision"], column["micro_recall"]
        assert 2 * precision * recall / (precision + recall) == pytest.approx(column["micro_f1"], abs=2e-4)


def test_implied_density_is_the_share_of_positives(case: Case) -> None:
    figures = metrics_of(case, case.scores, fit_thresholds(case.labels, case.scores))["thresholds"]["global"]
    density = implied_density(figures["hamming_loss"], figures["micro_precision"], figures["micro_recall"])
    assert density == pytest.approx(np.mean(case.labels[case.labels >= 0] == 1))
    densities = [implied_density(c["hamming_loss"], c["micro_precision"], c["micro_recall"]) for c in paper_columns()]
    assert np.round(densities, 4).tolist() == [0.0666, 0.0333, 0.0666, 0.0492]
