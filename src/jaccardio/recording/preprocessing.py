"""`SignalContract`: the one way from a `Recording` to what models see, shared by ingest, evaluation and prediction."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording

MINIMUM_SECONDS = 2.0
"""A shorter recording holds too few beats to judge a rhythm and is refused."""

MINIMUM_RATE_HZ = 50.0
"""Below this rate the QRS complex is lost; no resampling brings it back."""

_LARGEST_COUNT = 32_767


@dataclass(frozen=True)
class SignalContract:
    """Sampling rate and length of model input. Amplitude is kept and nothing is filtered.

    Attributes
    ----------
    sampling_rate
        Hz.
    seconds
        Length of the window: the first `seconds` of longer recordings; shorter ones are followed by zeros.
    """

    sampling_rate: float = 500.0
    seconds: float = 10.0

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

    def apply(self, recording: Recording) -> NDArray[np.float32]:
        """Window of a recording at the contract's rate.

        Returns
        -------
        (12, samples) float32, millivolt; rows of masked leads are zero.

        Raises
        ------
        ReadError
            The recording is shorter than `MINIMUM_SECONDS` or sampled below `MINIMUM_RATE_HZ`.
        """
        record, rate = recording.recording_id, recording.sampling_rate
        if rate < MINIMUM_RATE_HZ:
            raise ReadError(record, "sampling rate", f"{rate:g} Hz is below {MINIMUM_RATE_HZ:g} Hz", "Export the ECG at its original rate.")
        if recording.seconds < MINIMUM_SECONDS:
            raise ReadError(record, "length", f"{recording.seconds:.2f} s is below {MINIMUM_SECONDS:g} s", "Use a longer recording.")
        signal = _resample(recording.signal, rate, self.sampling_rate, self.samples)[:, : self.samples]
        window = np.zeros((len(LEADS), self.samples), dtype=np.float32)
        window[:, : signal.shape[1]] = signal
        return window


def quantise(signal: NDArray[np.float32]) -> NDArray[np.int16]:
    """Millivolt to int16 counts of 1 microvolt, clipped at 32,767 either way: the form in which stores keep windows."""
    counts: NDArray[np.int16] = np.clip(np.rint(signal * np.float32(1e3)), -_LARGEST_COUNT, _LARGEST_COUNT).astype(np.int16)
    return counts


def dequantise(counts: NDArray[np.int16]) -> NDArray[np.float32]:
    """Counts of 1 microvolt to float32 millivolt; ``quantise(dequantise(x))`` gives x."""
    return counts.astype(np.float32) / np.float32(1e3)


def _resample(signal: NDArray[np.float32], rate: float, target: float, samples: int) -> NDArray[np.float32]:
    """First `samples` samples of each row at rate `target` (anti-aliased polyphase FIR; ends held constant, else an offset would ring)."""
    if rate == target:
        return signal
    ratio = Fraction(target / rate).limit_denominator(5000)  # 1e-6 off at most: 10 microseconds in 10 seconds
    # The FIR reaches 10 * max(up, down) upsampled samples ahead: what lies beyond cannot change the window and is not resampled.
    reach = math.ceil((samples * ratio.denominator + 10 * max(ratio.numerator, ratio.denominator)) / ratio.numerator) + 1
    resampled = resample_poly(signal[:, :reach], ratio.numerator, ratio.denominator, axis=1, padtype="edge")
    return np.asarray(resampled, dtype=np.float32)
