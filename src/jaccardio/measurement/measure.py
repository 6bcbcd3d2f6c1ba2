"""`measure`: one ECG in numbers, as a cardiologist would read them off the paper; NaN where the ECG does not tell."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from jaccardio.measurement.beats import WORKING_RATE_HZ, Beats, at_working_rate, find_beats, samples_of
from jaccardio.measurement.curves import straight_line
from jaccardio.measurement.leads import LEAD_MEASUREMENTS, measure_leads
from jaccardio.measurement.rhythm import RHYTHM_MEASUREMENTS, measure_rhythm, typical_interval
from jaccardio.measurement.waves import Waves, find_waves
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows

SHORTEST_SECONDS = 2.5
"""Shorter ECGs are not measured."""

LONGEST_SECONDS = 10.0
"""Of longer recordings the beginning is measured: as much as a standard ECG."""

NOISIEST = 0.25
"""A lead whose beats differ by more than this share of its QRS is not measured."""

SPIKE_RATE_HZ = 250.0
"""A pacemaker's spike lasts 0.5 to 2 ms: of a recording at a lower rate, filters have removed it."""

INTERVAL_MEASUREMENTS: Mapping[str, tuple[str, str]] = {
    "qrs_duration": ("ms", "QRS, earliest beginning to latest end in all leads"),
    "pr_interval": ("ms", "beginning of P to beginning of QRS"),
    "p_duration": ("ms", "beginning to end of P"),
    "qt_interval": ("ms", "beginning of QRS to end of T"),
    "qtc_interval": ("ms", "QT at 60 beats a minute, by Fridericia's formula"),
    "qrs_axis": ("degrees", "frontal axis of QRS, from its areas in I and aVF"),
    "t_axis": ("degrees", "frontal axis of the T wave, from its heights in I and aVF"),
    "axis_angle": ("degrees", "between the frontal axes of QRS and T"),
    "p_height_II": ("mV", "P wave in II"),
    "p_depth_II": ("mV", "depth of the negative part of the P wave in II"),
    "p_height_V1": ("mV", "positive part of the P wave in V1"),
    "p_terminal_V1": ("mV", "depth of the negative part of the P wave in V1"),
    "p_force_V1": ("mV ms", "depth by duration of the negative part of the P wave in V1"),
    "qrs_rise": ("ms", "from the beginning of QRS until its slope in all leads is half of the steepest"),
    "r_growth": ("mV", "R wave in V3 less that in V1"),
    "sokolow": ("mV", "S in V1 or V2, the deeper, and R in V5 or V6, the higher (Sokolow and Lyon 1949)"),
    "cornell": ("mV", "R in aVL and S in V3 (Casale et al. 1985)"),
    "limb_voltage": ("mV", "largest QRS in the limb leads"),
    "chest_voltage": ("mV", "largest QRS in the chest leads"),
    "spike": ("", "steepest change before QRS by that of QRS: a pacemaker's spike; unknown below 250 Hz"),
}
"""Unit and meaning of what is measured across leads."""

MEASUREMENTS: Mapping[str, tuple[str, str]] = {
    **RHYTHM_MEASUREMENTS,
    **INTERVAL_MEASUREMENTS,
    **{f"{name}.{lead}": meaning for name, meaning in LEAD_MEASUREMENTS.items() for lead in LEADS},
}
"""Unit and meaning of every measurement by name, ``NAME.LEAD`` for those of one lead; the order of `measure`.

What is measured in another way gets another name: stores and models of the old one are refused by it.
"""

COLUMNS: Mapping[str, int] = {name: column for column, name in enumerate(MEASUREMENTS)}
"""Place of each measurement by name."""


