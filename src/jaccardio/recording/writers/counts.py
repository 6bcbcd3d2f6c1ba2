"""`counts_of`: the leads of a recording as 16-bit numbers, at the scale that loses least."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording

MICROVOLT = 1e-3
LARGEST = 32_767
FLOAT32 = 0.01
"""What rounding to float32 can add to 16-bit counts, and more."""


def counts_of(recording: Recording) -> tuple[tuple[str, ...], NDArray[np.int16], float]:
    """The recorded leads as 16-bit counts, at the first of these scales that loses nothing: the file's own, half of it (aVR, aVL and aVF
    that were derived are halves of sums of I and II), 1 microvolt; else rounded to 1 microvolt, or to the finest scale that holds them.

    Returns
    -------
    Names of the leads in standard order; (leads, samples), in which -32,768, "no sample" in WFDB, does not occur; millivolt per count.
    """
    signal = recording.signal[recording.lead_mask].astype(np.float64)
    largest = float(np.abs(signal).max())
    own = recording.millivolt_per_count
    scales = [*((own, own / 2) if own is not None else ()), MICROVOLT]
    fitting = [scale for scale in scales if largest <= LARGEST * scale]
    exact = (scale for scale in fitting if np.abs(signal / scale - np.rint(signal / scale)).max() < FLOAT32)
    scale = next(exact, max(MICROVOLT, largest / LARGEST))
    leads = tuple(lead for lead, there in zip(LEADS, recording.lead_mask, strict=True) if there)
    return leads, np.rint(signal / scale).astype(np.int16), scale
