"""`check_recording`: every check of one recording, with its number, and what is to be done.

It stands in this room because two of the checks need beats: whether heart rate and wave durations fit the declared sampling rate, and
pacing spikes. Ingest has measured both already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.measurement.measure import COLUMNS
from jaccardio.recording.checks import coverage, electrodes, interference
from jaccardio.recording.checks.table import FLAG, IGNORE, REFUSE, Check
from jaccardio.recording.leads import INDEPENDENT_ROWS, LEADS
from jaccardio.recording.preprocessing import Prepared
from jaccardio.recording.quality import einthoven_error
from jaccardio.recording.recording import Recording

_DURATIONS = [COLUMNS[name] for name in ("qrs_duration", "pr_interval", "p_duration", "qt_interval")]
_USUAL_LOGS = np.log([835.0, 102.0, 175.0, 116.0, 374.0])  # interval between beats and `_DURATIONS`, ms
_SPREAD = np.array([[40, 2, -12, -10, 12], [2, 37, 5, 8, 6], [-12, 5, 55, 52, -2], [-10, 8, 52, 74, -2], [12, 6, -2, -2, 9]]) / 1000
"""Means and covariance of the logarithms in PTB-XL, folds 1-4."""


@dataclass(frozen=True, eq=False)
class Quality:
    """What the checks found.

    Attributes
    ----------
    values
        (checks,) float32 in the order of `jaccardio.recording.checks.table.CHECKS`; NaN where the recording does not tell.
    flags
        Those of the prepared recording, and one for each verdict that they do not say already, e.g. ``noise:V3``.
    """

    values: NDArray[np.float32]
    flags: tuple[str, ...]


def check_recording(recording: Recording, prepared: Prepared, measured: NDArray[np.float32], checks: Mapping[str, Check]) -> Quality:
    """Numbers and flags of one recording.

    Parameters
    ----------
    prepared
        The recording as a contract's windows; its flags count leads that were masked.
    measured
        (measurements,) of `jaccardio.measurement.measure.measure_recording`.
    checks
        Thresholds and actions, as `jaccardio.recording.checks.table.configured` gives them.

    Raises
    ------
    ReadError
        A check whose action is to refuse has a verdict.
    """
    found = _numbers(recording, prepared, measured)
    flags = [*prepared.flags]
    said = kinds_of(flags)
    for name, check in checks.items():
        value, where = found[name]
        if not value > check.threshold or check.action == IGNORE:
            continue
        if check.action == REFUSE:
            place = f" in lead {where}" if where in LEADS else f" ({where})" if where else ""
            reason = f"{value:.3g} {check.unit}".rstrip() + f"{place}, {check.threshold:g} is allowed"
            raise ReadError(recording.recording_id, name, reason, f"To keep such ECGs: --check {name}={FLAG}.")
        if not said & set(check.said):
            flags.append(f"{name}:{where}" if where else name)
    return Quality(np.array([found[name][0] for name in checks], dtype=np.float32), tuple(flags))


def _numbers(recording: Recording, prepared: Prepared, measured: NDArray[np.float32]) -> dict[str, tuple[float, str]]:
    """Number and place of every check; the place is empty where it is the whole recording."""
    signal, rate, mask, flags = recording.signal, recording.sampling_rate, recording.lead_mask, prepared.flags
    rows = np.flatnonzero(mask)
    slow, slow_rate = interference.slowed(signal, rate)
    recorded = slow[rows]
    covariance = electrodes.covariance(slow, slow_rate)
    derived = [flag.partition(":")[2] for flag in flags if flag.startswith("derived:")]
    measured_limb_leads = sum(mask[row] and LEADS[row] not in derived for row in range(6))
    straight = _worst(coverage.straight_seconds(recorded, slow_rate), rows)
    cut_off = sum(float(flag.split()[1]) for flag in flags if flag.startswith("trimmed:"))
    volt = interference.voltage(recorded, slow_rate)
    return {
        "nan": (_leads(flags, "nan", "nan-filled"), ""),
        "flat": (_leads(flags, "flat"), ""),
        "clipped": _worst(coverage.rail_milliseconds(signal, rate)[rows], rows),
        "missing_lead": (_leads(flags, "missing"), ""),
        "duplicate_lead": electrodes.likeness(covariance, mask[INDEPENDENT_ROWS]),
        "unit_suspect": (max(volt / interference.TYPICAL_MILLIVOLT, interference.TYPICAL_MILLIVOLT / max(volt, 1e-9)), ""),
        "rate_suspect": (rate_factor(measured), ""),
        "short": (max(prepared.counts.shape[2] / prepared.recorded * recording.seconds - recording.seconds, 0.0), ""),
        "gap": (cut_off, "") if cut_off > straight[0] else straight,
        "einthoven": (einthoven_error(slow) if measured_limb_leads > 2 and mask[:6].all() else np.nan, ""),
        "reversal_suspect": electrodes.reversal(covariance) if mask.all() else (np.nan, ""),
        "noise": _worst(interference.noise(recorded), rows),
        "wander": _worst(interference.wander(recorded, slow_rate), rows),
        "pacing": (float(measured[COLUMNS["spike"]]), ""),
    }


def rate_factor(measured: NDArray[np.float32]) -> float:
    """By what factor beats and waves are longer or shorter than usual, all alike; NaN without beats.

    The factor of time that, taken off, makes the intervals most likely, if their logarithms vary as in other people (generalised least
    squares): a wrong sampling rate stretches all of them, disease some.
    """
    durations = np.array([6e4 / measured[COLUMNS["heart_rate"]], *measured[_DURATIONS]], dtype=np.float64)
    known = np.isfinite(durations) & (durations > 0)
    if not known[:2].all():
        return float("nan")
    stretch = _weights(tuple(known.tolist())) @ (np.log(durations[known]) - _USUAL_LOGS[known])
    return float(np.exp(abs(stretch)))


@lru_cache(maxsize=8)
def _weights(known: tuple[bool, ...]) -> NDArray[np.float64]:
    """Of the logarithms of those durations that are known, most of those that vary least; their sum is 1."""
    sums = np.linalg.inv(_SPREAD[np.ix_(known, known)]).sum(axis=0)
    return np.asarray(sums / sums.sum())


def _leads(flags: tuple[str, ...], *names: str) -> float:
    return float(len({flag for flag in flags if flag.partition(":")[0] in names}))


def _worst(values: NDArray[np.float64] | NDArray[np.float32], rows: NDArray[np.int64]) -> tuple[float, str]:
    """The largest of one value a lead, and the lead."""
    return float(values.max()), LEADS[rows[int(values.argmax())]]


def kinds_of(flags: Iterable[str]) -> set[str]:
    """Flags of quality without what stands behind their colons."""
    return {flag.partition(":")[0] for flag in flags}
