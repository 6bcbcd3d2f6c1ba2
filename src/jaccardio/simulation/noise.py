"""What the recorder adds to the heart's signal and what it takes away: wander, mains, muscle, filter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Equipment:
    """A hospital's recorder and electrodes.

    Attributes
    ----------
    counts_per_millivolt
        Gain of the stored integers.
    wander, mains, muscle
        Typical noise, millivolt root mean square.
    mains_frequency
        50 or 60 Hz.
    low_cut, high_cut
        Corner frequencies of the zero-phase band-pass, Hz.
    """

    counts_per_millivolt: float
    wander: float
    mains: float
    mains_frequency: float
    muscle: float
    low_cut: float
    high_cut: float


def add_noise(signal: NDArray[np.float32], sampling_rate: float, equipment: Equipment, rng: np.random.Generator) -> None:
    """Adds noise in place, independent per lead.

    Parameters
    ----------
    signal
        (leads, samples) millivolt.
    """
    leads, samples = signal.shape
    time = np.arange(samples, dtype=np.float32) / np.float32(sampling_rate)
    level = np.exp(rng.normal(0, 0.35, 3))
    frequencies = rng.uniform(0.08, 0.4, 3)
    breath = np.sin(2 * np.pi * frequencies[:, None] * time + rng.uniform(0, 2 * np.pi, (3, 1))).astype(np.float32)
    signal += (rng.normal(0, equipment.wander * level[0] * 0.8, (leads, 3)).astype(np.float32)) @ breath
    hum = np.sin(2 * np.pi * equipment.mains_frequency * time + rng.uniform(0, 2 * np.pi)).astype(np.float32)
    signal += (rng.normal(0, equipment.mains * level[1] * 1.4, (leads, 1)).astype(np.float32)) * hum
    signal += np.float32(equipment.muscle * level[2]) * rng.standard_normal((leads, samples), dtype=np.float32)


def band_pass(signal: NDArray[np.float32], sampling_rate: float, equipment: Equipment) -> NDArray[np.float32]:
    """The recorder's filter: second-order high-pass and fourth-order low-pass magnitudes (Butterworth) without phase.

    The filter is circular: pass a signal with margins and cut them off afterwards.
    """
    samples = signal.shape[1]
    frequency = np.fft.rfftfreq(samples, 1 / sampling_rate)
    low = 1 / np.sqrt(1 + (equipment.low_cut / np.maximum(frequency, 1e-6)) ** 4)
    high = 1 / np.sqrt(1 + (frequency / equipment.high_cut) ** 8)
    return np.fft.irfft(np.fft.rfft(signal, axis=1) * (low * high).astype(np.float32), n=samples, axis=1).astype(np.float32)
