"""`Waves`: limits of P, QRS and T in the median beat of all leads, and what each lead shows between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from jaccardio.measurement.beats import CENTRE, Beats, samples_of
from jaccardio.measurement.curves import slopes, straight_line
from jaccardio.recording.order_statistics import quantile

QRS_THRESHOLD = 0.04
"""Share of the largest spatial velocity below which a sample lies outside QRS; chosen on LUDB's annotations (docs/text.md)."""

_QUIET_SECONDS = 0.024  # below the threshold for so long: the complex has ended
_LONGEST_BEFORE, _LONGEST_AFTER = 0.11, 0.16  # seconds of QRS on either side of its middle
_P_EARLIEST, _P_LATEST = 0.32, 0.03  # seconds before QRS between which a P wave is sought
_T_LATEST = 0.44  # seconds after QRS


@dataclass(frozen=True, eq=False)
class Waves:
    """Limits in samples of the median beat's window at `WORKING_RATE_HZ`; NaN where the wave is not seen.

    Attributes
    ----------
    beat
        (leads, samples) millivolt, the median beat less its level just before QRS.
    qrs_on, qrs_off
        QRS, earliest to latest in all leads.
    p_on, p_off
        P wave.
    t_end
        End of the T wave, by the tangent (Lepeschkin and Surawicz 1952).
    """

    beat: NDArray[np.float64]
    qrs_on: int
    qrs_off: int
    p_on: float
    p_off: float
    t_end: float


def find_waves(beats: Beats, leads: NDArray[np.bool_], interval: float) -> Waves | None:
    """Limits of the waves of the median beat.

    Parameters
    ----------
    leads
        (leads,) those that were recorded.
    interval
        Median seconds between beats: what follows belongs to the next beat.

    Returns
    -------
    None where no QRS complex stands out.
    """
    velocity = np.sqrt((slopes(gaussian_filter1d(beats.median[leads], 1.5, axis=1)) ** 2).sum(axis=0))
    around = slice(CENTRE - samples_of(0.06), CENTRE + samples_of(0.06))
    peak = CENTRE - samples_of(0.06) + int(velocity[around].argmax())
    rest = quantile(velocity, 0.2)
    threshold = rest + QRS_THRESHOLD * (velocity[peak] - rest)
    if velocity[peak] < 4 * rest:
        return None
    qrs_on = _first_quiet(velocity, peak, -1, threshold, max(CENTRE - samples_of(_LONGEST_BEFORE), 0))
    qrs_off = _first_quiet(velocity, peak, 1, threshold, CENTRE + samples_of(_LONGEST_AFTER))
    before = slice(max(qrs_on - samples_of(0.02), 0), max(qrs_on - samples_of(0.004), 1))
    beat = beats.median - beats.median[:, before].mean(axis=1, keepdims=True)
    seen = beat[leads]
    return Waves(beat, qrs_on, qrs_off, *_p_wave(seen, qrs_on), _t_wave(seen, qrs_off, interval))


def _p_wave(beat: NDArray[np.float64], qrs_on: int) -> tuple[float, float]:
    """Onset and end of the P wave: a bump of the leads' root mean square that stands out from both sides."""
    start, stop = max(qrs_on - samples_of(_P_EARLIEST), 0), qrs_on - samples_of(_P_LATEST)
    if stop - start < samples_of(0.08):
        return np.nan, np.nan
    part = beat[:, start:stop]
    line = straight_line(part[:, :10].mean(axis=1, keepdims=True), part[:, -10:].mean(axis=1, keepdims=True), part.shape[1])
    size = gaussian_filter1d(np.sqrt(((part - line) ** 2).mean(axis=0)), 3)
    top = int(size.argmax())
    floor = quantile(size, 0.15)
    if size[top] < 2 * floor or size[top] < 0.015:
        return np.nan, np.nan
    level = floor + 0.2 * (size[top] - floor)
    on = _first_quiet(size, top, -1, level, 0)
    off = _first_quiet(size, top, 1, level, len(size) - 1)
    return float(start + on), float(start + off)


def _t_wave(beat: NDArray[np.float64], qrs_off: int, interval: float) -> float:
    """End of the T wave on the leads' root mean square."""
    stop = min(qrs_off + samples_of(_T_LATEST), CENTRE + samples_of(0.72 * interval + 0.05), beat.shape[1])
    start = qrs_off + samples_of(0.06)
    if stop - start < samples_of(0.1):
        return np.nan
    size = gaussian_filter1d(np.sqrt((beat[:, start:stop] ** 2).mean(axis=0)), 4)
    top = int(size.argmax())
    falling = -slopes(size)[top:]
    if len(falling) < samples_of(0.03) or size[top] < 0.02:
        return np.nan
    steepest = int(falling[: samples_of(0.16)].argmax())
    if falling[steepest] <= 0:
        return np.nan
    floor = float(size[top:].min())
    end = top + steepest + (size[top + steepest] - floor) / falling[steepest]
    return float(start + end) if start + end < beat.shape[1] else np.nan


def _first_quiet(values: NDArray[np.float64], start: int, step: int, threshold: float, limit: int) -> int:
    """From `start` the first place at which values stay below the threshold for `_QUIET_SECONDS`, at most at `limit`."""
    run, quiet, place, below = 0, samples_of(_QUIET_SECONDS), start, (values < threshold).tolist()
    while place != limit and 0 < place < len(below) - 1:
        place += step
        run = run + 1 if below[place] else 0
        if run == quiet:
            return place - step * (quiet - 1)
    return place
