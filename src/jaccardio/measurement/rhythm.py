"""Rate, regularity, early and different beats, and what the atria do between the ventricles' beats."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from jaccardio.measurement.beats import CENTRE, EARLY, MINIMUM_BEATS, WORKING_RATE_HZ, Beats, correlations, samples_of
from jaccardio.measurement.curves import straight_line
from jaccardio.measurement.waves import Waves
from jaccardio.recording.leads import LEADS
from jaccardio.recording.order_statistics import medians

DIFFERENT = 0.75
"""A beat whose QRS correlates less with the median beat's is of another kind."""

_HIGHEST_HZ = 15.0  # of atria

RHYTHM_MEASUREMENTS: Mapping[str, tuple[str, str]] = {
    "heart_rate": ("/min", "60 by half the median time from a beat to the next but one: short and long ones in turn even out"),
    "rr_variation": ("", "standard deviation of the intervals between beats by their mean"),
    "rr_jitter": ("", "root mean square difference of successive intervals by their mean"),
    "rr_drift": ("", "spread of the smoothed intervals by their mean: slow changes of rate"),
    "longest_interval": ("", "longest interval by the median one"),
    "alternation": ("", "how much intervals alternate between short and long: minus their autocorrelation at one beat"),
    "early_beats": ("", "beats of the usual form that come early"),
    "different_beats": ("", "beats of another form"),
    "early_different_beats": ("", "beats of another form that come early"),
    "early_share": ("", "share of beats that come early"),
    "run_different": ("", "most beats of another form in a row"),
    "every_second": ("", "most early beats in a row with one other beat between two of them"),
    "every_third": ("", "most early beats in a row with two other beats between two of them"),
    "p_constancy": ("", "mean correlation of the P wave of each beat in time with the mean one, leads II and V1"),
    "atrial_amplitude": ("mV", "root mean square between 4 and 10 Hz of what beats in time leave in leads II and V1"),
    "flutter_peak": (
        "",
        "share of the power from 3 to 15 Hz, QRS left out, within half a hertz of the peak from 3.5 to 6 Hz",
    ),
}
"""Unit and meaning of what is measured over all beats."""


def measure_rhythm(signal: NDArray[np.float32], leads: NDArray[np.bool_], beats: Beats, waves: Waves) -> dict[str, float]:
    """`RHYTHM_MEASUREMENTS` of (12, samples) at `WORKING_RATE_HZ`; NaN where lead or beats do not tell."""
    intervals = np.diff(beats.places) / WORKING_RATE_HZ
    typical, mean = typical_interval(beats), float(intervals.mean())
    early = np.concatenate([[False], intervals < EARLY * typical])
    different = np.zeros(len(beats.places), dtype=np.bool_)
    different[beats.whole] = beats.likeness < DIFFERENT
    usual = np.zeros_like(different)
    usual[beats.whole] = beats.alike
    in_time = usual & ~early  # the P wave of an early beat is another one
    undisturbed = in_time & ~np.append(early[1:], False)  # and falls into the T wave of the beat before it
    centred = intervals - mean
    slow = gaussian_filter1d(intervals, 1.5)
    return {
        "heart_rate": 60 / typical,
        "rr_variation": float(intervals.std() / mean),
        "rr_jitter": float(np.sqrt((np.diff(intervals) ** 2).mean()) / mean) if len(intervals) > 2 else np.nan,
        "rr_drift": float(slow.std() / mean),
        "longest_interval": float(intervals.max() / typical),
        "alternation": float(-(centred[1:] * centred[:-1]).sum() / max((centred**2).sum(), 1e-9)) if len(intervals) > 3 else np.nan,
        "early_beats": float((early & usual).sum()),
        "different_beats": float(different.sum()),
        "early_different_beats": float((early & different).sum()),
        "early_share": float(early.mean()),
        "run_different": float(_longest(different, 1)),
        "every_second": float(_longest(early, 2)),
        "every_third": float(_longest(early, 3)),
        "p_constancy": _p_constancy(beats, in_time[beats.whole], waves, leads),
        "atrial_amplitude": _atrial_amplitude(signal, leads, beats, undisturbed[beats.whole]),
        "flutter_peak": _flutter_peak(signal, leads, beats, waves),
    }


def typical_interval(beats: Beats) -> float:
    """Seconds between beats: half the median over pairs of intervals, which early beats and their pauses leave as it was."""
    return float(medians((beats.places[2:] - beats.places[:-2]).astype(np.float64))[0]) / 2 / WORKING_RATE_HZ


