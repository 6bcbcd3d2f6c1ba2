"""What each lead of the median beat shows: Q, R, S and R' waves, ST level and T wave."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from jaccardio.measurement.beats import WORKING_RATE_HZ, samples_of
from jaccardio.measurement.waves import Waves

SMALLEST_WAVE_MV = 0.05
"""A deflection of QRS below this is no wave of its own."""

LEAD_MEASUREMENTS: Mapping[str, tuple[str, str]] = {
    "q_depth": ("mV", "depth of the Q wave, or of a QS complex"),
    "q_duration": ("ms", "duration of the Q wave, or of a QS complex"),
    "q_share": ("", "depth of the Q wave as a share of the R wave, at most 4"),
    "r_height": ("mV", "height of the first R wave"),
    "r2_height": ("mV", "height of R', the largest R wave after an S wave"),
    "s_depth": ("mV", "depth of the S wave"),
    "s_duration": ("ms", "duration of the S wave"),
    "r_time": ("ms", "from the beginning of QRS to its last R peak"),
    "qrs_area": ("mV ms", "area of QRS, negative parts subtracted"),
    "notches": ("", "peaks of QRS beyond those of Q, R, S and R'"),
    "st_j": ("mV", "level of the J point"),
    "st_60": ("mV", "level of ST 60 ms after the J point"),
    "st_slope": ("mV", "what ST gains in the 60 ms after the J point"),
    "t_height": ("mV", "T wave at its largest, upright positive and inverted negative"),
    "t_depth": ("mV", "depth of the negative part of the T wave"),
    "t_share": ("", "height of the T wave as a share of the R wave, at most 4"),
    "r_share": ("", "R wave as a share of itself and the S or Q wave, the deeper"),
    "peak_to_peak": ("mV", "QRS from its lowest to its highest point"),
}
"""Unit and meaning of what is measured in each lead."""


def measure_leads(beat: NDArray[np.float64], waves: Waves) -> dict[str, NDArray[np.float64]]:
    """`LEAD_MEASUREMENTS`, each (leads,), of the median beat, (leads, samples) millivolt."""
    qrs = np.zeros((len(beat), waves.qrs_off - waves.qrs_on + 3))
    qrs[:, 1:-1] = beat[:, waves.qrs_on : waves.qrs_off + 1]
    up, down = _peaks(qrs)
    place, upward = np.arange(qrs.shape[1]), up.any(axis=1)
    first = np.where(upward, up.argmax(axis=1), len(place))[:, None]
    q_waves, s_waves = down & (place < first), down & (place > first)
    first_s = np.where(s_waves.any(axis=1), s_waves.argmax(axis=1), len(place))[:, None]
    later = up & (place > first_s)
    q_depth, q_duration = _deepest(qrs, q_waves)
    s_depth, s_duration = _deepest(qrs, s_waves)
    r_height = np.where(place == first, qrs, 0).max(axis=1)
    st_j, st_60 = (_at(beat, waves.qrs_off + samples_of(delay)) for delay in (0.0, 0.06))
    t_start = waves.qrs_off + samples_of(0.09)
    t_stop = int(waves.t_end) if np.isfinite(waves.t_end) else min(waves.qrs_off + samples_of(0.36), beat.shape[1])
    wave = beat[:, t_start:t_stop] if t_stop - t_start > samples_of(0.06) else np.full((len(beat), 1), np.nan)
    t_height = wave[np.arange(len(beat)), np.abs(wave).argmax(axis=1)]
    downward = np.maximum(q_depth, s_depth)
    notches = np.maximum(up.sum(axis=1) - 1 - later.any(axis=1), 0) + np.maximum(q_waves.sum(axis=1) - 1, 0)
    with np.errstate(invalid="ignore"):  # without any wave there is no share
        r_share = r_height / (r_height + downward)
    return {
        "q_depth": q_depth,
        "q_duration": q_duration,
        "q_share": np.minimum(q_depth / np.maximum(r_height, 1e-3), 4.0),
        "r_height": r_height,
        "r2_height": np.where(later, qrs, 0).max(axis=1),
        "s_depth": s_depth,
        "s_duration": s_duration,
        "r_time": np.where(up, place - 1, 0).max(axis=1) / WORKING_RATE_HZ * 1e3,
        "qrs_area": qrs.sum(axis=1) / WORKING_RATE_HZ * 1e3,
        "notches": notches.astype(np.float64),
        "st_j": st_j,
        "st_60": st_60,
        "st_slope": st_60 - st_j,
        "t_height": t_height,
        "t_depth": np.maximum(-wave.min(axis=1), 0.0),
        "t_share": np.clip(t_height / np.maximum(r_height, 1e-3), -4, 4),
        "r_share": r_share,
        "peak_to_peak": np.ptp(qrs, axis=1),
    }


def _peaks(qrs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(2, leads, samples) peaks upwards and downwards of (leads, samples) from 0 to 0 that are waves of their own."""
    from scipy.signal import find_peaks

    turned = np.stack([qrs, -qrs])  # in one row: each lead begins and ends with 0, so what lies beyond makes no wave less prominent
    places, _ = find_peaks(turned.ravel(), height=SMALLEST_WAVE_MV, prominence=SMALLEST_WAVE_MV)
    peaks = np.zeros(turned.shape, dtype=np.bool_)
    peaks.ravel()[places] = True
    return peaks


def _deepest(qrs: NDArray[np.float64], peaks: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(leads,) depth of the deepest of some peaks, and the milliseconds for which the lead stays below a tenth of that; 0 without peaks."""
    depths = np.where(peaks, -qrs, 0)
    depth, peak = depths.max(axis=1), depths.argmax(axis=1)[:, None]
    place, last = np.arange(qrs.shape[1]), qrs.shape[1] - 1
    outside = -qrs < 0.1 * depth[:, None]
    begin = np.where(outside & (place < peak), place, 0).max(axis=1)
    end = np.where(outside & (place > peak), place, last).min(axis=1)
    return depth, np.where(depth > 0, (end - begin - 1) / WORKING_RATE_HZ * 1e3, 0.0)


def _at(beat: NDArray[np.float64], sample: int) -> NDArray[np.float64]:
    """(leads,) mean of 10 ms about a sample."""
    around = beat[:, sample - 2 : sample + 3]
    return np.asarray(around.mean(axis=1)) if sample + 3 <= beat.shape[1] else np.full(len(beat), np.nan)
