"""`Beats`: where the heart beats in one ECG, which beats are alike, and the median of those that are."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks, resample_poly

WORKING_RATE_HZ = 500.0
"""Beats are measured at this rate; slower recordings are interpolated, so that limits of waves fall between their samples."""

BEFORE_SECONDS, AFTER_SECONDS = 0.36, 0.60
"""A beat's window around the middle of its QRS complex."""

MINIMUM_BEATS = 3
"""Of fewer whole beats no median is taken: the ECG is not measured."""

_QRS_SECONDS = 0.10  # on both sides of the middle: what is compared between beats
_REFRACTORY_SECONDS = 0.25
_ALIKE = 0.85  # correlation of QRS with the median beat from which a beat is of the same kind


@dataclass(frozen=True, eq=False)
class Beats:
    """The beats of one ECG at `WORKING_RATE_HZ`.

    Attributes
    ----------
    places
        (all,) samples of the middle of each QRS complex, ascending.
    whole
        (all,) bool, beats whose window lies inside the recording.
    windows
        (whole, leads, samples) millivolt, each less its level before the P wave.
    likeness
        (whole,) correlation of the QRS complex with that of the median beat, over all leads.
    median
        (leads, samples) the median of the beats that are alike.
    noise
        (leads,) millivolt, spread of the beats that are alike about their median.
    """

    places: NDArray[np.int64]
    whole: NDArray[np.bool_]
    windows: NDArray[np.float32]
    likeness: NDArray[np.float64]
    median: NDArray[np.float64]
    noise: NDArray[np.float64]

    @property
    def alike(self) -> NDArray[np.bool_]:
        """(whole,) beats of the dominant kind."""
        return self.likeness > _ALIKE

    @property
    def centre(self) -> int:
        """Sample of a window at which the middle of QRS lies."""
        return _before()


def at_working_rate(signal: NDArray[np.float32], sampling_rate: float) -> NDArray[np.float32]:
    """(leads, samples) at `WORKING_RATE_HZ`, each lead less its median."""
    centred = signal - np.median(signal, axis=1, keepdims=True)
    if sampling_rate == WORKING_RATE_HZ:
        return centred
    ratio = Fraction(round(10 * WORKING_RATE_HZ), round(10 * sampling_rate))  # rates are told apart to a tenth of a hertz
    resampled: NDArray[np.float32] = resample_poly(centred, ratio.numerator, ratio.denominator, axis=1, padtype="line")
    return resampled


def find_beats(signal: NDArray[np.float32]) -> Beats | None:
    """The beats of (leads, samples) at `WORKING_RATE_HZ`; None where `MINIMUM_BEATS` of one kind cannot be found.

    QRS complexes are the peaks of the slopes of all leads, summed and smoothed; each beat is moved to fit the median beat best.
    """
    slope = np.abs(np.gradient(signal, axis=1)).sum(axis=0)
    activity = uniform_filter1d(slope, round(0.09 * WORKING_RATE_HZ))
    height = 0.35 * np.percentile(activity, 98)
    places, _ = find_peaks(activity, height=max(height, 1e-6), distance=round(_REFRACTORY_SECONDS * WORKING_RATE_HZ))
    if len(places) >= MINIMUM_BEATS:  # T waves and noise are far below the typical beat
        places = places[activity[places] > 0.4 * np.median(activity[places])]
    places = places.astype(np.int64)
    before, after = _before(), _after()
    whole = (places >= before + _slack()) & (places + after + _slack() < signal.shape[1])
    if whole.sum() < MINIMUM_BEATS:
        return None
    windows = _cut(signal, places[whole])
    median = np.median(windows, axis=0).astype(np.float64)
    for _ in range(2):
        shifts = _shifts(signal, places[whole], median)
        places = places.copy()
        places[whole] += shifts
        windows = _cut(signal, places[whole])
        likeness = _likeness(windows, median)
        alike = likeness > _ALIKE
        if alike.sum() < 2:
            break
        median = np.median(windows[alike], axis=0).astype(np.float64)
    likeness = _likeness(windows, median)
    alike = likeness > _ALIKE
    if alike.sum() < 2:
        return None
    noise = np.median(np.abs(windows[alike] - median), axis=(0, 2)) / 0.6745
    return Beats(places, whole, windows, likeness, median, noise.astype(np.float64))


def _before() -> int:
    return round(BEFORE_SECONDS * WORKING_RATE_HZ)


def _after() -> int:
    return round(AFTER_SECONDS * WORKING_RATE_HZ)


def _slack() -> int:
    return round(0.03 * WORKING_RATE_HZ)


def _qrs() -> slice:
    half = round(_QRS_SECONDS * WORKING_RATE_HZ)
    return slice(_before() - half, _before() + half)


def _cut(signal: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
    """Windows (beats, leads, samples), each less its level before the P wave."""
    samples = np.arange(-_before(), _after())
    windows = signal[:, places[:, None] + samples].transpose(1, 0, 2)
    level = np.median(windows[:, :, : round(0.12 * WORKING_RATE_HZ)], axis=2, keepdims=True)
    return np.ascontiguousarray(windows - level)


def _likeness(windows: NDArray[np.float32], median: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of each beat's QRS with the median's, over leads and samples together."""
    part = windows[:, :, _qrs()].reshape(len(windows), -1)
    pattern = median[:, _qrs()].reshape(-1)
    lengths = np.linalg.norm(part, axis=1) * np.linalg.norm(pattern)
    correlation: NDArray[np.float64] = (part @ pattern) / np.maximum(lengths, 1e-9)
    return correlation


def _shifts(signal: NDArray[np.float32], places: NDArray[np.int64], median: NDArray[np.float64]) -> NDArray[np.int64]:
    """Samples by which each beat is to be moved to fit the median's QRS slopes best."""
    moves = np.arange(-_slack(), _slack() + 1, 2)
    half = round(_QRS_SECONDS * WORKING_RATE_HZ)
    pattern = np.gradient(median[:, _qrs()], axis=1)
    reach = np.arange(-half - _slack(), half + _slack())
    pieces = np.gradient(signal[:, places[:, None] + reach].transpose(1, 0, 2), axis=2)
    fit = np.stack([(pieces[:, :, _slack() + move : _slack() + move + 2 * half] * pattern).sum(axis=(1, 2)) for move in moves])
    chosen: NDArray[np.int64] = moves[fit.argmax(axis=0)].astype(np.int64)
    return chosen
