"""What one lead of the median beat shows: Q, R, S and R' waves, ST level and T wave."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from jaccardio.measurement.beats import WORKING_RATE_HZ
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


def measure_lead(beat: NDArray[np.float64], waves: Waves) -> dict[str, float]:
    """`LEAD_MEASUREMENTS` of one lead of the median beat, (samples,) millivolt."""
    from scipy.signal import find_peaks

    qrs = np.concatenate([[0.0], beat[waves.qrs_on : waves.qrs_off + 1], [0.0]])
    up, _ = find_peaks(qrs, height=SMALLEST_WAVE_MV, prominence=SMALLEST_WAVE_MV)
    down, _ = find_peaks(-qrs, height=SMALLEST_WAVE_MV, prominence=SMALLEST_WAVE_MV)
    first = int(up[0]) if len(up) else len(qrs)
    q_wave, s_waves = down[down < first], down[down > first]
    later = up[up > s_waves[0]] if len(s_waves) else up[:0]
    q_depth = float(-qrs[q_wave].min()) if len(q_wave) else 0.0
    r_height = float(qrs[first]) if len(up) else 0.0
    st = {name: _at(beat, waves.qrs_off + _samples(delay)) for name, delay in (("st_j", 0.0), ("st_60", 0.06))}
    t_start = waves.qrs_off + _samples(0.09)
    t_stop = int(waves.t_end) if np.isfinite(waves.t_end) else min(waves.qrs_off + _samples(0.36), len(beat))
    wave = beat[t_start:t_stop] if t_stop - t_start > _samples(0.06) else np.full(1, np.nan)
    s_depth = float(-qrs[s_waves].min()) if len(s_waves) else 0.0
    t_height = float(wave[np.abs(wave).argmax()])
    downward = max(q_depth, s_depth)
    return {
        "q_depth": q_depth,
        "q_duration": _duration(-qrs, int(q_wave[qrs[q_wave].argmin()])) if len(q_wave) else 0.0,
        "q_share": min(q_depth / max(r_height, 1e-3), 4.0) if q_depth else 0.0,
        "r_height": r_height,
        "r2_height": float(qrs[later].max()) if len(later) else 0.0,
        "s_depth": s_depth,
        "s_duration": _duration(-qrs, int(s_waves[qrs[s_waves].argmin()])) if len(s_waves) else 0.0,
        "r_time": float(up[-1] - 1) / WORKING_RATE_HZ * 1e3 if len(up) else 0.0,
        "qrs_area": float(qrs.sum()) / WORKING_RATE_HZ * 1e3,
        "notches": float(max(len(up) - 1 - bool(len(later)), 0) + max(len(q_wave) - 1, 0)),
        **st,
        "st_slope": st["st_60"] - st["st_j"],
        "t_height": t_height,
        "t_depth": float(max(-wave.min(), 0.0)) if np.isfinite(wave).all() else np.nan,
        "t_share": float(np.clip(t_height / max(r_height, 1e-3), -4, 4)),
        "r_share": r_height / (r_height + downward) if r_height + downward else np.nan,
        "peak_to_peak": float(np.ptp(qrs)),
    }


def _duration(depth: NDArray[np.float64], peak: int) -> float:
    """Milliseconds for which a deflection stays above a tenth of its peak, on both sides of it."""
    outside = np.flatnonzero(depth < 0.1 * depth[peak])
    begin, end = outside[outside < peak].max(initial=0), outside[outside > peak].min(initial=len(depth) - 1)
    return float(end - begin - 1) / WORKING_RATE_HZ * 1e3


def _at(beat: NDArray[np.float64], sample: int) -> float:
    """Mean of 10 ms about a sample."""
    return float(beat[sample - 2 : sample + 3].mean()) if sample + 3 <= len(beat) else np.nan


def _samples(seconds: float) -> int:
    return round(seconds * WORKING_RATE_HZ)
