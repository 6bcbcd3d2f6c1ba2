import numpy as np
import pytest

from jaccardio.errors import DataError
from jaccardio.evaluation import bootstrap as module
from jaccardio.evaluation.auroc import SortedScores, auroc, average_precision
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, percentile_interval, without_excess

from .cases import Case


def test_a_replicate_is_the_records_of_the_drawn_patients(case: Case) -> None:
    bootstrap = PatientBootstrap(case.patients, replicates=20, seed=3)
    weights = bootstrap.weights(0, 20)
    keys = np.unique(case.patients)
    ranking = SortedScores.of(case.labels[:, 2], case.scores[:, 2])
    areas, precisions = ranking.metrics(weights).values()
    for replicate in range(20):
        drawn = keys[np.random.default_rng([3, replicate]).integers(len(keys), size=len(keys))]
        rows = np.concatenate([np.flatnonzero(case.patients == patient) for patient in drawn])
        assert np.array_equal(np.bincount(rows, minlength=len(case.patients)), weights[replicate])
        assert areas[replicate] == pytest.approx(auroc(case.labels[rows, 2], case.scores[rows, 2]), abs=1e-12)
        assert precisions[replicate] == pytest.approx(average_precision(case.labels[rows, 2], case.scores[rows, 2]), abs=1e-12)


def test_records_of_one_patient_share_their_weight(case: Case) -> None:
    weights = PatientBootstrap(case.patients, replicates=50).weights(0, 50)
    _, first, patient = np.unique(case.patients, return_index=True, return_inverse=True)
    assert np.array_equal(weights, weights[:, first][:, patient])
    assert weights[:, first].sum(axis=1).tolist() == [len(first)] * 50


def test_samples_do_not_depend_on_the_chunks(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap = PatientBootstrap(case.patients, replicates=25)
    whole = np.concatenate([weights for _, weights in bootstrap.samples()])
    monkeypatch.setattr(module, "WEIGHTS_PER_CHUNK", 7 * len(case.patients))
    chunks = list(bootstrap.samples())
    assert [weights.shape[0] for _, weights in chunks] == [1, 7, 7, 7, 4]
    assert np.array_equal(np.concatenate([weights for _, weights in chunks]), whole)
    assert (whole[0] == 1).all()
    of_group = max(len(weights) for _, weights in bootstrap.within(np.arange(3)).samples())
    assert of_group * len(np.unique(case.patients)) <= module.WEIGHTS_PER_CHUNK, "a small group draws from all patients"


def test_records_without_a_patient_key_are_refused() -> None:
    with pytest.raises(DataError, match="2 of 3 records have no patient key"):
        PatientBootstrap(np.array(["", "a", ""]))


def test_interval_and_mean_leave_undefined_replicates_out() -> None:
    values = np.concatenate([np.arange(101.0), [np.nan] * 50])
    assert percentile_interval(values) == (2.5, 97.5)
    assert np.isnan(percentile_interval(np.array([np.nan]))).all()
    means = mean_of_defined(np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]]))
    assert means[0] == 2
    assert np.isnan(means[1])


def test_the_mean_excess_of_the_replicates_is_taken_off() -> None:
    value, replicates = np.array([0.4, 0.6]), np.random.default_rng(0).uniform(0.5, 0.7, (50, 2))
    samples = without_excess(np.concatenate([value[None], replicates]))
    assert (samples[0] == value).all()
    assert samples[1:].mean(axis=0) == pytest.approx(value)
    assert np.diff(samples[1:], axis=0) == pytest.approx(np.diff(replicates, axis=0))  # the spread stays


def test_undefined_replicates_have_no_excess_and_what_is_left_lies_between_0_and_1() -> None:
    samples = without_excess(np.array([[0.5, 0.1, 0.9, np.nan], [0.6, 0.0, 0.5, 0.2], [np.nan, 0.4, 1.0, np.nan], [0.8, 0.8, 0.9, 0.4]]))
    assert samples[:, 0] == pytest.approx([0.5, 0.4, np.nan, 0.6], nan_ok=True)
    assert samples[:, 1] == pytest.approx([0.1, 0.0, 0.1, 0.5])  # excess 0.3; the first would be below 0
    assert samples[:, 2] == pytest.approx([0.9, 0.6, 1.0, 1.0])  # excess -0.1; the second would be above 1
    assert np.isnan(samples[:, 3]).all()
