import numpy as np
import pytest
from scipy.stats import ttest_rel

from jaccardio.evaluation.differences import holm, seed_test, two_sided_p


def test_holm_by_hand() -> None:
    # sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 is 0.02, 0.03, 0.06, 0.04; the last may not fall below the one before it
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_holm_does_not_count_what_is_undefined() -> None:
    adjusted = holm([float("nan"), 0.02, 0.03])
    assert np.isnan(adjusted[0])
    assert adjusted[1:] == pytest.approx([0.04, 0.04])


def test_p_counts_the_replicates_beyond_zero() -> None:
    differences = np.concatenate([np.full(3, -0.1), np.full(96, 0.1)])
    assert two_sided_p(differences) == two_sided_p(-differences) == pytest.approx(2 * 4 / 100)
    assert two_sided_p(np.full(99, 0.1)) == pytest.approx(0.02)
    assert two_sided_p(np.concatenate([differences, [np.nan] * 50])) == two_sided_p(differences)
    assert two_sided_p(np.zeros(99)) == 1
    assert np.isnan(two_sided_p(np.full(5, np.nan)))


def test_seeds_are_tested_as_pairs_by_students_t() -> None:
    one, other = np.array([0.51, 0.53, 0.52]), np.array([0.45, 0.48, 0.44])
    error, p = seed_test((one - other).tolist())
    assert error == pytest.approx(np.std(one - other, ddof=1) / 3**0.5)
    assert p == pytest.approx(ttest_rel(one, other).pvalue)
    assert seed_test([0.1, 0.1, 0.1]) == pytest.approx((0, 0))
    assert seed_test([0.0, 0.0]) == (0, 1)
    assert np.isnan(seed_test([0.1])).all()


def test_three_seeds_need_more_than_four_standard_errors() -> None:
    """The quantile of two degrees of freedom is 4.303."""
    assert seed_test([4.2, 5.2, 6.2])[1] < 0.05  # 9.0 standard errors
    assert seed_test([1.4, 2.4, 3.4])[1] > 0.05  # 4.16
