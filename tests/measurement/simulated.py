"""Simulated ECGs with their truth, measured."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jaccardio.measurement.measure import MEASUREMENTS, measure
from jaccardio.recording.leads import LEADS
from jaccardio.simulation.beats import DOWER
from jaccardio.simulation.disk import build_heart, twelve_leads
from jaccardio.simulation.ecg import simulate_ecg
from jaccardio.simulation.heart import Heart
from jaccardio.simulation.hospital import FIRST_DAY, HEALTHY, SimulatedEcg
from jaccardio.simulation.sites import create_sites

ALL_LEADS = np.ones(12, dtype=np.bool_)
EQUIPMENT = create_sites(1)[0].equipment


@dataclass(frozen=True)
class Example:
    """A simulated ECG, the heart that it is of, and its measurements (1, all) and by name."""

    heart: Heart
    signal: NDArray[np.float32]
    measurements: NDArray[np.float32]

    def __getitem__(self, name: str) -> float:
        return float(self.measurements[0, list(MEASUREMENTS).index(name)])


def simulate(findings: tuple[str, ...], rate: float, seed: int) -> tuple[Heart, NDArray[np.float32]]:
    """A heart with findings, and its ECG (12, 10 s) in millivolt as the first simulated hospital records it."""
    known = SimulatedEcg(1, 1, 50, "M", FIRST_DAY, frozenset(findings), HEALTHY, echo=False)
    heart = build_heart(known, np.random.default_rng([1, seed]))
    signal = simulate_ecg(heart, EQUIPMENT, rate, np.random.default_rng([2, seed]))
    gain = EQUIPMENT.counts_per_millivolt
    return heart, (twelve_leads(signal, gain) / gain).astype(np.float32)


@lru_cache(maxsize=256)
def example(*findings: str, rate: float = 100.0, seed: int = 0) -> Example:
    """A simulated ECG with findings."""
    heart, signal = simulate(findings, rate, seed)
    return Example(heart, signal, measure(signal, rate, ALL_LEADS)[None])


def examples(*findings: str, rate: float = 100.0, count: int = 6) -> list[Example]:
    """Several hearts with the same findings."""
    return [example(*findings, rate=rate, seed=seed) for seed in range(count)]


def measured(signal: NDArray[np.float32], rate: float, leads: NDArray[np.bool_] = ALL_LEADS) -> dict[str, float]:
    """Measurements by name."""
    return dict(zip(MEASUREMENTS, measure(signal, rate, leads).tolist(), strict=True))


def clean_beat(heart: Heart) -> NDArray[np.float64]:
    """(12, 1,200) millivolt at 1 kHz from 400 ms before R: one conducted beat without noise or filter."""
    time = np.arange(-400, 800) / 1000
    vector = np.zeros((3, len(time)))
    for wave in heart.waves_at(60 / heart.rate):
        width = np.where(time < wave.centre, wave.rise, wave.fall)
        vector += np.array(wave.vector)[:, None] * np.exp(-0.5 * ((time - wave.centre) / width) ** 2)
    one, two, *chest = DOWER @ vector
    return np.stack([one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2, *chest])


def lead(name: str) -> int:
    """Row of a lead."""
    return LEADS.index(name)
