import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.thresholds import ORACLE, POLICIES, Thresholds, fit_thresholds

from .cases import Case, random_case


def best_f1(labels: np.ndarray, scores: np.ndarray) -> float:
    return max(f1_score(labels, scores >= threshold, zero_division=0) for threshold in np.append(np.unique(scores), 0.0))


@pytest.mark.parametrize("seed", range(2))
def test_fitted_thresholds_reach_the_best_f1(seed: int) -> None:
    case = random_case(seed=seed, decimals=1 + seed)
    thresholds, known = fit_thresholds(case.labels, case.scores), case.labels >= 0
    shared = thresholds["global"]
    assert len(set(shared)) == 1
    reached = f1_score(case.labels[known], thresholds.decide(case.scores, "global")[known])
    assert reached == best_f1(case.labels[known], case.scores[known])
    for column in range(len(case.codes)):
        y, s = case.labels[known[:, column], column], case.scores[known[:, column], column]
        assert y.sum() >= 10
        assert f1_score(y, s >= thresholds["per_finding"][column]) == best_f1(y, s)


def test_a_threshold_is_the_midpoint_below_the_lowest_score_called() -> None:
    labels = np.array([[1]] * 10 + [[0]] * 10, np.int8)
    scores = np.array([[0.8]] * 10 + [[0.4]] * 10)
    assert fit_thresholds(labels, scores)["per_finding"][0] == pytest.approx(0.6)


def test_neighbouring_floats_keep_the_rule() -> None:
    upper = 0.5
    lower = np.nextafter(upper, 0)
    labels, scores = np.array([[1]] * 10 + [[0]] * 10, np.int8), np.array([[upper]] * 10 + [[lower]] * 10)
    assert np.array_equal(fit_thresholds(labels, scores).decide(scores, "per_finding"), labels == 1)


def test_fewer_than_ten_positives_fall_back_to_global(case: Case) -> None:
    labels = case.labels.copy()
    present = np.flatnonzero(labels[:, 5] == 1)
    labels[present[9:], 5] = 0
    assert fit_thresholds(labels, case.scores)["per_finding"][5] == fit_thresholds(labels, case.scores)["global"][5]
    labels[present[9], 5] = 1
    thresholds = fit_thresholds(labels, case.scores)
    assert thresholds["per_finding"][5] != thresholds["global"][5]


def test_no_positive_anywhere_leaves_one_half() -> None:
    thresholds = fit_thresholds(np.zeros((4, 2), np.int8), np.random.default_rng(0).random((4, 2)))
    assert all(thresholds[policy].tolist() == [0.5, 0.5] for policy in POLICIES)


def test_unknown_labels_change_nothing(case: Case) -> None:
    scores = np.where(case.labels < 0, 1 - case.scores, case.scores)
    before, after = fit_thresholds(case.labels, case.scores), fit_thresholds(case.labels, scores)
    assert before.to_dict() == after.to_dict()


def test_json_round_trip_is_exact(case: Case) -> None:
    thresholds = fit_thresholds(case.labels, case.scores)
    again = Thresholds.from_dict(json.loads(json.dumps(thresholds.to_dict())))
    assert all(np.array_equal(thresholds[policy], again[policy]) for policy in POLICIES)


def test_unknown_policy_and_damaged_documents_are_refused(case: Case) -> None:
    thresholds = fit_thresholds(case.labels, case.scores)
    with pytest.raises(UsageError, match="per_finding"):
        thresholds["best"]
    with pytest.raises(DataError, match="thresholds"):
        Thresholds.from_dict({"fixed": [0.5]})


def test_the_oracle_is_fitted_on_what_is_tested_and_named_so() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random((200, 2)) < 0.3).astype(np.int8)
    scores = np.clip(0.3 * labels + rng.random((200, 2)), 0, 1)
    validation = fit_thresholds(labels[:40], scores[:40])
    tested = validation.with_oracle(labels[40:], scores[40:])
    assert tested[ORACLE].tolist() == fit_thresholds(labels[40:], scores[40:])["per_finding"].tolist()
    assert all((tested[policy] == validation[policy]).all() for policy in POLICIES)
    assert tested.of([1])[ORACLE].tolist() == tested[ORACLE].tolist()[1:]
