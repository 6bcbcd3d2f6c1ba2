"""Spearman's rank correlation against scipy and by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from jaccardio.evaluation.correlation import spearman


def test_spearman_known_cases() -> None:
    assert spearman(np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 4, 3, 5])) == pytest.approx(1 - 6 * 4 / (5 * 24))  # no ties
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 6, 40), rng.random(40)
    assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert np.isnan(spearman(np.ones(4), np.arange(4.0)))
