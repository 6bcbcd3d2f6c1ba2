"""`check_signal`: what a signal must be before it may be called a recording in millivolt."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS, OF_I_AND_II, derive_limb_leads
from jaccardio.recording.order_statistics import medians

FLAT_PEAK_TO_PEAK_MV = 0.005
"""A lead whose whole range is smaller holds no ECG: it was disconnected."""

DEAD_SECONDS = 2.0
"""A lead that is flat or NaN for so long was not recorded there: no beat comes in the time of two."""

PADDING_SECONDS = 0.5
"""All leads exactly constant for so long at an end are padding: programs write short recordings into arrays of one length (CODE-15%)."""

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
    """Cuts off what was not recorded, masks leads that hold no ECG, bridges short gaps, derives missing limb leads, and refuses
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
    Finite signal with masked rows zero, lead mask, and flags: ``trimmed: 12.0 s`` (cut off, because nothing was recorded there),
    ``nan:V2`` (masked), ``nan-filled:V2`` (bridged), ``flat:V4`` (masked), ``derived:III`` (from two other limb leads), ``missing:V1``
    (neither in the file nor derivable).

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
    flags += _settle_nan(signal, usable, dead, record)
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
    return bool(lead_mask[:6].all()) and einthoven_error(signal) > 1


def einthoven_error(signal: NDArray[np.float32]) -> float:
    """How far the limb lead that fits worst is from what follows of I and II, by the size of limb leads (root mean squares).

    Parameters
    ----------
    signal
        (12, samples) millivolt, with all six limb leads.
    """
    limb = signal[: len(OF_I_AND_II)] - medians(signal[: len(OF_I_AND_II)])
    wanted = (OF_I_AND_II @ limb[:2]).astype(np.float32)
    return float(np.sqrt(np.square(limb - wanted).mean(axis=1)).max() / max(float(np.sqrt(np.square(limb).mean())), 1e-12))


def _recorded_stretch(signal: NDArray[np.float32], present: NDArray[np.bool_], sampling_rate: float) -> tuple[int, int, NDArray[np.bool_]]:
    """First sample and end of the stretch to keep, and (12,) the leads that are dead in a part of it.

    Kept is the stretch with the most signal: the number of leads that are recorded throughout, times its length up to a standard ECG's.
    """
    samples, dead_leads = signal.shape[1], np.zeros(len(LEADS), dtype=np.bool_)
    dead = _dead_samples(signal[present], sampling_rate)
    if not dead.any():
        return 0, samples, dead_leads
    starts = np.flatnonzero((~dead & np.diff(dead, axis=1, prepend=True)).any(axis=0))  # some lead is recorded from there on
    if not starts.size:
        return 0, samples, dead_leads
    until = np.minimum.accumulate(np.where(dead, np.arange(samples), samples)[:, ::-1], axis=1)[:, ::-1]  # where each lead dies next
    lengths = -np.sort(-(until[:, starts] - starts), axis=0)  # row k: for so long k + 1 leads are recorded
    worth = np.arange(1, len(lengths) + 1)[:, None] * np.minimum(lengths, STANDARD_SECONDS * sampling_rate)
    earlier = np.broadcast_to(-starts, worth.shape)
    leads, place = np.unravel_index(np.lexsort((earlier.ravel(), lengths.ravel(), worth.ravel()))[-1], worth.shape)
    first, last = int(starts[place]), int(starts[place] + lengths[leads, place])
    dead_leads[present] = dead[:, first:last].any(axis=1)
    return first, last, dead_leads


def _dead_samples(leads: NDArray[np.float32], sampling_rate: float) -> NDArray[np.bool_]:
    """(leads, samples) True where nothing was recorded: stretches of `DEAD_SECONDS` that are flat or NaN, gaps too long to be bridged, and
    the padding of a short recording, which is constant in all leads at once."""
    samples, window = leads.shape[1], math.ceil(DEAD_SECONDS * sampling_rate)
    dead = np.zeros(leads.shape, dtype=np.bool_)
    half = max(1, window // 2)
    halves = leads[:, : samples // half * half].reshape(len(leads), -1, half)
    if samples >= window and not (np.ptp(halves, axis=2) >= FLAT_PEAK_TO_PEAK_MV).all():  # each dead stretch holds one of these halves
        missing = np.isnan(leads)
        highest = maximum_filter1d(np.where(missing, -np.inf, leads), window, axis=1, origin=-(window // 2))
        lowest = minimum_filter1d(np.where(missing, np.inf, leads), window, axis=1, origin=-(window // 2))
        dead |= _covered(highest - lowest < FLAT_PEAK_TO_PEAK_MV, window)
        gap = min(window, int(LARGEST_NAN_SHARE * samples) + 1)
        dead |= _covered(minimum_filter1d(missing, gap, axis=1, origin=-(gap // 2)), gap)
    for order in (slice(None), slice(None, None, -1)):
        ordered, least = leads[:, order], math.ceil(PADDING_SECONDS * sampling_rate)
        if samples >= least and _constant(ordered[:, :least]).all():
            constant = _constant(ordered)
            dead[:, order][:, : samples if constant.all() else int(constant.argmin())] = True
    return dead


def _constant(leads: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(samples,) where each of (leads, samples) is as at the first, or missing."""
    return np.asarray(((leads == leads[:, :1]) | np.isnan(leads)).all(axis=0))


def _covered(begins: NDArray[np.bool_], window: int) -> NDArray[np.bool_]:
    """(leads, samples) True in the windows that begin where `begins` is; windows beyond the end do not count."""
    begins[:, begins.shape[1] - window + 1 :] = False
    return np.asarray(maximum_filter1d(begins, window, axis=1, origin=(window - 1) // 2, mode="constant"))


def _settle_nan(signal: NDArray[np.float32], usable: NDArray[np.bool_], dead: NDArray[np.bool_], record: str) -> list[str]:
    """Bridges or masks leads with NaN, in place; returns the flags."""
    if not np.isnan(signal.sum()):  # one pass for the usual case: a sum is NaN if any sample is
        return []
    missing = np.isnan(signal)
    share = missing.mean(axis=1)
    judged = usable & ~dead
    if judged.any() and share[judged].mean() > 0.5:
        raise ReadError(record, "samples", f"{share[judged].mean():.0%} of the samples are NaN", "Export the ECG again or leave it out.")
    flags = []
    for row in np.flatnonzero(usable & (share > 0)):
        if dead[row] or share[row] > LARGEST_NAN_SHARE:
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
    remedy = "Correct the unit, or the gain in the header: the values, taken as millivolt, are not those of an ECG."
    if spread.max() > LARGEST_SPREAD_MV:
        lead = LEADS[moving[spread.argmax()]]
        raise ReadError(record, f"amplitude of lead {lead}", f"{spread.max():.4g} mV is too large, wrong unit", remedy)
    if spread.max() < SMALLEST_SPREAD_MV:
        raise ReadError(record, "amplitude", f"no lead exceeds {spread.max():.2g} mV, wrong unit", remedy)
