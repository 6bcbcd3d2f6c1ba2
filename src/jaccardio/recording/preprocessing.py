"""`SignalContract`: the one way from a `Recording` to what models see, shared by ingest, evaluation and prediction."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError, UsageError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.order_statistics import medians
from jaccardio.recording.quality import FLAT_PEAK_TO_PEAK_MV
from jaccardio.recording.recording import MAXIMUM_RATE_HZ, Recording
from jaccardio.recording.resampling import resample

MINIMUM_SECONDS = 2.0
"""A shorter recording holds too few beats to judge a rhythm and is refused."""

MINIMUM_RATE_HZ = 50.0
"""Below this rate the QRS complex is lost; no resampling brings it back."""

COUNTS_PER_MILLIVOLT = 1000
LARGEST_COUNT = 32_767
_SHORT_BY_SECONDS = 0.05  # less is the rounding of a rate, not a short recording


@dataclass(frozen=True, eq=False)
class Prepared:
    """One recording as stores keep it and models see it.

    Attributes
    ----------
    counts
        (windows, 12, samples) int16, 1 microvolt a count, each lead's median in the window taken off; rows of masked leads are zero.
    recorded
        Samples at the beginning of each window that were recorded; what follows is zero and no model is shown it. Less than `samples`
        only for a recording shorter than the window, which has one.
    lead_mask
        (12,) bool, leads that were recorded in every window.
    flags
        Those of the recording, and ``short: 5.0 s``, ``long: 30.0 s in 3 windows``, ``clipped:V2``, ``flat:V4``.
    measurements
        (measurements,) float32 of the recording (`jaccardio.measurement.measure`), where somebody measured it.
    """

    counts: NDArray[np.int16]
    recorded: int
    lead_mask: NDArray[np.bool_]
    flags: tuple[str, ...]
    measurements: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class SignalContract:
    """Sampling rate and length of model input. Each lead is centred on its median; amplitude is kept and nothing is filtered.

    Attributes
    ----------
    sampling_rate
        Hz.
    seconds
        Length of a window. A longer recording has several, evenly spread from its beginning to its end; a shorter one fills a part.
    """

    sampling_rate: float = 500.0
    seconds: float = 10.0

    @classmethod
    def at(cls, sampling_rate: float) -> "SignalContract":
        """The contract at a rate that somebody asks for.

        Raises
        ------
        UsageError
            The rate is not in `MINIMUM_RATE_HZ` to `MAXIMUM_RATE_HZ`.
        """
        if not MINIMUM_RATE_HZ <= sampling_rate <= MAXIMUM_RATE_HZ:
            raise UsageError(f"a sampling rate of {sampling_rate:g} Hz: give {MINIMUM_RATE_HZ:g} to {MAXIMUM_RATE_HZ:g} Hz.")
        return cls(sampling_rate=sampling_rate)

    @property
    def samples(self) -> int:
        """Samples of one window."""
        return round(self.sampling_rate * self.seconds)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; travels with every store and model."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "SignalContract":
        """The inverse of `to_dict`; extra keys are an error of the file, raised as TypeError."""
        return cls(**document)

    def apply(self, recording: Recording) -> Prepared:
        """Windows of a recording at the contract's rate.

        A lead counts as recorded where its counts move in every window; readers have cut off what was not recorded.

        Raises
        ------
        ReadError
            As `resampled`, or no lead moves.
        """
        signal = self.resampled(recording)
        starts = self._window_starts(signal.shape[1])
        recorded = min(signal.shape[1], self.samples)
        cut = np.stack([signal[:, start : start + recorded] for start in starts])
        cut -= medians(cut)
        clipped = (np.abs(cut).max(axis=(0, 2)) * COUNTS_PER_MILLIVOLT > LARGEST_COUNT).nonzero()[0]
        counts = quantise(cut)
        peak_to_peak = counts.max(axis=2).astype(np.int32) - counts.min(axis=2)
        moving = peak_to_peak >= FLAT_PEAK_TO_PEAK_MV * COUNTS_PER_MILLIVOLT  # (windows, 12)
        lead_mask = recording.lead_mask & moving.all(axis=0)
        if not lead_mask.any():
            raise ReadError(
                recording.recording_id, "leads", "every lead is flat", "Use a recording with at least one lead that holds an ECG."
            )
        windows = np.zeros((len(starts), len(LEADS), self.samples), dtype=np.int16)
        windows[:, lead_mask, :recorded] = counts[:, lead_mask]
        flags = [*recording.flags]
        if self.seconds - recording.seconds > _SHORT_BY_SECONDS:
            flags.append(f"short: {recording.seconds:.1f} s")
        if recording.seconds - self.seconds > _SHORT_BY_SECONDS:
            flags.append(f"long: {recording.seconds:.1f} s in {len(windows)} windows")
        flags += [f"clipped:{LEADS[lead]}" for lead in clipped]
        flags += [f"flat:{LEADS[lead]}" for lead in np.flatnonzero(recording.lead_mask & ~lead_mask)]
        return Prepared(windows, recorded, lead_mask, tuple(flags))

    def resampled(self, recording: Recording) -> NDArray[np.float32]:
        """A recording at the contract's rate, (12, samples) millivolt, as long as it is.

        Raises
        ------
        ReadError
            The recording is shorter than `MINIMUM_SECONDS`, or sampled below `MINIMUM_RATE_HZ`.
        """
        record, rate = recording.recording_id, recording.sampling_rate
        if rate < MINIMUM_RATE_HZ:
            raise ReadError(record, "sampling rate", f"{rate:g} Hz is below {MINIMUM_RATE_HZ:g} Hz", "Export the ECG at its original rate.")
        if recording.seconds < MINIMUM_SECONDS:
            raise ReadError(record, "length", f"{recording.seconds:.2f} s is below {MINIMUM_SECONDS:g} s", "Use a longer recording.")
        if rate == self.sampling_rate:
            return recording.signal
        ratio = Fraction(self.sampling_rate / rate).limit_denominator(5000)  # 1e-6 off at most: 10 microseconds in 10 seconds
        return resample(recording.signal, ratio, "edge")  # with ends held constant, else an offset would ring

    @property
    def spare(self) -> int:
        """Samples beyond a window that bring no further one: the rounding of a rate."""
        return int(_SHORT_BY_SECONDS * self.sampling_rate)

    def _window_starts(self, samples: int) -> list[int]:
        """First sample of each window, as many as cover the whole, overlapping where they must."""
        windows = max(1, math.ceil((samples - self.spare) / self.samples))
        return [round(start) for start in np.linspace(0, max(0, samples - self.samples), windows)] if windows > 1 else [0]


def quantise(signal: NDArray[np.float32]) -> NDArray[np.int16]:
    """Millivolt to int16 counts of 1 microvolt, clipped at 32,767 either way: the form in which stores keep windows."""
    counts = signal * np.float32(COUNTS_PER_MILLIVOLT)
    np.rint(counts, out=counts)
    return np.clip(counts, -LARGEST_COUNT, LARGEST_COUNT, out=counts).astype(np.int16)


def dequantise(counts: NDArray[np.int16]) -> NDArray[np.float32]:
    """Counts of 1 microvolt to float32 millivolt; ``quantise(dequantise(x))`` gives x."""
    return counts.astype(np.float32) / np.float32(COUNTS_PER_MILLIVOLT)
