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

pytestmark = pytest.mark.filterwarnings("ignore:validation part")  # few ECGs, and it says so

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
    np.testing.assert_allclose(fitted.predict_proba(data[0][2:3]), wanted[2:3], atol=1e-6)
    with pytest.raises(UsageError, match="labels of shape"):
        tiny().fit(data[0], data[1][:, :3])
    with pytest.raises(UsageError, match="unknown threshold policy 'best'; available: fixed, global, per_finding"):
        tiny(policy="best").fit(data[0], data[1])
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
    named = Fixed(fitted).set_output(transform="pandas").fit(signals, labels).transform(signals[:2])
    np.testing.assert_array_equal(named, fitted.transform(signals[:2]))
    assert named.columns[0] == "fixed0"


@pytest.mark.filterwarnings("ignore:2 findings were not learned")
def test_findings_without_a_label_keep_their_columns(data: tuple[np.ndarray, ...]) -> None:
    """As in the training part of a fold: labels, scores and decisions stay side by side."""
    signals, labels, patients = data
    partly = labels.copy()
    partly[:, [1, 4]] = np.nan
    with pytest.warns(UserWarning, match="2 findings were not learned"):
        estimator = tiny().fit(signals, partly, patients=patients)
    assert estimator.classes_.tolist() == list(estimator.vocabulary_.codes)
    scores, decisions = estimator.predict_proba(signals[:3]), estimator.predict(signals[:3])
    assert scores.shape == decisions.shape == (3, labels.shape[1])
    assert np.flatnonzero(np.isnan(scores).all(axis=0)).tolist() == np.flatnonzero(np.isnan(decisions).all(axis=0)).tolist() == [1, 4]
    np.testing.assert_array_equal(np.delete(scores, [1, 4], axis=1), estimator.predictor_.predict_proba(signals[:3], 100))
    assert 0 <= estimator.score(signals, labels) <= 1


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


SHAPES = "trains on a table (n, features) with one label a row; ECGs are (n, leads, samples), labels (n, findings)"
ERRORS = "wants a ValueError in scikit-learn's words; what is refused here is a UsageError that says what to do"
# fmt: off
EXPECTED_FAILURES = {
    **dict.fromkeys((
        "check_classifier_data_not_an_array",
        "check_classifier_multioutput",
        "check_classifier_not_supporting_multiclass",
        "check_classifiers_classes",
        "check_classifiers_multilabel_output_format_decision_function",
        "check_classifiers_multilabel_output_format_predict",
        "check_classifiers_multilabel_output_format_predict_proba",
        "check_classifiers_multilabel_representation_invariance",
        "check_classifiers_one_label",
        "check_complex_data",
        "check_dict_unchanged",
        "check_dont_overwrite_parameters",
        "check_dtype_object",
        "check_estimator_sparse_tag",
        "check_estimators_dtypes",
        "check_estimators_fit_returns_self",
        "check_estimators_overwrite_params",
        "check_estimators_pickle",
        "check_f_contiguous_array_estimator",
        "check_fit1d",
        "check_fit2d_1feature",
        "check_fit2d_1sample",
        "check_fit2d_predict1d",
        "check_fit_check_is_fitted",
        "check_fit_idempotent",
        "check_fit_score_takes_y",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_n_features_in",
        "check_n_features_in_after_fitting",
        "check_pipeline_consistency",
        "check_positive_only_tag_during_fit",
        "check_readonly_memmap_input",
        "check_requires_y_none",
        "check_supervised_y_2d",
        "check_transformer_data_not_an_array",
        "check_transformer_general",
        "check_transformer_preserve_dtypes",
    ), SHAPES),
    **dict.fromkeys((
        "check_classifiers_regression_target",
        "check_classifiers_train",
        "check_estimator_sparse_array",
        "check_estimator_sparse_matrix",
        "check_estimators_empty_data_messages",
        "check_supervised_y_no_nan",
    ), ERRORS),
}
# fmt: on
"""Checks of scikit-learn that cannot be met, and why. What they would have shown is tested above on ECGs: order and subsets of rows, one
row, pickling, cloning, not fitted, labels of another shape, in a pipeline, in cross-validation."""


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks() -> None:
    results = check_estimator(TwoDimensional(), expected_failed_checks=EXPECTED_FAILURES, on_skip=None)  # raises for any other failure
    assert {result["check_name"] for result in results if result["status"] == "xfail"} == EXPECTED_FAILURES.keys()
    assert sum(result["status"] == "passed" for result in results) >= 17