def measure(signal: NDArray[np.float32], sampling_rate: float, lead_mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Measures one ECG.

    Parameters
    ----------
    signal
        (12, samples) millivolt, recorded throughout; rows of masked leads are ignored.
    sampling_rate
        Hz.
    lead_mask
        (12,) bool, leads that were recorded.

    Returns
    -------
    (measurements,) float32 in the order of `MEASUREMENTS`. NaN is unknown: a lead that was not recorded or is noisy, a wave that is not
    seen, an ECG without `jaccardio.measurement.beats.MINIMUM_BEATS` alike.
    """
    nothing = np.full(len(MEASUREMENTS), np.nan, dtype=np.float32)
    if signal.shape[1] < SHORTEST_SECONDS * sampling_rate or not lead_mask.any():
        return nothing
    ready = at_working_rate(signal, sampling_rate)
    ready[~lead_mask] = 0
    beats = find_beats(ready)
    waves = None if beats is None else find_waves(beats, lead_mask, typical_interval(beats))
    if beats is None or waves is None:
        return nothing
    rhythm = measure_rhythm(ready, lead_mask, beats, waves)
    usable = lead_mask & (beats.noise < NOISIEST * np.maximum(np.ptp(waves.beat[:, waves.qrs_on : waves.qrs_off + 1], axis=1), 0.1))
    found = measure_leads(waves.beat, waves)
    by_lead = dict(zip(found, np.where(usable, list(found.values()), np.nan), strict=True))
    intervals = _intervals(rhythm, by_lead, beats, waves, usable)
    intervals["spike"] = _spike(beats, waves, usable) if sampling_rate >= SPIKE_RATE_HZ else np.nan
    whole = [*(rhythm[name] for name in RHYTHM_MEASUREMENTS), *(intervals[name] for name in INTERVAL_MEASUREMENTS)]
    return np.concatenate([whole, *(by_lead[name] for name in LEAD_MEASUREMENTS)]).astype(np.float32)


def measure_recording(recording: Recording) -> NDArray[np.float32]:
    """`measure` of a recording at its own rate; of a long one of its first `LONGEST_SECONDS`."""
    samples = round(LONGEST_SECONDS * recording.sampling_rate)
    return measure(recording.signal[:, :samples], recording.sampling_rate, recording.lead_mask)


def measure_windows(windows: Windows, sampling_rate: float) -> NDArray[np.float32]:
    """(n, measurements) of ECGs of which only the windows are at hand, at their rate; of each the first one."""
    _, first = np.unique(windows.ecg, return_index=True)
    ecgs = zip(windows.signal[first], windows.recorded[first], windows.lead_mask, strict=True)
    found = [measure(signal[:, :recorded], sampling_rate, lead_mask) for signal, recorded, lead_mask in ecgs]
    return np.stack(found) if found else np.empty((0, len(MEASUREMENTS)), dtype=np.float32)


def _intervals(
    rhythm: Mapping[str, float], by_lead: Mapping[str, NDArray[np.float64]], beats: Beats, waves: Waves, usable: NDArray[np.bool_]
) -> dict[str, float]:
    def of(name: str, lead: str) -> float:
        return float(by_lead[name][LEADS.index(lead)])

    def milliseconds(begin: float, end: float) -> float:
        return (end - begin) / WORKING_RATE_HZ * 1e3

    qt = milliseconds(waves.qrs_on, waves.t_end)
    qrs_axis, t_axis = _axis(of("qrs_area", "I"), of("qrs_area", "aVF")), _axis(of("t_height", "I"), of("t_height", "aVF"))
    p_wave = _p_heights(waves, usable)
    return {
        "qrs_duration": milliseconds(waves.qrs_on, waves.qrs_off),
        "pr_interval": milliseconds(waves.p_on, waves.qrs_on) if rhythm["p_constancy"] > 0.6 else np.nan,
        "p_duration": milliseconds(waves.p_on, waves.p_off) if rhythm["p_constancy"] > 0.6 else np.nan,
        "qt_interval": qt,
        "qtc_interval": qt / (60 / rhythm["heart_rate"]) ** (1 / 3),
        "qrs_axis": qrs_axis,
        "t_axis": t_axis,
        "axis_angle": abs((qrs_axis - t_axis + 180) % 360 - 180),
        **p_wave,
        "qrs_rise": _rise(waves, usable),
        "r_growth": of("r_height", "V3") - of("r_height", "V1"),
        "sokolow": float(
            np.max([of("s_depth", "V1"), of("s_depth", "V2"), of("q_depth", "V1"), of("q_depth", "V2")])  # NaN where a lead is unknown
            + np.max([of("r_height", "V5"), of("r_height", "V6")])
        ),
        "cornell": of("r_height", "aVL") + max(of("s_depth", "V3"), of("q_depth", "V3")),
        "limb_voltage": float(by_lead["peak_to_peak"][:6].max()),
        "chest_voltage": float(by_lead["peak_to_peak"][6:].max()),
    }


def _p_heights(waves: Waves, usable: NDArray[np.bool_]) -> dict[str, float]:
    """P wave in II and V1 above the line between both of its sides."""
    rows, start = [LEADS.index("II"), LEADS.index("V1")], max(waves.qrs_on - samples_of(0.28), 0)
    part = waves.beat[rows, start : waves.qrs_on - samples_of(0.01)]
    if part.shape[1] <= 20:
        part = np.full((2, 16), np.nan)
    part = part - straight_line(part[:, :8].mean(axis=1, keepdims=True), part[:, -8:].mean(axis=1, keepdims=True), part.shape[1])
    part[~usable[rows]] = np.nan
    height, depth = part.max(axis=1).tolist(), (-part.min(axis=1)).tolist()
    negative = float((part[1] < -0.1 * depth[1]).sum()) / WORKING_RATE_HZ * 1e3
    return {
        "p_height_II": height[0],
        "p_depth_II": depth[0],
        "p_height_V1": height[1],
        "p_terminal_V1": depth[1],
        "p_force_V1": depth[1] * negative,
    }


def _rise(waves: Waves, usable: NDArray[np.bool_]) -> float:
    """Milliseconds until the spatial velocity of QRS first reaches half of its largest: long where a delta wave leads."""
    if not usable.any():
        return np.nan
    velocity = np.sqrt((np.diff(waves.beat[usable, waves.qrs_on : waves.qrs_off + 1], axis=1) ** 2).sum(axis=0))
    return float(np.argmax(velocity >= 0.5 * velocity.max())) / WORKING_RATE_HZ * 1e3


def _spike(beats: Beats, waves: Waves, usable: NDArray[np.bool_]) -> float:
    """Largest second difference in 80 ms before QRS and at its beginning by the largest within it, over the usable leads."""
    if not usable.any():
        return np.nan
    bend = np.abs(np.diff(beats.median[usable], n=2, axis=1)).sum(axis=0)
    before = bend[max(waves.qrs_on - 40, 0) : waves.qrs_on + 5]
    return float(before.max() / max(bend[waves.qrs_on + 5 : waves.qrs_off].max(initial=0.0), 1e-9))


def _axis(lateral: float, inferior: float) -> float:
    """Degrees of the frontal plane from leads I and aVF; aVF is the smaller by sqrt(3) / 2."""
    return float(np.degrees(np.arctan2(2 / np.sqrt(3) * inferior, lateral)))
