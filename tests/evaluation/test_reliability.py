from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.calibration import fit_calibration
from jaccardio.evaluation.estimate import jsonable
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.reliability import Reliability, calibration_line, equal_bins
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import fit_thresholds

from .cases import Case, random_case


def bins_by_hand(scores: list[float]) -> list[int]:
    """The rule, word for word: rank of the first of its equals x 10 / m, rounded down."""
    return [sum(other < score for other in scores) * 10 // len(scores) for score in scores]


def ece_by_hand(pairs: list[tuple[int, float, int, int]]) -> float:
    """From (label, score, bin, how often the record counts)."""
    total, size = 0.0, sum(times for *_, times in pairs)
    for place in range(10):
        members = [(label, score, times) for label, score, where, times in pairs if where == place and times]
        count = sum(times for *_, times in members)
        if count:
            mean_score = sum(score * times for _, score, times in members) / count
            share = sum(label * times for label, _, times in members) / count
            total += count / size * abs(mean_score - share)
    return total


def known(case: Case, columns: list[int]) -> list[tuple[int, float, int]]:
    cells = [(row, column) for row in range(len(case.labels)) for column in columns if case.labels[row, column] >= 0]
    return [(int(case.labels[cell]), float(case.scores[cell]), cell[0]) for cell in cells]


@pytest.mark.parametrize("decimals", [1, 6])
def test_metrics_equal_plain_loops_in_the_sample_and_in_replicates(decimals: int) -> None:
    case = random_case(n=90, k=3, decimals=decimals)
    bootstrap = PatientBootstrap(case.patients, replicates=6)
    figures = Reliability.of(case.labels, case.scores, bootstrap)
    weights = np.concatenate([np.ones((1, 90), np.int64), bootstrap.weights(0, 6)])
    for columns in ([0], [1], [2], [0, 1, 2]):
        cells = known(case, columns)
        bins = bins_by_hand([score for _, score, _ in cells])
        ece, brier = [], []
        for weight in weights.tolist():
            counted = [(label, score, place, weight[row]) for (label, score, row), place in zip(cells, bins, strict=True)]
            ece.append(ece_by_hand(counted))
            brier.append(sum(times * (score - label) ** 2 for label, score, _, times in counted) / sum(times for *_, times in counted))
        excess = np.mean(ece[1:]) - ece[0]
        expected = [ece[0], *(max(0, value - excess) for value in ece[1:])]
        column = columns[0]
        assert (figures.ece[:, column] if len(columns) == 1 else figures.micro_ece) == pytest.approx(expected, abs=1e-12)
        assert (figures.brier[:, column] if len(columns) == 1 else figures.micro_brier) == pytest.approx(brier, abs=1e-12)


def test_bins_hold_equal_numbers_and_equal_scores_together() -> None:
    assert np.bincount(equal_bins(np.random.default_rng(0).random(100))).tolist() == [10] * 10
    tied = np.repeat([0.0, 0.5, 1.0], [80, 10, 10])
    assert equal_bins(tied).tolist() == [0] * 80 + [8] * 10 + [9] * 10
    for number in range(40):
        scores = np.random.default_rng(number).random(number).round(1)
        ranks = (scores[None] < scores[:, None]).sum(axis=1)
        assert equal_bins(scores).tolist() == (ranks * 10 // max(1, number)).tolist()


def test_chance_is_what_right_scores_show() -> None:
    rng = np.random.default_rng(0)
    scores = np.tile(rng.beta(1, 6, 2000)[:, None], (1, 200))
    labels = (rng.random(scores.shape) < scores).astype(np.int8)
    figures = Reliability.of(labels, scores, PatientBootstrap(np.arange(2000).astype(str), replicates=1))
    assert figures.ece[0].mean() == pytest.approx(figures.chance_ece[0], rel=0.05)


def chance_by_hand(labels: np.ndarray, scores: np.ndarray) -> float:
    """docs/evaluation.md: the sum over bins of sqrt(2/pi sum p (1 - p)), divided by the number of ECGs; one finding (n,)."""
    claimed = [score for label, score in zip(labels.tolist(), scores.tolist(), strict=True) if label >= 0]
    sums = [0.0] * 10
    for place, score in zip(bins_by_hand(claimed), claimed, strict=True):
        sums[place] += score * (1 - score)
    return float(sum(np.sqrt(2 / np.pi * variance) for variance in sums) / len(claimed))


def test_the_macro_chance_is_that_of_its_formula_over_the_findings_of_macro() -> None:
    case = random_case(n=300, k=4, decimals=6)
    labels = case.labels.copy()
    labels[np.flatnonzero(labels[:, 0] == 1)[3:], 0] = 0
    sexes = np.array(["female", "male"] * 150)
    calibration = fit_calibration(labels, case.scores)
    scored = replace(case.scored(), calibration=calibration)
    document = evaluate(replace(case.part, labels=labels), scored, subgroups={"sex": sexes}, replicates=2).metrics
    assert list(document["findings_left_out"]) == ["f0"]
    for method, found in document["calibration"]["methods"].items():
        scores = calibration.apply(case.scores, method)
        expected = np.mean([chance_by_hand(labels[:, column], scores[:, column]) for column in (1, 2, 3)])
        assert found["macro_chance_ece"] == pytest.approx(expected, abs=1e-12)
    compared = document["subgroups"]["attributes"]["sex"]
    for sex, row in compared["groups"].items():
        inside = sexes == sex
        for figures, codes in ((row, set(case.codes) - set(row["findings_left_out"])), (row["common"], compared["common_findings"])):
            expected = np.mean([chance_by_hand(labels[inside, int(code[1])], case.scores[inside, int(code[1])]) for code in codes])
            assert figures["macro_chance_ece"] == pytest.approx(expected, abs=1e-12)
    nothing = Reliability.of(labels, case.scores, PatientBootstrap(case.patients, replicates=1)).estimates(np.zeros(4, np.bool_))
    assert np.isnan(nothing["macro_chance_ece"])


def test_the_interval_of_a_well_calibrated_finding_holds_its_metric() -> None:
    rng = np.random.default_rng(1)
    scores = rng.beta(1, 6, (1000, 5))
    labels = (rng.random(scores.shape) < scores).astype(np.int8)
    figures = Reliability.of(labels, scores, PatientBootstrap(np.arange(1000).astype(str), replicates=200))
    macro = figures.estimates(np.ones(5, np.bool_))["macro_ece"]
    assert macro.low < figures.ece[0].mean() < macro.high


def test_one_class_and_unknown_findings() -> None:
    labels = np.tile(np.array([0, 1, -1], np.int8), (20, 1))
    figures = Reliability.of(labels, np.full((20, 3), 0.25), PatientBootstrap(np.arange(20).astype(str), replicates=3))
    assert figures.ece[0, :2] == pytest.approx([0.25, 0.75])
    assert figures.brier[0, :2] == pytest.approx([0.0625, 0.5625])
    assert np.isnan(figures.ece[:, 2]).all()
    assert np.isnan(figures.brier[:, 2]).all()
    assert figures.micro_brier[0] == pytest.approx((0.0625 + 0.5625) / 2)
    for column in range(3):
        assert np.isnan(calibration_line(labels[:, column], np.full(20, 0.25))).all()


def test_the_calibration_line_equals_scikit_learn(case: Case) -> None:
    scores = np.clip(case.scores, 0.001, 0.999)
    for column in range(len(case.codes)):
        rows = case.labels[:, column] >= 0
        y, logits = case.labels[rows, column], np.log(scores[rows, column] / (1 - scores[rows, column]))
        slope, intercept = calibration_line(case.labels[:, column], scores[:, column])
        model = LogisticRegression(C=1e10, tol=1e-10, max_iter=1000).fit(logits[:, None], y)
        assert slope == pytest.approx(model.coef_[0, 0], rel=1e-4)
        assert np.mean(1 / (1 + np.exp(-logits - intercept))) == pytest.approx(y.mean(), abs=1e-9)
    separated = np.array([0] * 5 + [1] * 5, np.int8)
    slope, intercept = calibration_line(separated, np.linspace(0.1, 0.9, 10))
    assert np.isnan(slope)
    assert intercept == pytest.approx(0, abs=1e-6)


def test_recalibration_mends_scores_and_the_document_says_so() -> None:
    case, validation = random_case(n=2000, seed=1, decimals=6), random_case(n=2000, seed=2, decimals=6)
    calibration = fit_calibration(validation.labels, validation.scores)
    thresholds = fit_thresholds(validation.labels, validation.scores)
    with_it, without = (
        evaluate(case.part, Scored("model", [case.scores], [thresholds], fitted), replicates=20) for fitted in (calibration, None)
    )
    document = with_it.metrics["calibration"]
    assert document["temperature"] == calibration.temperature
    assert document["findings_with_own_platt"] == 6
    methods = document["methods"]
    for name in ("macro_ece", "macro_brier"):
        assert methods["platt"][name].value < methods["temperature"][name].value < methods["as_is"][name].value
    assert methods["as_is"]["macro_ece"].value == pytest.approx(with_it.per_finding["ece"].mean())
    assert list(without.metrics["calibration"]["methods"]) == ["as_is"]
    assert without.metrics["calibration"]["temperature"] is None
    assert without.per_finding.equals(with_it.per_finding)
    assert jsonable(without.metrics["thresholds"]) == jsonable(with_it.metrics["thresholds"])
