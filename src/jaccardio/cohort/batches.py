"""Batches of signals: random crops for training, all windows in order for scoring."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.augment import Array, Augmentation, RandomCrop
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.findings.labels import PRESENT, UNKNOWN
from jaccardio.progress import Progress
from jaccardio.recording.preprocessing import dequantise
from jaccardio.recording.windows import Windows

RARE = 0.05
"""The ECGs are repeated of findings that are present in a smaller share than this: the t of `repeat_factors`."""

_ORDER, _WINDOW = 0, 3  # random streams; the others are those of the augmentations and, 2, of the regularisers' views

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Batch:
    """Training ECGs, and what was drawn for each of them.

    Attributes
    ----------
    records
        (batch,) int64, places among the training records.
    labels
        (batch, findings) int8 with -1 for unknown.
    windows
        (batch,) int64, number of the window, 0 for the first.
    crops
        (batch, 2) int64, first sample and length of the crop; all are of one length.
    changes
        What each augmentation drew, (batch, ...).
    """

    records: NDArray[np.int64]
    labels: NDArray[np.int8]
    windows: NDArray[np.int64]
    crops: NDArray[np.int64]
    changes: tuple[NDArray[Any], ...]


class TrainingBatches:
    """Shuffled batches of random crops, each a pure function of (seed, step): a resumed run sees what an uninterrupted one sees.

    Crops are cut from what was recorded. An ECG shorter than the crop gives all that it has, and the batch is cut to its shortest crop: so
    that little is lost, ECGs of like length go into one batch, and the batches of an epoch are shuffled. The last, smaller batch of an
    epoch is dropped unless it is the only one. Of an ECG with several windows one is drawn.

    With rare findings repeated, each ECG comes `repeat_factors` times an epoch, fractions rounded up or down at random so that the mean
    is kept. The epoch has as many steps as a plain one all the same, so that runs on both have equal budgets; it leaves out what does
    not fit, and a common ECG comes less than once an epoch on average.

    Parameters
    ----------
    rows
        Rows of the store that belong to training.
    labels
        (rows, findings) int8, their labels.
    crop_samples
        Length of the crop; None takes the whole window.
    repeat_rare
        Whether ECGs with rare findings are repeated; else each comes at most once an epoch.
    augmentations
        What is done to the crops, in this order.
    share
        Of n ECGs, those that are read here; the others of a batch are read by other processes.

    Raises
    ------
    UsageError
        No rows, a batch size below 1, or a crop longer than the store's window.
    """

    def __init__(
        self,
        store: Store,
        rows: NDArray[np.int64],
        labels: NDArray[np.int8],
        batch_size: int,
        crop_samples: int | None,
        seed: int,
        *,
        repeat_rare: bool = False,
        augmentations: Sequence[Augmentation] = (),
        share: Callable[[int], slice] = slice,
    ) -> None:
        window = store.contract.samples
        if len(rows) == 0:
            raise UsageError("no recording to train on: the part is empty. Make another split.")
        if batch_size < 1:
            raise UsageError(f"batch size {batch_size}: at least 1 is needed.")
        if crop_samples is not None and not 1 <= crop_samples <= window:
            raise UsageError(f"a crop of {crop_samples} samples does not fit into the store's window of {window} samples.")
        self._store, self._rows, self._labels, self._seed = store, np.asarray(rows, dtype=np.int64), labels, seed
        self._size, self._crop = min(batch_size, len(rows)), RandomCrop(crop_samples or window)
        self._augmentations = tuple(augmentations)
        self._factors = repeat_factors(labels) if repeat_rare else None
        self._share = share
        self._shuffled: tuple[int, NDArray[np.int64]] | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one pass over the training records."""
        return len(self._rows) // self._size

    def records(self, step: int) -> NDArray[np.int64]:
        """Places (batch,) among the training records of those in the batch of a step."""
        epoch, place = divmod(step, self.steps_per_epoch)
        return self._epoch(epoch)[place * self._size : (place + 1) * self._size]

    def batch(self, step: int) -> Batch:
        """The batch of a step, counted from 0 over all epochs, or this process's share of it."""
        records = self.records(step)
        rows, own = self._rows[records], self._share(len(records))
        windows = self._random(_WINDOW, step).integers(0, self._store.windows_per_record[rows])
        recorded = self._store.recorded[rows]
        crops = self._crop.draw(recorded, self._random(self._crop.stream, step))[own]
        changes = tuple(one.draw(recorded, self._random(one.stream, step))[own] for one in self._augmentations)
        return Batch(records[own], self._labels[records[own]], windows[own], crops, changes)

    def signal(self, batch: Batch) -> NDArray[np.float32]:
        """Its ECGs, read from the store: (batch, 12, samples) float32, millivolt.

        Every sample was recorded; rows of leads that were not, or that were masked, are zero. Raises as `Store.counts` does.
        """
        windows = self._store.chosen_counts(self._rows[batch.records], batch.windows)
        return dequantise(self.augmented(self._crop.cut(windows, batch.crops), batch.changes))

    def augmented(self, counts: Array, changes: Sequence[Array]) -> Array:
        """Crops (batch, 12, samples), int16, changed by all augmentations as these drew."""
        for augmentation, drawn in zip(self._augmentations, changes, strict=True):
            counts = augmentation.apply(counts, drawn)
        return counts

    @property
    def samples(self) -> int:
        """Samples of a window."""
        return self._store.contract.samples

    @property
    def windows_per_record(self) -> NDArray[np.int64]:
        """(training records,) number of windows."""
        return self._store.windows_per_record[self._rows]

    def stored(self, records: NDArray[np.int64]) -> NDArray[np.int16]:
        """All windows (windows, 12, samples) of some training records, those of one after those of the other; raises as `signal` does."""
        return self._store.all_counts(self._rows[records])[0]

    def _random(self, stream: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, stream, number])

    def _epoch(self, epoch: int) -> NDArray[np.int64]:
        if self._shuffled is None or self._shuffled[0] != epoch:
            random, records = self._random(_ORDER, epoch), np.arange(len(self._rows))
            if self._factors is not None:
                records = np.repeat(records, np.floor(self._factors + random.random(len(records))).astype(np.int64))
            records = random.permutation(records)[: self.steps_per_epoch * self._size]
            length = np.minimum(self._store.recorded[self._rows[records]], self._crop.samples)
            if len(np.unique(length)) > 1:
                alike = records[np.argsort(length, kind="stable")].reshape(-1, self._size)
                records = random.permutation(alike).reshape(-1)
            self._shuffled = epoch, records
        return self._shuffled[1]


