"""`Beats`: where the heart beats in one ECG, which beats are alike, and the median of those that are."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from jaccardio.measurement.curves import slopes
from jaccardio.recording.order_statistics import medians, quantile
from jaccardio.recording.resampling import resample

WORKING_RATE_HZ = 500.0
"""Beats are measured at this rate; slower recordings are interpolated, so that limits of waves fall between their samples."""


def samples_of(seconds: float) -> int:
    """Samples at `WORKING_RATE_HZ`."""
    return round(seconds * WORKING_RATE_HZ)


CENTRE = samples_of(0.36)
"""Sample of a beat's window at which the middle of its QRS complex lies."""

MINIMUM_BEATS = 3
"""Of fewer whole beats no median is taken: the ECG is not measured."""

EARLY = 0.85
"""A beat that comes before this share of the usual interval is early."""

_AFTER = samples_of(0.60)  # length of the window from the middle on
_SLACK = samples_of(0.03)  # by so much a beat may be moved to fit others
_HALF_QRS = samples_of(0.10)  # on both sides of the middle: what is compared between beats
_QRS = slice(CENTRE - _HALF_QRS, CENTRE + _HALF_QRS)
_REFRACTORY_SECONDS = 0.25
_FAST_SECONDS, _SLOW_SECONDS = 0.02, 0.12  # slopes that last shorter are noise or spikes, those that last longer T waves
_Real = TypeVar("_Real", np.float32, np.float64)
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


def at_working_rate(signal: NDArray[np.float32], sampling_rate: float) -> NDArray[np.float32]:
    """(leads, samples) at `WORKING_RATE_HZ`, each lead less its median."""
    centred = signal - medians(signal)
    if sampling_rate == WORKING_RATE_HZ:
        return centred
    ratio = Fraction(round(10 * WORKING_RATE_HZ), round(10 * sampling_rate))  # rates are told apart to a tenth of a hertz
    return resample(centred, ratio, "line")


def find_beats(signal: NDArray[np.float32]) -> Beats | None:
    """The beats of (leads, samples) at `WORKING_RATE_HZ`; None where `MINIMUM_BEATS` of one kind cannot be found.

    QRS complexes are the peaks of the slopes of all leads, summed and smoothed; slow slopes, of T waves, are taken off before. Each beat
    is moved to fit the median beat best. Of two kinds of beats the heart's own is the one that comes later.
    """
    places = _activity_peaks(signal)
    whole = (places >= CENTRE + _SLACK) & (places + _AFTER + _SLACK < signal.shape[1])
    if whole.sum() < MINIMUM_BEATS:
        return None
    fitted = _fit(signal, places[whole], _middle(_cut(signal, places[whole], _QRS)))
    if fitted is not None:
        own_places, likeness, _ = fitted
        others = likeness <= _ALIKE
        since = np.diff(places, prepend=places[0])[whole]
        if others.sum() >= MINIMUM_BEATS and np.median(since[~others]) < EARLY * np.median(since[others]):  # ectopic beats prevail
            fitted = _fit(signal, own_places, _middle(_cut(signal, own_places[others], _QRS))) or fitted
    if fitted is None:
        return None
    places[whole], likeness, chosen = fitted
    windows = _cut(signal, places[whole], slice(0, CENTRE + _AFTER))
    median = _middle(windows[chosen])
    deviations = np.abs(windows[likeness > _ALIKE, :, ::4] - median[:, ::4])
    noise = medians(deviations.transpose(1, 0, 2).reshape(len(median), -1))[:, 0] / 0.6745
    return Beats(places, whole, windows, likeness, median, noise)


_Fitted = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]


def _fit(signal: NDArray[np.float32], places: NDArray[np.int64], pattern: NDArray[np.float64]) -> _Fitted | None:
    """Places, likeness, and those of whose windows the median is to be taken, of the beats that are like a first median of QRS; None where
    there are not two of them."""
    for _ in range(2):
        places = np.clip(places + _shifts(signal, places, pattern), CENTRE, signal.shape[1] - _AFTER)
        complexes = _cut(signal, places, _QRS)
        alike = correlations(complexes, pattern) > _ALIKE
        if alike.sum() < 2:
            return None
        pattern = _middle(complexes[alike])
    likeness = correlations(complexes, pattern)
    return (places, likeness, alike) if (likeness > _ALIKE).sum() >= 2 else None


def _activity_peaks(signal: NDArray[np.float32]) -> NDArray[np.int64]:
    """Places of QRS complexes, ascending."""
    from scipy.signal import find_peaks

    slope = np.diff(uniform_filter1d(signal, samples_of(_FAST_SECONDS), axis=1), axis=1, prepend=signal[:, :1])
    slope -= uniform_filter1d(slope, samples_of(_SLOW_SECONDS), axis=1)
    activity = np.sqrt(np.maximum(uniform_filter1d((slope**2).sum(axis=0), samples_of(0.09)), 0))
    height = max(0.35 * quantile(activity, 0.98), 1e-6)
    places, _ = find_peaks(activity, height=height, distance=samples_of(_REFRACTORY_SECONDS))
    if len(places) >= MINIMUM_BEATS:  # T waves and noise are far below the typical beat
        places = places[activity[places] > 0.4 * medians(activity[places])]
    return np.asarray(places, dtype=np.int64)


def _middle(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The median over beats; sorting is several times as fast as `np.median` for so few."""
    ordered = np.sort(windows, axis=0)
    middle: NDArray[np.float64] = (ordered[(len(ordered) - 1) // 2].astype(np.float64) + ordered[len(ordered) // 2]) / 2
    return middle


def _cut(signal: NDArray[np.float32], places: NDArray[np.int64], part: slice) -> NDArray[np.float32]:
    """That part of the beats' windows, (beats, leads, samples), each lead less its level before the P wave."""
    windows = np.stack([signal[:, begin : begin + part.stop] for begin in (places - CENTRE).tolist()])
    before_p = samples_of(0.12)
    level = np.partition(windows[:, :, :before_p], before_p // 2, axis=2)[:, :, before_p // 2, None]
    return windows[:, :, part] - level


def correlations(parts: NDArray[_Real], pattern: NDArray[np.float64]) -> NDArray[np.float64]:
    """(beats,) correlation of (beats, leads, samples) with a pattern (leads, samples), over leads and samples together."""
    beats, flat = parts.reshape(len(parts), -1), pattern.reshape(-1)
    lengths = np.sqrt((beats**2).sum(axis=1) * (flat @ flat))
    found: NDArray[np.float64] = (beats @ flat) / np.maximum(lengths, 1e-9)
    return found


def _shifts(signal: NDArray[np.float32], places: NDArray[np.int64], pattern: NDArray[np.float64]) -> NDArray[np.int64]:
    """Samples by which each beat is to be moved to fit the slopes of the median's QRS best."""
    reach = _HALF_QRS + _SLACK
    beats = slopes(np.stack([signal[:, place - reach : place + reach] for place in places.tolist()]))
    steep = slopes(pattern)
    moved = np.zeros((_SLACK + 1, *beats.shape[1:]), dtype=np.float32)
    for step in range(_SLACK + 1):
        moved[step, :, 2 * step : 2 * (step + _HALF_QRS)] = steep
    fit = beats.reshape(len(beats), -1) @ moved.reshape(len(moved), -1).T
    chosen: NDArray[np.int64] = 2 * fit.argmax(axis=1).astype(np.int64) - _SLACK
    return chosen
