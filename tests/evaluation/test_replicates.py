"""Means over seeds and over records."""

import numpy as np
import pytest

from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.replicates import Replicates, auroc_replicates, mean_over_records

from .cases import Case


def test_the_interval_of_a_mean_over_seeds_is_that_of_the_means() -> None:
    samples = [np.random.default_rng(seed).random(41) for seed in range(3)]
    found = Estimate.of_seeds(samples)
    assert found.per_seed == tuple(one[0] for one in samples)
    assert found.value == pytest.approx(np.mean(found.per_seed))
    assert [found.low, found.high] == pytest.approx(np.quantile(sum(samples)[1:] / 3, [0.025, 0.975]).tolist())


def test_means_over_records_weigh_patients_as_they_are_drawn(case: Case) -> None:
    rng = np.random.default_rng(0)
    left_out = rng.random(len(case.labels)) < 0.2
    values = [np.where(left_out, np.nan, rng.random(len(case.labels))) for _ in range(2)]
    found = mean_over_records(values, PatientBootstrap(case.patients, 30))
    assert found.per_seed == pytest.approx([one[~left_out].mean() for one in values])
    assert found.value == pytest.approx(np.mean([one[~left_out] for one in values]))
    means = [np.nanmean(np.repeat((values[0] + values[1]) / 2, weights)) for weights in PatientBootstrap(case.patients, 30).weights(0, 30)]
    assert [found.low, found.high] == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist())


def test_replicates_of_average_precision_average_to_the_metric(case: Case) -> None:
    bootstrap = PatientBootstrap(case.patients, 200)
    replicates = Replicates.of(case.part, case.scores, case.scored().thresholds[0], bootstrap, np.ones(6, np.bool_))
    precision = replicates.ranked["auprc"]
    assert ((precision > 0) & (precision < 1)).all()  # none was held
    assert precision[1:].mean(axis=0) == pytest.approx(precision[0], abs=1e-12)
    assert np.array_equal(replicates.ranked["auroc"], auroc_replicates(case.labels, case.scores, bootstrap))  # resampling does not lift it
