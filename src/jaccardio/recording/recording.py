"""`Recording`: one 12-lead ECG, with its units, rate and lead names settled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.leads import LEADS

MAXIMUM_RATE_HZ = 10_000.0

SIMULATED = "simulated"
"""Flag of a recording that is no patient's; it stands on every picture."""

SIMULATED_COMMENT = "simulated by jaccardio, not a patient"
"""Header comment by which the flag is set when the file is read."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One ECG as every later step sees it. Readers settle units and lead names; nobody after them asks again.

    Attributes
    ----------
    signal
        (12, samples) float32, millivolt, leads in the order of `LEADS`; finite; rows of masked leads are zero.
    sampling_rate
        Hz, 0 < rate <= 10,000.
    lead_mask
        (12,) bool, True where the lead was measured or derived from I and II.
    recording_id
        Pseudonymous or public id, e.g. ``ptbxl:17``, or the file's stem.
    patient_key
        Pseudonymous key that is equal for one patient's recordings, None where unknown.
    flags
        What a reader or the quality check noticed, e.g. ``derived:III``, ``flat:V4``, ``missing:V1``, ``simulated``.
    """

    signal: NDArray[np.float32]
    sampling_rate: float
    lead_mask: NDArray[np.bool_]
    recording_id: str
    patient_key: str | None = None
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.signal.dtype != np.float32 or self.signal.ndim != 2 or self.signal.shape[0] != len(LEADS) or self.signal.shape[1] == 0:
            raise ValueError(f"signal must be float32 of shape (12, samples), got {self.signal.dtype} {self.signal.shape}")
        if self.lead_mask.dtype != np.bool_ or self.lead_mask.shape != (len(LEADS),):
            raise ValueError(f"lead_mask must be bool of shape (12,), got {self.lead_mask.dtype} {self.lead_mask.shape}")
        if not 0 < self.sampling_rate <= MAXIMUM_RATE_HZ:
            raise ValueError(f"sampling_rate must be in (0, {MAXIMUM_RATE_HZ:g}] Hz, got {self.sampling_rate:g}")
        if not np.isfinite(self.signal).all():
            raise ValueError("signal must be finite: readers mask or refuse NaN")
        if not self.lead_mask.any():
            raise ValueError("a recording needs at least one usable lead")
        if self.signal[~self.lead_mask].any():
            raise ValueError("rows of masked leads must be zero")

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return float(self.signal.shape[1] / self.sampling_rate)
