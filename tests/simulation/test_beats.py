"""Waves and leads."""

import numpy as np
import pytest

from jaccardio.simulation.beats import BEFORE_SECONDS, DOWER, render, wave


def test_a_wave_appears_where_and_as_large_as_asked() -> None:
    signal = render([wave(0.1, 0.02, (1.0, 0.0, 0.0))], 500.0)
    np.testing.assert_allclose(signal[:, round((BEFORE_SECONDS + 0.1) * 500)], DOWER[:, 0], rtol=1e-5)


@pytest.mark.parametrize("rate", [100.0, 250.0, 500.0, 1000.0])
def test_a_spike_survives_any_sampling_rate(rate: float) -> None:
    signal = render([wave(-0.0753, 0.001, (1.0, 0.0, 0.0))], rate)
    assert signal[0].max() > 0.4 * DOWER[0, 0]


def test_turning_keeps_the_size_and_moves_towards_the_feet() -> None:
    turned = wave(0.0, 0.01, (1.0, 0.0, 0.3)).turned(90)
    assert turned.vector == pytest.approx((0.0, 1.0, 0.3))


def test_asymmetric_waves_rise_slower_than_they_fall() -> None:
    signal = render([wave(0.2, 0.06, (1.0, 0.0, 0.0), fall=0.03)], 500.0)[0]
    top = int(np.argmax(signal))
    assert signal[top - 20] > signal[top + 20]
