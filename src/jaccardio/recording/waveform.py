"""`waveform_hash`: one name for equal waveforms, to find the same ECG under two ids."""

import hashlib

import numpy as np

from jaccardio.recording.leads import INDEPENDENT_ROWS
from jaccardio.recording.recording import Recording


def waveform_hash(recording: Recording) -> str:
    """First 32 hexadecimal digits of the SHA-256 of a recording's waveform, before any resampling.

    Hashed are the sampling rate, the length, and the leads I, II, V1-V6 rounded to whole microvolt: names, headers and
    how the other four leads were stored or derived do not matter.
    """
    microvolt = recording.signal[INDEPENDENT_ROWS].astype(np.float64) * 1e3
    np.rint(microvolt, out=microvolt)
    counts = np.clip(microvolt, -(2**31), 2**31 - 1, out=microvolt).astype("<i4")
    digest = hashlib.sha256(f"{recording.sampling_rate!r} {counts.shape[1]} ".encode())
    digest.update(counts.data)
    return digest.hexdigest()[:32]
