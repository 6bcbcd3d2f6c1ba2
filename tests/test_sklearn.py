"""The estimator keeps the rules of scikit-learn as far as ECGs with three dimensions let it."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.sklearn import JaccardioClassifier
from tests.conftest import TINY, Hospitals

ECGS = 80
SETTINGS = (*TINY, "training.epochs=1")


@pytest.fixture(scope="module")
def data(hospitals: Hospitals) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ECGs, labels with NaN for unknown, patients."""
    store = Store.open(hospitals.home)
    rows = np.arange(ECGS)
    labels = np.where(store.labels[rows] < 0, np.nan, store.labels[rows])
    labels[:5, 0] = np.nan
    return store.signals(rows), labels, store.records["patient_key"].to_numpy()[:ECGS]


def tiny(**parameters: Any) -> JaccardioClassifier:
    return JaccardioClassifier(sampling_rate=100.0, preset="truth-small", settings=SETTINGS, device="cpu", **parameters)


@pytest.fixture(scope="module")
def fitted(data: tuple[np.ndarray, ...]) -> JaccardioClassifier:
    return tiny().fit(data[0], data[1], patients=data[2])


def test_scores_decisions_and_features(fitted: JaccardioClassifier, data: tuple[np.ndarray, ...]) -> None:
    signals, labels, _ = data
    scores, decisions = fitted.predict_proba(signals[:4]), fitted.predict(signals[:4])
    assert scores.shape == decisions.shape == (4, len(fitted.classes_)) == (4, labels.shape[1])
    np.testing.assert_array_equal(decisions, scores >= fitted.predictor_.thresholds["global"])
    np.testing.assert_array_equal(fitted.transform(signals[:4]), fitted.predictor_.encode(signals[:4], 100))
    assert 0 <= fitted.score(signals, labels) <= 1
    assert np.isnan(fitted.score(signals[:2], np.full((2, labels.shape[1]), np.nan)))


def test_what_leads_cannot_show_is_neither_present_nor_absent(fitted: JaccardioClassifier, data: tuple[np.ndarray, ...]) -> None:
    partial = data[0][:3].copy()
    partial[:, 6:] = np.nan
    scores, decisions = fitted.predict_proba(partial), fitted.predict(partial)
    assert 0 < np.isnan(scores).sum() < scores.size
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(decisions))
    labels = data[1][:3]
    known = ~np.isnan(scores).all(axis=0)
    assert fitted.score(partial, labels) == pytest.approx(fitted.score(partial, np.where(known, labels, np.nan)), nan_ok=True)


def test_order_of_ecgs_changes_nothing_and_pickled_it_is_the_same(fitted: JaccardioClassifier, data: tuple[np.ndarray, ...]) -> None:
    order = np.array([3, 0, 2, 1])
    wanted = fitted.predict_proba(data[0][:4])
    np.testing.assert_allclose(fitted.predict_proba(data[0][order]), wanted[order], atol=1e-6)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(data[0][:4]), wanted)  # noqa: S301
    with pytest.raises(NotFittedError):
        clone(fitted).predict_proba(data[0][:4])
    assert clone(fitted).get_params() == fitted.get_params()


def test_in_cross_validation_by_patients_and_in_a_pipeline(data: tuple[np.ndarray, ...], fitted: JaccardioClassifier) -> None:
    signals, labels, patients = data
    folds = GroupKFold(2)
    scores = cross_val_score(tiny(), signals, labels, groups=patients, cv=folds, params={"patients": patients}, error_score="raise")
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    known = ~np.isnan(labels[:, 1])
    features = make_pipeline(Fixed(fitted), LogisticRegression())
    assert features.fit(signals[known], labels[known, 1]).predict(signals[:2]).shape == (2,)


class Fixed(JaccardioClassifier):
    """A fitted estimator as a step whose own `fit` changes nothing."""

    def __init__(self, fitted: JaccardioClassifier) -> None:
        self.fitted = fitted

    def fit(self, X: object, y: object) -> "Fixed":  # noqa: N803
        self.predictor_ = self.fitted.predictor_
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        return self.fitted.transform(X)


def test_a_named_folder_is_kept_and_not_written_over(data: tuple[np.ndarray, ...], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").touch()
    with pytest.raises(UsageError, match="not empty"):
        tiny(out=tmp_path / "out").fit(data[0], data[1])


class TwoDimensional(JaccardioClassifier):
    """Claims tables of features: scikit-learn tries nothing at all of an estimator that does not."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


EXPECTED_FAILURES: dict[str, str] = {}


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks() -> None:
    results = check_estimator(TwoDimensional(), expected_failed_checks=EXPECTED_FAILURES, on_fail=None, on_skip=None)
    for r in results:
        print(r["check_name"], r["status"], repr(r["exception"])[:150])
