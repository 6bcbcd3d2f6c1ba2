"""`check_signal`: what a signal must be before it may be called a recording in millivolt."""

import math

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS, derive_limb_leads

FLAT_PEAK_TO_PEAK_MV = 0.005
"""A lead whose whole range is smaller holds no ECG: it was disconnected."""

DEAD_SECONDS = 2.0
"""A lead that is flat or NaN for so long at an end was not recorded there: no beat comes in the time of two."""

STANDARD_SECONDS = 10.0
"""Length of a standard ECG: what is recorded beyond it is worth less than a further lead."""

SMALLEST_SPREAD_MV = 0.005
"""If no lead's 99th percentile of the distance from its median reaches this, the signal cannot be in millivolt."""

LARGEST_SPREAD_MV = 50.0
"""If a lead's 99th percentile exceeds this, it cannot be in millivolt. Genuine ECGs peak above 12 mV (PTB-XL 19540)."""

LARGEST_NAN_SHARE = 0.1
"""A lead with a larger share of missing samples is masked; a smaller share is bridged by straight lines."""


def check_signal(
    signal: NDArray[np.float32], present: NDArray[np.bool_], sampling_rate: float, record: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_], tuple[str, ...]]:
    """Cuts off ends that were not recorded, masks leads that hold no ECG, bridges short gaps, derives missing limb leads, and refuses
    what cannot be an ECG in millivolt.

    Leads are judged on what is kept: electrodes connected after 12 s leave a recording that begins at 12 s.

    Parameters
    ----------
    signal
        (12, samples) float32, millivolt by the file's own word; NaN where a sample is missing; changed in place.
    present
        (12,) bool, leads that the file holds; other rows are ignored.
    sampling_rate
        Hz.
    record
        Name for messages.

    Returns
    -------
    Finite signal with masked rows zero, lead mask, and flags: ``trimmed: 12.0 s`` (cut off at the ends, where nothing was recorded),
    ``nan:V2`` (masked), ``nan-filled:V2`` (bridged), ``flat:V4`` (masked), ``derived:III`` (from I and II), ``missing:V1`` (neither in
    the file nor derivable).

    Raises
    ------
    ReadError
        Mostly NaN; no usable lead; an amplitude that shows a wrong unit.
    """
    usable, flags = present.copy(), []
    first, last, dead = _recorded_stretch(signal, present, sampling_rate)
    if last - first < signal.shape[1]:
        flags.append(f"trimmed: {(signal.shape[1] - (last - first)) / sampling_rate:.1f} s")
        signal = signal[:, first:last]
    flags += _settle_nan(signal, usable, record)
    signal[~usable] = 0
    peak_to_peak = signal.max(axis=1) - signal.min(axis=1)
    _check_amplitude(signal, usable, peak_to_peak, record)
    for row in np.flatnonzero(usable & (dead | (peak_to_peak < FLAT_PEAK_TO_PEAK_MV))):
        usable[row], signal[row] = False, 0
        flags.append(f"flat:{LEADS[row]}")
    if not usable.any():
        reason = "every lead is flat, mostly NaN or missing" if present.any() else "the file holds none of the twelve standard leads"
        raise ReadError(record, "leads", reason, "Use a recording with at least one of the leads I, II, III, aVR, aVL, aVF, V1-V6.")
    signal, usable, derived = derive_limb_leads(signal, usable)
    flags += [f"derived:{lead}" for lead in derived]
    flags += [f"missing:{LEADS[row]}" for row in np.flatnonzero(~present & ~usable)]
    return signal, usable, tuple(flags)


def contradicts_einthoven(signal: NDArray[np.float32], lead_mask: NDArray[np.bool_]) -> bool:
    """Whether some limb lead is further from what follows of I and II than limb leads are large (root mean square).

    Published recordings, differently filtered lead by lead as some are, stay below 0.8 of that; leads I and II exchanged lie above 1
    unless III is small.
    """
    if not lead_mask[:6].all():
        return False
    limb = signal[:6] - np.median(signal[:6], axis=1, keepdims=True)
    only = np.arange(len(LEADS)) < 2
    wanted, _, _ = derive_limb_leads(np.concatenate([limb, np.zeros_like(limb)]), only)
    return bool(np.sqrt(np.square(limb - wanted[:6]).mean(axis=1)).max() > np.sqrt(np.square(limb).mean()))


