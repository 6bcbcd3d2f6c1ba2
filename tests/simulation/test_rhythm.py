"""When the simulated heart beats."""

import numpy as np
import pytest

from jaccardio.simulation.heart import Heart, normal_heart
from jaccardio.simulation.rhythm import beat_times


@pytest.fixture
def heart() -> Heart:
    heart = normal_heart(np.random.default_rng(0))
    heart.rate = 75.0
    return heart


def variation(times: np.ndarray) -> float:
    return float(np.std(np.diff(times)) / np.mean(np.diff(times)))


def test_sinus_rhythm_keeps_its_rate_with_a_little_variability(heart: Heart) -> None:
    times, ectopic = beat_times(heart, -2, 11, np.random.default_rng(1))
    assert np.mean(np.diff(times)) == pytest.approx(0.8, rel=0.03)
    assert 0.005 < variation(times) < 0.05
    assert not ectopic.any()


def test_fibrillation_is_irregular_and_pacing_is_not(heart: Heart) -> None:
    heart.fibrillating = True
    assert variation(beat_times(heart, -2, 60, np.random.default_rng(1))[0]) > 0.12
    heart.pacing = "ventricle"
    assert variation(beat_times(heart, -2, 60, np.random.default_rng(1))[0]) < 1e-9


def test_an_ectopic_beat_is_early_and_pauses(heart: Heart) -> None:
    heart.ectopic_beats = 1
    times, ectopic = beat_times(heart, -2, 11, np.random.default_rng(2))
    (place,) = np.flatnonzero(ectopic)
    before, after = times[place] - times[place - 1], times[place + 1] - times[place]
    assert before < 0.7 * 0.8
    assert before + after == pytest.approx(1.6, rel=0.06)  # fully compensatory: two sinus intervals


def test_couplet_bigeminy_and_run(heart: Heart) -> None:
    heart.couplet = True
    first, second = np.flatnonzero(beat_times(heart, -2, 11, np.random.default_rng(3))[1])
    assert second == first + 1
    heart.couplet, heart.bigeminy = False, True
    times, ectopic = beat_times(heart, -2, 11, np.random.default_rng(3))
    inside = ectopic[(times > 0) & (times < 9)]
    assert (inside[1:] != inside[:-1]).all()
    heart.bigeminy, heart.run = False, 8
    times, ectopic = beat_times(heart, -2, 11, np.random.default_rng(3))
    assert ectopic.sum() == 8
    assert (np.diff(np.flatnonzero(ectopic)) == 1).all()
    assert 0.29 < np.diff(times[ectopic]).mean() < 0.44
