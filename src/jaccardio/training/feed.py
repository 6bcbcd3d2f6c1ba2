"""`Feed`: training batches, their signals on the device.

On a GPU the counts of all training ECGs stay, where they fit, as they are stored; crops are cut from them by index, changed and scaled
there, and only what was drawn travels. Where they do not fit, crops that are read ahead travel from pinned memory while the GPU computes.
On a CPU they are read ahead. A batch has the same bits each way.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from jaccardio.cohort.batches import Batch, TrainingBatches, prefetched
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import COUNTS_PER_MILLIVOLT

SHARE = 0.5
"""Of a GPU's free memory, what counts may take; the network needs the rest."""

RECORDS_AT_ONCE = 1024


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU on the device, without waiting for what a GPU still computes."""
    return pinned(tensor, device).to(device, non_blocking=True)


def pinned(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU where it can travel from without waiting; one that is there already stays."""
    return tensor.pin_memory() if device.type == "cuda" else tensor


def fits(size: int, device: torch.device) -> bool:
    """Whether so many bytes may stay on the device: on GPUs alone, elsewhere the system caches the store."""
    return device.type == "cuda" and size <= SHARE * torch.cuda.mem_get_info(device)[0]


class Feed:
    """Batches with their signals (batch, 12, samples) float32, millivolt, on a device.

    Attributes
    ----------
    counts
        (windows, 12, samples) int16 on the device, all windows of the training records in order; None where they do not fit.
    """

    def __init__(self, batches: TrainingBatches, device: torch.device) -> None:
        self._batches = batches
        self._device = torch.empty(0, device=device).device  # with its number: a thread's own current GPU is another
        windows = batches.windows_per_record
        ends = np.cumsum(windows)
        self._first = ends - windows
        shape = (int(ends[-1]), len(LEADS), batches.samples)
        self._millivolt = torch.tensor(COUNTS_PER_MILLIVOLT, dtype=torch.float32, device=self._device)
        self.counts: Tensor | None = None
        if fits(2 * int(np.prod(shape)), self._device):
            self.counts = torch.empty(shape, dtype=torch.int16, device=self._device)
            for start in range(0, len(windows), RECORDS_AT_ONCE):
                records = np.arange(start, min(start + RECORDS_AT_ONCE, len(windows)))
                self.counts[self._first[start] : ends[records[-1]]] = torch.from_numpy(batches.stored(records))

    def prefetched(self, start: int, stop: int) -> Iterator[tuple[int, Batch, Tensor]]:
        """Steps, their batches and signals, in order; the next two are prepared while the caller works on one."""
        for step, (batch, tensors) in prefetched(self._prepared, start, stop):
            on_device = [sent(tensor, self._device) for tensor in tensors]
            yield step, batch, on_device[0] if self.counts is None else self._cut(self.counts, int(batch.crops[0, 1]), *on_device)

    def _prepared(self, step: int) -> tuple[Batch, list[Tensor]]:
        """A batch and what travels for it, ready to: the signal, or where its crops are and what changes them."""
        batch = self._batches.batch(step)
        places = (self._first[batch.records] + batch.windows, batch.crops[:, 0], *batch.changes)
        tensors = map(torch.from_numpy, (self._batches.signal(batch),) if self.counts is None else places)
        return batch, [pinned(tensor, self._device) for tensor in tensors]

    def _cut(self, counts: Tensor, length: int, windows: Tensor, starts: Tensor, *changes: Tensor) -> Tensor:
        """Divided by a tensor: by a number a GPU would multiply by its inverse, whose last bit differs."""
        crops = counts.unfold(2, length, 1)[windows, :, starts]
        return self._batches.augmented(crops, changes) / self._millivolt
