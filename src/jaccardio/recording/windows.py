"""`Windows`: the windows of some ECGs side by side, with what of each was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import COUNTS_PER_MILLIVOLT, LARGEST_COUNT, Prepared, dequantise


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of n ECGs, those of one ECG one after the other; most ECGs have one.

    Attributes
    ----------
    signal
        (windows, 12, samples) float32, millivolt; rows of leads that were not recorded are zero.
    recorded
        (windows,) int64, samples at the beginning of each window that were recorded; what follows is zero and never to be shown to a
        model.
    ecg
        (windows,) int64, ascending: which of the n ECGs, counted from 0, a window belongs to.
    lead_mask
        (n, 12) bool, leads that were recorded.
    measurements
        (n, measurements) float32 of the recordings (`jaccardio.measurement.measure`), where somebody measured them; NaN is unknown.
    """

    signal: NDArray[np.float32]
    recorded: NDArray[np.int64]
    ecg: NDArray[np.int64]
    lead_mask: NDArray[np.bool_]
    measurements: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.lead_mask)

    def fault(self, samples: int) -> str:
        """Why these cannot be windows of at most so many samples in millivolt; empty where they can."""
        windows, ecgs = len(self.signal), len(self.lead_mask)
        if self.signal.ndim != 3 or self.signal.dtype != np.float32 or self.signal.shape[1] != len(LEADS):
            return f"signal is {self.signal.dtype} {self.signal.shape}, not float32 (windows, {len(LEADS)}, samples)"
        if self.lead_mask.shape != (ecgs, len(LEADS)) or self.lead_mask.dtype != np.bool_:
            return f"lead_mask is {self.lead_mask.dtype} {self.lead_mask.shape}, not bool (ECGs, {len(LEADS)})"
        if self.recorded.shape != (windows,) or self.ecg.shape != (windows,) or not np.array_equal(np.unique(self.ecg), np.arange(ecgs)):
            return "recorded and ecg do not tell of every window what was recorded and whose it is"
        if self.measurements is not None and (self.measurements.ndim != 2 or len(self.measurements) != ecgs):
            return f"measurements are {self.measurements.shape}, not ({ecgs}, measurements)"
        if (np.diff(self.ecg) < 0).any() or (self.recorded < 1).any() or (self.recorded > self.signal.shape[2]).any():
            return "the ECGs are not in order, or more was recorded than a window holds, or nothing"
        if self.signal.shape[2] > samples:
            return f"{self.signal.shape[2]} samples, the model's windows have {samples}: another sampling rate or length"
        if not np.isfinite(self.signal).all():
            return "signal holds numbers that are not finite"
        if np.abs(self.signal).max(initial=0) > LARGEST_COUNT / COUNTS_PER_MILLIVOLT:
            return f"more than {LARGEST_COUNT / COUNTS_PER_MILLIVOLT:g} mV: signal is not in millivolt"
        return ""

    @classmethod
    def of(cls, ecgs: Sequence[Prepared]) -> "Windows":
        """The windows of at least one prepared recording."""
        counts, measured = [len(ecg.counts) for ecg in ecgs], [ecg.measurements for ecg in ecgs if ecg.measurements is not None]
        return cls(
            dequantise(np.concatenate([ecg.counts for ecg in ecgs])),
            np.repeat([ecg.recorded for ecg in ecgs], counts).astype(np.int64),
            np.repeat(np.arange(len(ecgs)), counts),
            np.stack([ecg.lead_mask for ecg in ecgs]),
            np.stack(measured) if len(measured) == len(ecgs) else None,
        )

    def cut(self, first: int, samples: int) -> "Windows":
        """The stretch of `samples` samples from `first` on of every window; whoever wants its measurements has to measure it.

        Raises
        ------
        DataError
            Nothing of it was recorded in some window.
        """
        recorded = np.clip(self.recorded - first, 0, samples)
        if (recorded == 0).any():
            raise DataError(
                f"nothing was recorded from sample {first} on in {int((recorded == 0).sum())} windows. Leave these short ECGs out."
            )
        return Windows(self.signal[:, :, first : first + samples], recorded, self.ecg, self.lead_mask)

    def without_leads(self, rows: NDArray[np.int64]) -> "Windows":
        """The same ECGs as if these leads (rows of `LEADS`) had not been recorded, not measured yet."""
        signal, lead_mask = self.signal.copy(), self.lead_mask.copy()
        signal[:, rows], lead_mask[:, rows] = 0, False
        return Windows(signal, self.recorded, self.ecg, lead_mask)
