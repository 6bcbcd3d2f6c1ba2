from itertools import pairwise

import pytest

from jaccardio.training.schedule import learning_rate


def test_warmup_rises_linearly_to_the_peak_then_falls_to_zero() -> None:
    rates = [learning_rate(step, 100, 1.0, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert max(rates) == pytest.approx(1.0)
    assert all(later < earlier for earlier, later in pairwise(rates[10:]))
    assert 0 < rates[-1] < 1e-3
    assert rates[55] == pytest.approx(0.5)  # half-way down the cosine


def test_warmup_counts_steps_from_one_on_and_never_outlasts_the_run() -> None:
    assert learning_rate(49, 1000, 1.0, 100) == pytest.approx(0.5)
    assert learning_rate(9, 10, 1.0, 20_000) == pytest.approx(1.0)


def test_no_warmup_starts_at_the_peak() -> None:
    assert learning_rate(0, 10, 3e-3, 0.0) == pytest.approx(3e-3)
