"""Measurements on a 12-lead ECG by a reader of its own: it sees the waveform only and shares no code or constant with the simulation."""

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

from jaccardio.recording.leads import LEADS

ROW = {lead: row for row, lead in enumerate(LEADS)}
EIGHT = [ROW[lead] for lead in ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")]
BEFORE, AFTER = 0.36, 0.56


@dataclass
class Measured:
    """What a cardiologist would read off: times in seconds, amplitudes in millivolt."""

    peaks: np.ndarray
    odd: np.ndarray  # beats whose QRS differs from the usual one
    average: np.ndarray  # (12, window) mean usual beat, baseline removed
    onset: int
    offset: int
    peak: int
    rate: float
    signal: np.ndarray
    extra: dict[str, float] = field(default_factory=dict)

    @property
    def intervals(self) -> np.ndarray:
        return np.diff(self.peaks) / self.rate

    @property
    def usual_intervals(self) -> np.ndarray:
        return self.intervals[~self.odd[1:] & ~self.odd[:-1]]

    @property
    def width(self) -> float:
        return (self.offset - self.onset) / self.rate

    def qrs(self, lead: str) -> np.ndarray:
        return self.average[ROW[lead], self.onset : self.offset + 1]

    def t_part(self, lead: str) -> np.ndarray:
        start = self.offset + round(0.10 * self.rate)
        return self.average[ROW[lead], start : start + round(0.30 * self.rate)]

    def t(self, lead: str) -> float:
        """Signed T wave: the deviation from the baseline that is largest in size."""
        part = self.t_part(lead)
        return float(part[np.argmax(np.abs(part))])

    def st(self, lead: str) -> float:
        start = self.offset + round(0.03 * self.rate)
        return float(self.average[ROW[lead], start : start + round(0.03 * self.rate)].mean())

    def q(self, lead: str) -> float:
        """Depth of a Q wave: the negative part before the R wave, or all of it where there is no R wave."""
        complex_ = self.qrs(lead)
        top = int(np.argmax(complex_)) if complex_.max() > 0.12 else complex_.size
        first = complex_[: max(1, min(top, round(0.06 * self.rate)))]
        small_r = first[: int(np.argmin(first)) + 1].max()
        return 0.0 if small_r > 0.06 else float(max(0.0, -first.min()))

    def r(self, lead: str) -> float:
        return float(max(0.0, self.qrs(lead).max()))

    def first_r(self, lead: str) -> float:
        """R before the deepest point of QRS."""
        complex_ = self.qrs(lead)
        return float(max(0.0, complex_[: int(np.argmin(complex_)) + 1].max()))

    def net(self, lead: str) -> float:
        return float(self.qrs(lead).sum())

    @property
    def p(self) -> float:
        """Height of the P wave in the mean beat, lead II."""
        start, stop = self.onset - round(0.22 * self.rate), self.onset - round(0.03 * self.rate)
        part = self.average[ROW["II"], max(0, start) : stop]
        return float(part.max() - np.median(part)) if part.size else 0.0

    @property
    def qtc(self) -> float:
        """QT by the tangent at the steepest descent of the T wave, over the leads' mean size, corrected by Bazett."""
        start = self.offset + round(0.06 * self.rate)
        strength = uniform_filter1d(np.abs(self.average[EIGHT]).mean(axis=0), 15)
        stop = min(self.average.shape[1], self.peak + round((float(np.mean(self.intervals)) - 0.27) * self.rate))
        part = strength[min(start, strength.size - 50) : max(stop, start + 50)]
        top = min(int(np.argmax(part)), part.size - 3)
        fall = np.gradient(part[top:])
        steep = int(np.argmin(fall))
        end = top + steep + (part[top + steep] - min(part[top:].min(), 0.03)) / max(-fall[steep], 1e-6)
        return float((start - self.onset + end) / self.rate / np.sqrt(np.mean(self.intervals)))

    @property
    def spike(self) -> float:
        """Largest deflection of about 4 ms: no heart muscle is so fast."""
        step = max(1, round(0.004 * self.rate))
        sharp = np.abs(self.signal[EIGHT, 2 * step :] - 2 * self.signal[EIGHT, step:-step] + self.signal[EIGHT, : -2 * step])
        return float(np.quantile(sharp.max(axis=0), 1 - 6 / sharp.shape[1]))


def measure(signal: np.ndarray, rate: float) -> Measured:
    """Finds the beats, tells the odd from the usual ones, averages the usual ones and delimits QRS."""
    peaks, slopes = find_beats(signal, rate)
    edge = round(0.1 * rate)
    peaks = peaks[(peaks > edge) & (peaks < signal.shape[1] - edge)]
    shapes = np.stack([slopes[:, at - edge : at + edge].ravel() for at in peaks])
    gaps = np.diff(peaks, prepend=peaks[0] - (peaks[1] - peaks[0]))
    alike = np.corrcoef(shapes)
    in_time = np.flatnonzero(gaps >= 0.97 * gaps.mean())
    usual = in_time[np.argmax(alike[np.ix_(in_time, in_time)].mean(axis=1))]  # the beat most like the others that are not premature
    odd = alike[usual] < 0.75
    before, after = round(BEFORE * rate), round(AFTER * rate)
    whole = [at for at, other in zip(peaks, odd, strict=True) if not other and at >= before and at + after <= signal.shape[1]]
    strange = np.concatenate([[False], odd, [False]])
    place = np.searchsorted(peaks, whole) + 1
    clean = [at for at, here in zip(whole, place, strict=True) if not strange[here - 1] and not strange[here + 1]] or whole
    average = np.median([_level(signal[:, at - before : at + after], before, rate) for at in clean], axis=0)
    onset, offset = _limits(average, before, rate)
    level = np.median(average[:, max(0, onset - round(0.03 * rate)) : max(1, onset - round(0.006 * rate))], axis=1, keepdims=True)
    return Measured(peaks, odd, average - level, onset, offset, before, rate, signal)


def without_spikes(signal: np.ndarray, rate: float) -> np.ndarray:
    """Median of each sample and its neighbours 6 ms before and after."""
    step = round(0.006 * rate)
    here, before, after = signal, np.roll(signal, step, axis=1), np.roll(signal, -step, axis=1)
    return np.maximum(np.minimum(before, here), np.minimum(np.maximum(before, here), after))


def find_beats(signal: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Places of the QRS complexes, and the slopes that compare shapes (a broad beat differs even where it points the same way).

    T and P waves are told from QRS by their slope (Pan and Tompkins 1985).
    """
    spikeless = without_spikes(signal[EIGHT], rate)
    band = sosfiltfilt(butter(2, (4, 20), "bandpass", fs=rate, output="sos"), spikeless, axis=1)
    size = uniform_filter1d(np.sqrt((band**2).sum(axis=0)), round(0.04 * rate))
    slope = uniform_filter1d(np.sqrt((np.gradient(spikeless, axis=1) ** 2).sum(axis=0)), round(0.012 * rate))
    candidates, _ = find_peaks(size, height=0.2 * np.quantile(size, 0.98), distance=round(0.2 * rate))
    near = round(0.06 * rate)
    steep = np.array([slope[max(0, at - near) : at + near].max() for at in candidates])
    close = np.abs(candidates[:, None] - candidates[None, :]) < 0.42 * rate
    kept = candidates[steep >= 0.30 * np.where(close, steep, 0.0).max(axis=1)]
    shape = np.gradient(sosfiltfilt(butter(2, (4, 35), "bandpass", fs=rate, output="sos"), spikeless, axis=1), axis=1)
    return kept, shape


def _level(beat: np.ndarray, before: int, rate: float) -> np.ndarray:
    return beat - np.median(beat[:, before - round(0.1 * rate) : before - round(0.05 * rate)], axis=1, keepdims=True)


def _limits(average: np.ndarray, before: int, rate: float) -> tuple[int, int]:
    """QRS lasts as long as the slope over all leads stays above a sixth of its maximum.

    Pauses under 40 ms do not end it: a bundle branch block has a plateau.
    """
    slope = uniform_filter1d(np.sqrt((np.gradient(average[EIGHT], axis=1) ** 2).sum(axis=0)), round(0.01 * rate))
    near = slice(before - round(0.06 * rate), before + round(0.06 * rate))
    top = near.start + int(np.argmax(slope[near]))
    fast = np.flatnonzero(slope > slope[top] / 6)
    breaks = np.flatnonzero(np.diff(fast) > round(0.04 * rate))
    group = int(np.searchsorted(fast[breaks], top, side="left"))
    edges = np.concatenate([[0], breaks + 1, [fast.size]])
    return int(fast[edges[group]]), int(fast[edges[group + 1] - 1])
