"""The Fréchet distance against its formula, and the baseline that gives it a meaning."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import sqrtm

from jaccardio.errors import DataError
from jaccardio.evaluation.drift import REPETITIONS, by_random_patients, frechet_distance, measure_drift


def with_moments(mean: np.ndarray, covariance: np.ndarray, seed: int) -> np.ndarray:
    """A sample whose own mean and covariance are exactly these."""
    draws = np.random.default_rng(seed).normal(size=(50, len(mean)))
    draws -= draws.mean(axis=0)
    whitened = draws @ np.linalg.inv(np.linalg.cholesky(np.cov(draws, rowvar=False))).T
    sample: np.ndarray = whitened @ np.linalg.cholesky(covariance).T + mean
    return sample


def test_two_known_gaussians() -> None:
    """Diagonal covariances: |m1 - m2|^2 + sum (s1 - s2)^2."""
    first = with_moments(np.array([1.0, 2.0, 3.0]), np.diag([4.0, 9.0, 1.0]), 0)
    second = with_moments(np.array([1.0, 0.0, 3.5]), np.diag([1.0, 4.0, 16.0]), 1)
    assert frechet_distance(first, second) == pytest.approx(4 + 0.25 + 1 + 1 + 9, abs=1e-9)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_covariances_that_do_not_commute() -> None:
    rng = np.random.default_rng(2)
    one, other = (root @ root.T + np.eye(4) for root in rng.normal(size=(2, 4, 4)))
    first, second = with_moments(np.zeros(4), one, 3), with_moments(np.ones(4), other, 4)
    expected = 4 + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert frechet_distance(first, second) == pytest.approx(expected, abs=1e-8)
    assert frechet_distance(second, first) == pytest.approx(expected, abs=1e-8)


def test_fewer_rows_than_dimensions_and_too_few_rows() -> None:
    rng = np.random.default_rng(5)
    assert np.isfinite(frechet_distance(rng.normal(size=(3, 10)), rng.normal(size=(4, 10))))
    with pytest.raises(DataError, match="each needs two"):
        frechet_distance(rng.normal(size=(1, 3)), rng.normal(size=(4, 3)))


def test_one_hospital_split_in_two_is_no_shift_and_another_hospital_is() -> None:
    rng = np.random.default_rng(6)
    home, same, moved = rng.normal(size=(400, 4)), rng.normal(size=(300, 4)), rng.normal(1.0, 1.0, (300, 4))
    patients, others = np.array([f"p{row // 2}" for row in range(400)]), np.array([f"q{row}" for row in range(300)])
    between, within, records = measure_drift(home, patients, same, others)
    assert records == 200
    assert len(between) == len(within) == REPETITIONS
    assert between.mean() / within.mean() == pytest.approx(1, abs=0.5)
    between, within, records = measure_drift(home, patients, moved, others)
    assert records == 200
    assert between.mean() == pytest.approx(4, abs=0.8)  # four dimensions moved by one each
    assert between.mean() > 20 * within.mean()
    assert (measure_drift(home, patients, moved, others)[0] == between).all()


def test_away_ecgs_are_drawn_from_all_of_them() -> None:
    """The away table is sorted by a trend, and only a third of it is drawn: its first rows would look like another hospital."""
    rng = np.random.default_rng(9)
    home, away = rng.uniform(0, 10, (200, 1)), np.linspace(0, 10, 300)[:, None]
    between, _, records = measure_drift(home, np.arange(200).astype(str), away, np.array([f"q{row}" for row in range(300)]))
    assert records == 100
    assert between.max() < 2  # of the first hundred rows: a mean 3 to 4 lower, more than 9


def test_halves_share_no_patient() -> None:
    """One patient holds a third of the ECGs, all far from the others: torn apart, the halves would look alike."""
    patients = np.array(["big"] * 100 + [f"p{row}" for row in range(200)])
    home = np.concatenate([np.full((100, 1), 50.0), np.zeros((200, 1))]) + np.random.default_rng(7).normal(size=(300, 1))
    away = np.random.default_rng(8).normal(size=(300, 1))
    _, within, _ = measure_drift(home, patients, away, np.arange(300).astype(str))
    assert np.median(within) > 500  # torn apart: means differ by chance alone, about 40


def test_rows_of_a_patient_stay_together() -> None:
    patients = np.array(["a", "b", "a", "c", "b", "a"])
    orders = {tuple(patients[by_random_patients(patients, np.random.default_rng(seed))]) for seed in range(30)}
    assert len(orders) == 6
    assert all(sum(one != other for one, other in pairwise(order)) == 2 for order in orders)
