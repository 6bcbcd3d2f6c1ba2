"""One simulated ECG: from a heart to the eight independent leads that a recorder measured."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.simulation.beats import AFTER_SECONDS, BEFORE_SECONDS, DOWER, ectopic_waves, paced_waves, render
from jaccardio.simulation.heart import Heart
from jaccardio.simulation.noise import Equipment, add_noise, band_pass
from jaccardio.simulation.rhythm import beat_times

SECONDS = 10.0
MARGIN_SECONDS = 1.0


def simulate_ecg(heart: Heart, equipment: Equipment, sampling_rate: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Ten seconds of I, II, V1-V6.

    Returns
    -------
    (8, 10 s * sampling_rate) float32, millivolt.
    """
    signal = draw_beats(heart, sampling_rate, rng)
    if heart.fibrillating:
        signal += fibrillation(signal.shape[1], sampling_rate, rng)
    add_noise(signal, sampling_rate, equipment, rng)
    margin = round(MARGIN_SECONDS * sampling_rate)
    return band_pass(signal, sampling_rate, equipment)[:, margin : margin + round(SECONDS * sampling_rate)]


def draw_beats(heart: Heart, sampling_rate: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Adds each beat's window in place; breathing changes the size of the beats a little."""
    times, ectopic = beat_times(heart, -MARGIN_SECONDS - 1.0, SECONDS + MARGIN_SECONDS, rng)
    conducted = paced_waves(rng, heart.pacing == "both").values() if heart.pacing else heart.waves_at(60 / heart.rate)
    templates = (render(conducted, sampling_rate), render(ectopic_waves(rng).values(), sampling_rate))
    window = templates[0].shape[1]
    pad = round((AFTER_SECONDS + BEFORE_SECONDS) * sampling_rate)
    samples = round((SECONDS + 2 * MARGIN_SECONDS) * sampling_rate)
    padded = np.zeros((DOWER.shape[0], samples + 2 * pad), dtype=np.float32)
    starts = np.round((times + MARGIN_SECONDS) * sampling_rate).astype(int) - round(BEFORE_SECONDS * sampling_rate) + pad
    sizes = 1 + 0.03 * np.sin(2 * np.pi * 0.25 * times + rng.uniform(0, 2 * np.pi))
    for start, kind, size in zip(starts, ectopic.astype(int), sizes, strict=True):
        if 0 <= start <= padded.shape[1] - window:
            padded[:, start : start + window] += np.float32(size) * templates[kind]
    return padded[:, pad : pad + samples].copy()


def fibrillation(samples: int, sampling_rate: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Fibrillatory waves: three drifting oscillations of 4.5-8 Hz, largest in V1 and II."""
    time = np.arange(samples) / sampling_rate
    vectors = rng.normal(0, 1, (3, 3)) * (0.012, 0.022, 0.019) * rng.uniform(0.7, 1.3)
    drift = 0.6 * np.sin(2 * np.pi * rng.uniform(0.1, 0.6, (3, 1)) * time + rng.uniform(0, 2 * np.pi, (3, 1)))
    waves = np.sin(2 * np.pi * rng.uniform(4.5, 8, (3, 1)) * time + 2 * drift + rng.uniform(0, 2 * np.pi, (3, 1)))
    return (DOWER @ vectors.T @ waves).astype(np.float32)
