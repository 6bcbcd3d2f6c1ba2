"""Recorder and electrodes."""

from dataclasses import replace

import numpy as np
import pytest

from jaccardio.simulation.noise import add_noise, band_pass
from jaccardio.simulation.sites import create_sites

EQUIPMENT = create_sites(2)[1].equipment
TIME = np.arange(6000) / 500.0


@pytest.mark.parametrize(("frequency", "gain"), [(10.0, 1.0), (100.0, 2**-0.5), (0.0, 0.0), (200.0, 0.06)])
def test_filter_gain(frequency: float, gain: float) -> None:
    sine = np.cos(2 * np.pi * frequency * TIME)[None].astype(np.float32)
    assert np.std(band_pass(sine, 500.0, EQUIPMENT)) / max(np.std(sine), 0.5) == pytest.approx(gain, abs=0.02)


def test_each_kind_of_noise_is_where_it_belongs() -> None:
    silent = replace(EQUIPMENT, wander=0.0, mains=0.0, muscle=0.0)
    for name, low, high in (("wander", 0.0, 1.0), ("mains", 59.0, 61.0)):
        signal = np.zeros((8, 6000), dtype=np.float32)
        add_noise(signal, 500.0, replace(silent, **{name: 0.1}), np.random.default_rng(0))
        power = (np.abs(np.fft.rfft(signal, axis=1)) ** 2).sum(axis=0)
        frequency = np.fft.rfftfreq(6000, 1 / 500.0)
        assert power[(frequency >= low) & (frequency <= high)].sum() > 0.97 * power.sum()


def test_muscle_noise_is_independent_between_leads() -> None:
    signal = np.zeros((8, 6000), dtype=np.float32)
    add_noise(signal, 500.0, replace(EQUIPMENT, wander=0.0, mains=0.0), np.random.default_rng(0))
    assert np.abs(np.corrcoef(signal) - np.eye(8)).max() < 0.06