def _longest(marked: NDArray[np.bool_], step: int) -> int:
    """Most marked beats that follow each other at just this step."""
    places = np.flatnonzero(marked)
    if not len(places):
        return 0
    breaks = np.flatnonzero(np.diff(places) != step)
    return int(np.diff(np.concatenate([[-1], breaks, [len(places) - 1]])).max())


def _p_constancy(beats: Beats, in_time: NDArray[np.bool_], waves: Waves, leads: NDArray[np.bool_]) -> float:
    seen = [row for row in (LEADS.index("II"), LEADS.index("V1")) if leads[row]]
    start, stop = max(waves.qrs_on - samples_of(0.24), 0), waves.qrs_on - samples_of(0.03)
    if not seen or stop - start < samples_of(0.1) or in_time.sum() < MINIMUM_BEATS:
        return np.nan
    parts = beats.windows[in_time][:, seen, start:stop].astype(np.float64)
    parts -= parts.mean(axis=2, keepdims=True)
    return float(correlations(parts, parts.mean(axis=0)).mean())


def _atrial_amplitude(signal: NDArray[np.float32], leads: NDArray[np.bool_], beats: Beats, undisturbed: NDArray[np.bool_]) -> float:
    """What is left of leads II and V1 when each beat's median is taken away, between 4 and 10 Hz."""
    seen = [row for row in (LEADS.index("II"), LEADS.index("V1")) if leads[row]]
    if not seen:
        return np.nan
    left, covered, end = signal[seen].astype(np.float64), list[NDArray[np.float64]](), 0
    median, before_p = beats.median[seen], samples_of(0.12)
    for begin in (beats.places[beats.whole][undisturbed] - CENTRE).tolist():
        level = np.sort(left[:, begin : begin + before_p], axis=1)[:, before_p // 2, None]
        start, end = max(begin, end), begin + median.shape[1]  # where two windows overlap, the earlier beat is taken away
        left[:, start:end] -= median[:, start - begin :] + level
        covered.append(left[:, start:end])
    if sum(part.shape[1] for part in covered) < samples_of(2.0):
        return np.nan
    frequencies, power = _spectrum(np.concatenate(covered, axis=1), 2.0)
    band = (frequencies >= 4) & (frequencies <= 10)
    return float(np.sqrt(power[:, band].sum(axis=1) * (frequencies[1] - frequencies[0])).mean())


def _flutter_peak(signal: NDArray[np.float32], leads: NDArray[np.bool_], beats: Beats, waves: Waves) -> float:
    seen = [row for row in (LEADS.index(name) for name in ("II", "III", "aVF", "V1")) if leads[row]]
    if not seen:
        return np.nan
    quiet = signal[seen].astype(np.float64)
    before, after = CENTRE - waves.qrs_on + samples_of(0.02), waves.qrs_off - CENTRE + samples_of(0.02)
    for place in beats.places.tolist():
        begin, end = max(place - before, 0), min(place + after, quiet.shape[1] - 1)
        quiet[:, begin : end + 1] = straight_line(quiet[:, begin, None], quiet[:, end, None], end - begin + 1)
    frequencies, power = _spectrum(quiet, 4.0)
    total, slow = frequencies >= 3, (frequencies >= 3.5) & (frequencies <= 6)
    peaks = frequencies[slow][power[:, slow].argmax(axis=1)]
    near = np.abs(frequencies - peaks[:, None]) <= 0.5
    shares = (power * near).sum(axis=1) / np.maximum(power[:, total].sum(axis=1), 1e-12)
    return float(shares.max())


def _spectrum(signal: NDArray[np.float64], seconds: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies up to `_HIGHEST_HZ` and power density of (leads, samples), mean of half overlapping stretches under a Hann window
    (Welch 1967)."""
    length = min(samples_of(seconds), signal.shape[1])
    window, begins = _hann(length), range(0, signal.shape[1] - length + 1, length // 2)
    stretches = np.stack([signal[:, begin : begin + length] for begin in begins])
    stretches -= stretches.mean(axis=2, keepdims=True)
    waves = np.fft.rfft(stretches * window, axis=2)
    frequencies = np.arange(int(_HIGHEST_HZ * length / WORKING_RATE_HZ) + 1) * (WORKING_RATE_HZ / length)
    waves = waves[:, :, : len(frequencies)]
    power = 2 * (waves.real**2 + waves.imag**2).mean(axis=0) / (WORKING_RATE_HZ * (window**2).sum())
    return frequencies, power


@lru_cache(maxsize=8)
def _hann(length: int) -> NDArray[np.float64]:
    return np.hanning(length + 1)[:-1]
