import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from sklearn.metrics import precision_recall_curve, roc_curve

from jaccardio.evaluation.evaluate import evaluate
from jaccardio.report.plots import (
    _draw_precision_recall,
    _draw_reliability,
    _draw_roc,
    _operating_points,
    draw_curves,
    draw_evaluation,
)
from tests.evaluation.cases import random_case


def test_operating_points_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    present, scores = rng.random(80) < 0.3, np.round(rng.random(80), 1)
    found, called = _operating_points(present, scores)
    false_rate, true_rate, _ = roc_curve(present, scores, drop_intermediate=False)
    assert found / present.sum() == pytest.approx(true_rate)
    assert (called - found) / (~present).sum() == pytest.approx(false_rate)
    precision, recall, _ = precision_recall_curve(present, scores)
    assert found[1:] / called[1:] == pytest.approx(precision[:-1][::-1])
    assert found[1:] / present.sum() == pytest.approx(recall[:-1][::-1])


def test_the_curves_are_drawn_through_their_points() -> None:
    rng = np.random.default_rng(0)
    present, scores = rng.random(80) < 0.3, rng.random(80)
    curve, reliability, stairs = Figure().subplots(1, 3)
    _draw_roc(curve, present, scores, "red")
    drawn = next(line for line in curve.lines if line.get_color() == "red")
    assert np.array_equal(drawn.get_xydata(), np.stack(roc_curve(present, scores, drop_intermediate=False)[:2], axis=1))
    _draw_reliability(reliability, present, scores, "red")
    drawn = next(line for line in reliability.lines if line.get_color() == "red")
    tenths = np.argsort(scores).reshape(10, 8)
    assert drawn.get_xydata() == pytest.approx(np.stack([scores[tenths].mean(axis=1), present[tenths].mean(axis=1)], axis=1))
    _draw_precision_recall(stairs, present, scores, "red")
    precision, recall, _ = precision_recall_curve(present, scores)
    steps = next(line for line in stairs.lines if line.get_color() == "red")
    assert steps.get_drawstyle() == "steps-pre"  # a precision holds from the last recall to its own
    assert steps.get_xdata() == pytest.approx(recall[::-1])
    assert steps.get_ydata()[1:] == pytest.approx(precision[:-1][::-1])


@pytest.mark.parametrize("findings", [1, 31])
def test_pictures_of_few_and_many_findings(findings: int) -> None:
    case = random_case(n=120, k=findings)
    evaluation = evaluate(case.part, case.scored(), replicates=5)
    plots = draw_evaluation(evaluation, case.labels, case.scores)
    assert set(plots) == {"auroc", "roc", "precision_recall", "reliability"}
    for png in plots.values():
        picture = imread(io.BytesIO(png))
        assert picture.std() > 0.01
        assert 100 < picture.shape[0] < 3200


def test_names_without_a_font_and_with_dollar_signs_are_drawn() -> None:
    case = random_case(n=60, k=2)
    evaluation = evaluate(replace(case.part, codes=("心房細動", "$x")), case.scored(), replicates=5)
    draw_evaluation(evaluation, case.labels, case.scores)


def test_a_finding_that_no_ecg_tells_of_has_an_empty_panel() -> None:
    case = random_case(n=60, k=2)
    plots = []
    for labels in (case.labels, np.where([True, False], case.labels, np.int8(-1))):
        evaluation = evaluate(replace(case.part, labels=labels), case.scored(), replicates=5)
        plots.append(draw_curves("roc", evaluation, labels, case.scores))
    assert plots[0] != plots[1]
