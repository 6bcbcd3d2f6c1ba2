"""`Beats`: where the heart beats in one ECG, which beats are alike, and the median of those that are."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

WORKING_RATE_HZ = 500.0
"""Beats are measured at this rate; slower recordings are interpolated, so that limits of waves fall between their samples."""

BEFORE_SECONDS, AFTER_SECONDS = 0.36, 0.60
"""A beat's window around the middle of its QRS complex."""

MINIMUM_BEATS = 3
"""Of fewer whole beats no median is taken: the ECG is not measured."""

EARLY = 0.85
"""A beat that comes before this share of the usual interval is early."""

_QRS_SECONDS = 0.10  # on both sides of the middle: what is compared between beats
_REFRACTORY_SECONDS = 0.25
_FAST_SECONDS, _SLOW_SECONDS = 0.02, 0.12  # slopes that last shorter are noise or spikes, those that last longer T waves
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
    from scipy.signal import resample_poly  # half a second to import, which who measures nothing need not wait

    ratio = Fraction(round(10 * WORKING_RATE_HZ), round(10 * sampling_rate))  # rates are told apart to a tenth of a hertz
    resampled: NDArray[np.float32] = resample_poly(centred, ratio.numerator, ratio.denominator, axis=1, padtype="line")
    return resampled


def find_beats(signal: NDArray[np.float32]) -> Beats | None:
    """The beats of (leads, samples) at `WORKING_RATE_HZ`; None where `MINIMUM_BEATS` of one kind cannot be found.

    QRS complexes are the peaks of the slopes of all leads, summed and smoothed; slow slopes, of T waves, are taken off before. Each beat
    is moved to fit the median beat best. Of two kinds of beats the heart's own is the one that comes later.
    """
    places = _activity_peaks(signal)
    before, after = _before(), _after()
    whole = (places >= before + _slack()) & (places + after + _slack() < signal.shape[1])
    if whole.sum() < MINIMUM_BEATS:
        return None
    fitted = _fit(signal, places[whole], _middle(_cut(signal, places[whole])))
    if fitted is not None:
        others = fitted[2] <= _ALIKE
        since = np.diff(places, prepend=places[0])[whole]
        if others.sum() >= MINIMUM_BEATS and np.median(since[~others]) < EARLY * np.median(since[others]):  # ectopic beats prevail
            fitted = _fit(signal, fitted[0], _middle(fitted[1][others])) or fitted
    if fitted is None:
        return None
    places[whole], windows, likeness, median = fitted
    noise = np.median(np.abs(windows[likeness > _ALIKE, :, ::4] - median[:, ::4]), axis=(0, 2)) / 0.6745
    return Beats(places, whole, windows, likeness, median, noise.astype(np.float64))


_Fitted = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]


def _fit(signal: NDArray[np.float32], places: NDArray[np.int64], median: NDArray[np.float64]) -> _Fitted | None:
    """Places, windows, likeness and median of the beats that are like a first median; None where there are not two of them."""
    for _ in range(2):
        places = np.clip(places + _shifts(signal, places, median), _before(), signal.shape[1] - _after())
        windows = _cut(signal, places)
        alike = _likeness(windows, median) > _ALIKE
        if alike.sum() < 2:
            return None
        median = _middle(windows[alike])
    likeness = _likeness(windows, median)
    return (places, windows, likeness, median) if (likeness > _ALIKE).sum() >= 2 else None


def _activity_peaks(signal: NDArray[np.float32]) -> NDArray[np.int64]:
    """Places of QRS complexes, ascending."""
    from scipy.signal import find_peaks

    slope = np.diff(uniform_filter1d(signal, _samples(_FAST_SECONDS), axis=1), axis=1, prepend=signal[:, :1])
    slope -= uniform_filter1d(slope, _samples(_SLOW_SECONDS), axis=1)
    activity = np.sqrt(np.maximum(uniform_filter1d((slope**2).sum(axis=0), _samples(0.09)), 0))
    height = 0.35 * np.percentile(activity, 98)
    places, _ = find_peaks(activity, height=max(height, 1e-6), distance=_samples(_REFRACTORY_SECONDS))
    if len(places) >= MINIMUM_BEATS:  # T waves and noise are far below the typical beat
        places = places[activity[places] > 0.4 * np.median(activity[places])]
    return np.asarray(places, dtype=np.int64)


def _middle(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The median over beats; sorting is several times as fast as `np.median` for so few."""
    ordered = np.sort(windows, axis=0)
    middle: NDArray[np.float64] = (ordered[(len(ordered) - 1) // 2].astype(np.float64) + ordered[len(ordered) // 2]) / 2
    return middle


def _before() -> int:
    return _samples(BEFORE_SECONDS)


def _after() -> int:
    return _samples(AFTER_SECONDS)


def _slack() -> int:
    return _samples(0.03)


def _qrs() -> slice:
    half = _samples(_QRS_SECONDS)
    return slice(_before() - half, _before() + half)


def _cut(signal: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
    """Windows (beats, leads, samples), each less its level before the P wave."""
    samples = np.arange(-_before(), _after())
    windows = signal[:, places[:, None] + samples].transpose(1, 0, 2)
    before_p = _samples(0.12)
    level = np.sort(windows[:, :, :before_p], axis=2)[:, :, before_p // 2, None]
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
    half, slack = _samples(_QRS_SECONDS), _slack()
    pattern = np.gradient(median[:, _qrs()], axis=1).astype(np.float32)
    reach = np.arange(-half - slack, half + slack)
    pieces = np.gradient(signal[:, places[:, None] + reach], axis=2)  # (leads, beats, samples)
    moved = sliding_window_view(pieces, 2 * half, axis=2)[:, :, ::2]
    fit = np.einsum("lnmt,lt->nm", moved[:, :, : slack + 1], pattern)
    chosen: NDArray[np.int64] = 2 * fit.argmax(axis=1).astype(np.int64) - slack
    return chosen


def _samples(seconds: float) -> int:
    return round(seconds * WORKING_RATE_HZ)
