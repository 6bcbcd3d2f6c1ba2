"""Rate, regularity, early and different beats, and what the atria do between the ventricles' beats."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import welch

from jaccardio.measurement.beats import WORKING_RATE_HZ, Beats
from jaccardio.measurement.waves import Waves
from jaccardio.recording.leads import LEADS

EARLY = 0.85
"""A beat that comes before this share of the median interval is early."""

DIFFERENT = 0.75
"""A beat whose QRS correlates less with the median beat's is of another kind."""

RHYTHM_MEASUREMENTS: Mapping[str, tuple[str, str]] = {
    "heart_rate": ("/min", "60 by the median interval between beats"),
    "rr_variation": ("", "standard deviation of the intervals between beats by their mean"),
    "rr_jitter": ("", "root mean square difference of successive intervals by their mean"),
    "rr_drift": ("", "spread of the smoothed intervals by their mean: slow changes of rate"),
    "longest_interval": ("", "longest interval by the median one"),
    "alternation": ("", "how much intervals alternate between short and long: minus their autocorrelation at one beat"),
    "early_beats": ("", "beats of the usual form that come early"),
    "different_beats": ("", "beats of another form"),
    "early_different_beats": ("", "beats of another form that come early"),
    "early_share": ("", "share of beats that come early"),
    "p_likeness": ("", "mean correlation of each beat's P wave with the mean one, leads II and V1"),
    "atrial_activity": ("mV", "root mean square between 4 and 10 Hz of what beats leave in leads II and V1"),
    "flutter_peak": (
        "",
        "share of the power from 3 to 15 Hz, QRS left out, within half a hertz of the peak from 3.5 to 6 Hz",
    ),
}
"""Unit and meaning of what is measured over all beats."""


def measure_rhythm(signal: NDArray[np.float32], leads: NDArray[np.bool_], beats: Beats, waves: Waves) -> dict[str, float]:
    """`RHYTHM_MEASUREMENTS` of (12, samples) at `WORKING_RATE_HZ`; NaN where lead or beats do not tell."""
    intervals = np.diff(beats.places) / WORKING_RATE_HZ
    typical, mean = float(np.median(intervals)), float(intervals.mean())
    early = np.concatenate([[False], intervals < EARLY * typical])
    different = np.zeros(len(beats.places), dtype=np.bool_)
    different[beats.whole] = beats.likeness < DIFFERENT
    usual = np.zeros_like(different)
    usual[beats.whole] = beats.alike
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
        "p_likeness": _p_likeness(beats, waves, leads),
        "atrial_activity": _atrial_activity(signal, leads, beats),
        "flutter_peak": _flutter_peak(signal, leads, beats, waves),
    }


def _p_likeness(beats: Beats, waves: Waves, leads: NDArray[np.bool_]) -> float:
    seen = [row for row in (LEADS.index("II"), LEADS.index("V1")) if leads[row]]
    start, stop = max(waves.qrs_on - _samples(0.24), 0), waves.qrs_on - _samples(0.03)
    if not seen or stop - start < _samples(0.1) or beats.alike.sum() < 3:
        return np.nan
    parts = beats.windows[beats.alike][:, seen, start:stop].astype(np.float64)
    parts -= parts.mean(axis=2, keepdims=True)
    pattern = parts.mean(axis=0)
    lengths = np.linalg.norm(parts.reshape(len(parts), -1), axis=1) * np.linalg.norm(pattern)
    return float(((parts * pattern).sum(axis=(1, 2)) / np.maximum(lengths, 1e-9)).mean())


def _atrial_activity(signal: NDArray[np.float32], leads: NDArray[np.bool_], beats: Beats) -> float:
    """What is left of leads II and V1 when each beat's median is taken away, between 4 and 10 Hz."""
    seen = [row for row in (LEADS.index("II"), LEADS.index("V1")) if leads[row]]
    if not seen:
        return np.nan
    left, whole = signal[seen].astype(np.float64), beats.places[beats.whole]
    covered = np.zeros(signal.shape[1], dtype=np.bool_)
    width = beats.median.shape[1]
    median = beats.median[seen]
    for place, alike in zip(whole, beats.alike, strict=True):
        begin = int(place) - beats.centre
        if alike:
            free = ~covered[begin : begin + width]
            part = left[:, begin : begin + width]
            level = np.median(part[:, : _samples(0.12)], axis=1, keepdims=True)
            part[:, free] -= (median + level)[:, free]
            covered[begin : begin + width] = True
    if covered.sum() < _samples(2.0):
        return np.nan
    frequencies, power = welch(left[:, covered], WORKING_RATE_HZ, nperseg=min(_samples(2.0), int(covered.sum())), axis=1)
    band = (frequencies >= 4) & (frequencies <= 10)
    return float(np.sqrt(power[:, band].sum(axis=1) * (frequencies[1] - frequencies[0])).mean())


def _flutter_peak(signal: NDArray[np.float32], leads: NDArray[np.bool_], beats: Beats, waves: Waves) -> float:
    seen = [row for row in (LEADS.index(name) for name in ("II", "III", "aVF", "V1")) if leads[row]]
    if not seen:
        return np.nan
    quiet = signal[seen].astype(np.float64)
    before, after = beats.centre - waves.qrs_on + _samples(0.02), waves.qrs_off - beats.centre + _samples(0.02)
    for place in beats.places:
        begin, end = max(int(place) - before, 0), min(int(place) + after, quiet.shape[1] - 1)
        quiet[:, begin : end + 1] = np.linspace(quiet[:, begin], quiet[:, end], end - begin + 1, axis=1)
    frequencies, power = welch(quiet, WORKING_RATE_HZ, nperseg=min(_samples(4.0), quiet.shape[1]), axis=1)
    total, slow = (frequencies >= 3) & (frequencies <= 15), (frequencies >= 3.5) & (frequencies <= 6)
    peaks = frequencies[slow][power[:, slow].argmax(axis=1)]
    near = np.abs(frequencies - peaks[:, None]) <= 0.5
    shares = (power * near).sum(axis=1) / np.maximum(power[:, total].sum(axis=1), 1e-12)
    return float(shares.max())


def _samples(seconds: float) -> int:
    return round(seconds * WORKING_RATE_HZ)
