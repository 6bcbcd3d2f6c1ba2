"""`Windows`: the windows of some ECGs side by side, with what of each was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.recording.preprocessing import Prepared, dequantise


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
    """

    signal: NDArray[np.float32]
    recorded: NDArray[np.int64]
    ecg: NDArray[np.int64]
    lead_mask: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.lead_mask)

    @classmethod
    def of(cls, ecgs: Sequence[Prepared]) -> "Windows":
        """The windows of at least one prepared recording."""
        counts = [len(ecg.counts) for ecg in ecgs]
        return cls(
            dequantise(np.concatenate([ecg.counts for ecg in ecgs])),
            np.repeat([ecg.recorded for ecg in ecgs], counts).astype(np.int64),
            np.repeat(np.arange(len(ecgs)), counts),
            np.stack([ecg.lead_mask for ecg in ecgs]),
        )

    def cut(self, first: int, samples: int) -> "Windows":
        """The stretch of `samples` samples from `first` on of every window.

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
        """The same ECGs as if these leads (rows of `LEADS`) had not been recorded."""
        signal, lead_mask = self.signal.copy(), self.lead_mask.copy()
        signal[:, rows], lead_mask[:, rows] = 0, False
        return Windows(signal, self.recorded, self.ecg, lead_mask)
