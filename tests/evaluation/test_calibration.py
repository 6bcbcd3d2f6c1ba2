import json

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.calibration import METHODS, Calibration, fit_calibration

from .cases import Case, random_case


@pytest.fixture
def fitted() -> tuple[Case, Calibration]:
    case = random_case(decimals=6)
    return case, fit_calibration(case.labels, case.scores)


def log_loss(labels: np.ndarray, scores: np.ndarray, temperature: float) -> float:
    total, known = 0.0, 0
    for label, score in zip(labels.ravel().tolist(), scores.ravel().tolist(), strict=True):
        if label >= 0:
            odds = (score / (1 - score)) ** (1 / temperature)
            total -= np.log(odds / (1 + odds)) if label == 1 else np.log(1 / (1 + odds))
            known += 1
    return total / known


def test_the_temperature_has_the_least_log_loss_of_known_cells(fitted: tuple[Case, Calibration]) -> None:
    case, calibration = fitted
    best = minimize_scalar(lambda t: log_loss(case.labels, case.scores, t), bounds=(0.1, 10), method="bounded", options={"xatol": 1e-7})
    assert calibration.temperature == pytest.approx(best.x, abs=1e-5)
    assert abs(calibration.temperature - 1) > 0.05


def test_platt_equals_scikit_learn_on_his_targets(fitted: tuple[Case, Calibration]) -> None:
    """A target t is a record counted t times as present and 1 - t times as absent."""
    case, calibration = fitted
    assert calibration.own_fit.all()
    for column in range(len(case.codes)):
        known = case.labels[:, column] >= 0
        present, scores = case.labels[known, column] == 1, case.scores[known, column]
        logits = np.log(scores / (1 - scores))[:, None]
        targets = np.where(present, (present.sum() + 1) / (present.sum() + 2), 1 / ((~present).sum() + 2))
        twice = np.concatenate([np.ones(len(logits)), np.zeros(len(logits))])
        model = LogisticRegression(C=1e10, tol=1e-10, max_iter=1000)
        model.fit(np.concatenate([logits, logits]), twice, sample_weight=np.concatenate([targets, 1 - targets]))
        assert calibration.slope[column] == pytest.approx(model.coef_[0, 0], rel=1e-4)
        assert calibration.intercept[column] == pytest.approx(model.intercept_[0], rel=1e-4, abs=1e-4)
        assert calibration.apply(case.scores, "platt")[known, column] == pytest.approx(model.predict_proba(logits)[:, 1], abs=1e-5)


def test_the_order_within_a_finding_stays(fitted: tuple[Case, Calibration]) -> None:
    case, calibration = fitted
    for method in METHODS:
        probabilities = calibration.apply(case.scores, method)
        for column in range(len(case.codes)):
            y = case.labels[:, column]
            assert auroc(y, probabilities[:, column]) == pytest.approx(auroc(y, case.scores[:, column]), abs=1e-12)
    assert np.array_equal(calibration.apply(case.scores, "as_is"), case.scores)
    assert not np.allclose(calibration.apply(case.scores, "temperature"), calibration.apply(case.scores, "platt"))


@pytest.mark.parametrize("rare", [0, 1], ids=["few negatives", "few positives"])
def test_fewer_than_ten_cases_take_the_temperature(rare: int) -> None:
    case = random_case(decimals=6)
    labels = case.labels.copy()
    labels[:, 5] = 1 - rare
    labels[:9, 5] = rare
    labels[20:30, 5] = -1
    calibration = fit_calibration(labels, case.scores)
    assert not calibration.own_fit[5]
    assert calibration.own_fit[:5].all()
    assert (calibration.slope[5], calibration.intercept[5]) == (1 / calibration.temperature, 0)
    labels[9, 5] = rare
    assert fit_calibration(labels, np.where(labels == 1, 0.7, 0.4) + 0.2 * case.scores).own_fit[5]


def test_scores_that_rank_the_wrong_way_round_are_not_turned_over() -> None:
    case = random_case(decimals=6)
    scores = case.scores.copy()
    scores[:, 3] = 1 - scores[:, 3]
    calibration = fit_calibration(case.labels, scores)
    assert calibration.own_fit.tolist() == [True, True, True, False, True, True]
    assert (calibration.slope > 0).all()


def test_a_finding_of_one_score_takes_the_temperature() -> None:
    case = random_case(decimals=6)
    scores = case.scores.copy()
    scores[:, 3] = 0.3
    calibration = fit_calibration(case.labels, scores)
    assert calibration.own_fit.tolist() == [True, True, True, False, True, True]
    assert (calibration.slope[3], calibration.intercept[3]) == (1 / calibration.temperature, 0)


@pytest.mark.parametrize(("right", "temperature"), [(True, 0.05), (False, 20)])
def test_the_temperature_stays_within_its_bounds(right: bool, temperature: float) -> None:
    """Scores that separate the labels are never too extreme, and scores the wrong way round never mild enough."""
    labels = np.array([[1]] * 20 + [[0]] * 20, np.int8)
    assert fit_calibration(labels, np.where((labels == 1) == right, 0.6, 0.4)).temperature == temperature


@pytest.mark.parametrize("state", [-1, 0, 1])
def test_without_both_kinds_of_label_scores_stay(case: Case, state: int) -> None:
    calibration = fit_calibration(np.full_like(case.labels, state), case.scores)
    assert calibration.temperature == 1
    inner = np.clip(case.scores, 0.01, 0.99)
    for method in METHODS:
        assert calibration.apply(inner, method) == pytest.approx(inner)


def test_scores_that_separate_a_finding_and_scores_of_0_and_1_stay_finite() -> None:
    labels = np.array([[1]] * 20 + [[0]] * 20, np.int8)
    calibration = fit_calibration(labels, labels.astype(np.float64))
    probabilities = calibration.apply(labels.astype(np.float64), "platt")
    assert np.isfinite([calibration.temperature, *calibration.slope, *calibration.intercept]).all()
    assert probabilities[0, 0] == pytest.approx(21 / 22, abs=1e-4)
    assert probabilities[-1, 0] == pytest.approx(1 / 22, abs=1e-4)


def test_unknown_labels_change_nothing(case: Case) -> None:
    scores = np.where(case.labels < 0, 1 - case.scores, case.scores)
    assert fit_calibration(case.labels, case.scores).to_dict() == fit_calibration(case.labels, scores).to_dict()


def test_json_round_trip_is_exact_and_damage_is_refused(fitted: tuple[Case, Calibration]) -> None:
    case, calibration = fitted
    document = json.loads(json.dumps(calibration.to_dict()))
    again = Calibration.from_dict(document)
    for method in METHODS:
        assert np.array_equal(again.apply(case.scores, method), calibration.apply(case.scores, method))
    part = calibration.of_findings(np.array([4, 1]))
    assert np.array_equal(part.apply(case.scores[:, [4, 1]], "platt"), calibration.apply(case.scores, "platt")[:, [4, 1]])
    with pytest.raises(DataError, match="calibration"):
        Calibration.from_dict({"temperature": 1.0})
    with pytest.raises(DataError, match="one value a finding"):
        Calibration.from_dict(document | {"platt": document["platt"] | {"slope": [1.0]}})
    with pytest.raises(UsageError, match="platt"):
        calibration.apply(case.scores, "isotonic")