def _recorded_stretch(signal: NDArray[np.float32], present: NDArray[np.bool_], sampling_rate: float) -> tuple[int, int, NDArray[np.bool_]]:
    """First sample and end of the stretch to keep, and (12,) the leads that are dead at one of its ends.

    Kept is the stretch with the most signal: the number of leads that are recorded throughout, times its length up to a standard ECG's.
    """
    samples, window = signal.shape[1], math.ceil(DEAD_SECONDS * sampling_rate)
    ends = np.stack([signal[:, :window], signal[:, -window:]])
    if (np.ptp(ends[:, present], axis=2) >= FLAT_PEAK_TO_PEAK_MV).all():
        return 0, samples, np.zeros(len(LEADS), dtype=np.bool_)  # the usual case, settled without a look at the rest
    start = np.array([_dead_samples(row, sampling_rate) if there else 0 for row, there in zip(signal, present, strict=True)])
    end = np.array(
        [samples - _dead_samples(row[::-1], sampling_rate) if there else samples for row, there in zip(signal, present, strict=True)]
    )
    alive = present & (start < end)
    if not alive.any() or ((start[alive] == 0).all() and (end[alive] == samples).all()):
        return 0, samples, np.zeros(len(LEADS), dtype=np.bool_)

    def worth(stretch: tuple[int, int]) -> tuple[float, int]:
        first, last = stretch
        throughout = alive & (start <= first) & (end >= last)
        return int(throughout.sum()) * min(last - first, STANDARD_SECONDS * sampling_rate), last - first

    first, last = max(((int(a), int(b)) for a in {*start[alive]} for b in {*end[alive]} if a < b), key=worth)
    return first, last, alive & ((start > first) | (end < last))


def _dead_samples(lead: NDArray[np.float32], sampling_rate: float) -> int:
    """Samples at the beginning of a lead in which nothing was recorded; 0 if they are fewer than `DEAD_SECONDS` hold."""
    moving = np.fmax.accumulate(lead) - np.fmin.accumulate(lead) >= FLAT_PEAK_TO_PEAK_MV  # NaN, which never moves, until a sample is known
    dead = int(moving.argmax()) if moving.any() else len(lead)
    return dead if dead >= DEAD_SECONDS * sampling_rate else 0


def _settle_nan(signal: NDArray[np.float32], usable: NDArray[np.bool_], record: str) -> list[str]:
    """Bridges or masks leads with NaN, in place; returns the flags."""
    if not np.isnan(signal.sum()):  # one pass for the usual case: a sum is NaN if any sample is
        return []
    missing = np.isnan(signal)
    share = missing.mean(axis=1)
    if usable.any() and share[usable].mean() > 0.5:
        raise ReadError(record, "samples", f"{share[usable].mean():.0%} of the samples are NaN", "Export the ECG again or leave it out.")
    flags = []
    for row in np.flatnonzero(usable & (share > 0)):
        if share[row] > LARGEST_NAN_SHARE:
            usable[row] = False
            flags.append(f"nan:{LEADS[row]}")
        else:
            gap = missing[row]
            signal[row, gap] = np.interp(np.flatnonzero(gap), np.flatnonzero(~gap), signal[row, ~gap])
            flags.append(f"nan-filled:{LEADS[row]}")
    return flags


def _check_amplitude(signal: NDArray[np.float32], usable: NDArray[np.bool_], peak_to_peak: NDArray[np.float32], record: str) -> None:
    moving = np.flatnonzero(usable & (peak_to_peak > 0))
    if not moving.size or 10 * SMALLEST_SPREAD_MV < peak_to_peak[moving].max() <= LARGEST_SPREAD_MV:
        return  # percentiles are slow and the range already settles nearly every record
    centre = np.median(signal[moving], axis=1, keepdims=True)
    spread = np.percentile(np.abs(signal[moving] - centre), 99, axis=1)
    remedy = "Correct the unit or gain in the header: the values, taken as millivolt, are not those of an ECG."
    if spread.max() > LARGEST_SPREAD_MV:
        lead = LEADS[moving[spread.argmax()]]
        raise ReadError(record, f"amplitude of lead {lead}", f"{spread.max():.4g} mV is too large, wrong unit", remedy)
    if spread.max() < SMALLEST_SPREAD_MV:
        raise ReadError(record, "amplitude", f"no lead exceeds {spread.max():.2g} mV, wrong unit", remedy)
