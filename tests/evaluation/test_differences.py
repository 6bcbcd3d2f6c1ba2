import numpy as np
import pytest

from jaccardio.evaluation.differences import holm, two_sided_p


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