def prefetched(make: Callable[[int], Made], start: int, stop: int) -> Iterator[tuple[int, Made]]:
    """Steps and what is made for each, in order; that of the next two is made, in a thread, while the caller works on one."""
    with ThreadPoolExecutor(1) as maker:
        waiting: deque[Future[Made]] = deque()
        for step in range(start, stop):
            while len(waiting) < min(3, stop - step):
                waiting.append(maker.submit(make, step + len(waiting)))
            yield step, waiting.popleft().result()


def repeat_factors(labels: NDArray[np.int8]) -> NDArray[np.float64]:
    """How often each ECG is to be repeated so that rare findings come more often (Gupta et al. 2019, LVIS, arXiv:1908.03195).

    r = max(1, max of sqrt(t / f) over the findings present in the ECG), where f is a finding's share of present among its known
    labels and t is `RARE`. Unknown labels count as neither present nor absent.

    Parameters
    ----------
    labels
        (n, findings).

    Returns
    -------
    (n,) factors of at least 1.
    """
    present = labels == PRESENT
    positives, known = present.sum(axis=0), (labels != UNKNOWN).sum(axis=0)
    of_finding = np.sqrt(RARE * known / np.maximum(positives, 1))  # a finding without positives is present in no ECG
    factors: NDArray[np.float64] = np.where(present, of_finding, 1.0).max(axis=1, initial=1.0)
    return factors


def full_batches(store: Store, rows: NDArray[np.int64], batch_size: int = 256, progress: Progress | None = None) -> Iterator[Windows]:
    """All windows of the rows, in order; the last batch may hold fewer ECGs. `progress` hears of those done with."""
    for start in range(0, len(rows), batch_size):
        batch = np.asarray(rows[start : start + batch_size], dtype=np.int64)
        yield store.windows(batch)
        if progress is not None:
            progress(start + len(batch), len(rows))
