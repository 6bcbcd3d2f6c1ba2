"""Bootstrap over patients: several ECGs of one patient are one draw, so intervals are not narrowed by repeats.

A replicate draws as many patients as there are, with replacement; each record then counts as often as its patient was drawn.
"""

import copy
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.confusion import ratio

WEIGHTS_PER_CHUNK = 2_000_000  # records, or patients, x replicates held at once: 16 MB of running sums


class PatientBootstrap:
    """The sample and its replicates as record weights. All metrics of an evaluation use the same resamples.

    Replicate ``i`` is a pure function of (patients, seed, i): it does not depend on how many are drawn or in what chunks.

    Parameters
    ----------
    patients
        (n,) patient key of each record, as strings.
    replicates
        How many resamples.
    seed
        Seed of the draws.

    Raises
    ------
    DataError
        A record has no patient key: records of unknown patients cannot be resampled together.
    """

    def __init__(self, patients: NDArray[np.str_], replicates: int = 1000, seed: int = 0) -> None:
        patients = np.asarray(patients, dtype=str)
        if missing := int(np.count_nonzero(patients == "")):
            raise DataError(f"{missing} of {len(patients)} records have no patient key; give each its own, e.g. its recording id.")
        keys, self._patient = np.unique(patients, return_inverse=True)
        self._n_drawn = len(keys)
        self.n_records, self.replicates, self.seed = len(patients), replicates, seed

    def within(self, rows: NDArray[np.int64]) -> "PatientBootstrap":
        """The same resamples for some of the records only, so that metrics of a group and of all are paired.

        Patients are still drawn from all: how many records of the group a replicate holds varies with the draw.
        """
        part = copy.copy(self)
        part._patient = self._patient[rows]
        part.n_records = len(rows)
        return part

    def weights(self, first: int, last: int) -> NDArray[np.uint16]:
        """Weights (last - first, n) of the replicates ``first <= i < last``."""
        drawn = np.empty((last - first, self._n_drawn), np.uint16)
        for row, replicate in enumerate(range(first, last)):
            draws = np.random.default_rng([self.seed, replicate]).integers(self._n_drawn, size=self._n_drawn)
            drawn[row] = np.bincount(draws, minlength=self._n_drawn)
        return drawn[:, self._patient]

    def samples(self) -> Iterator[tuple[slice, NDArray[np.uint16]]]:
        """The sample itself (row 0, all weights 1), then the replicates (rows 1 to `replicates`) in chunks of bounded memory.

        Yields
        ------
        tuple
            The rows, as a slice of ``replicates + 1``, and their weights (rows, n).
        """
        yield slice(0, 1), np.ones((1, self.n_records), np.uint16)
        size = max(1, WEIGHTS_PER_CHUNK // max(self.n_records, self._n_drawn, 1))  # of a small group all patients are drawn
        for first in range(0, self.replicates, size):
            last = min(first + size, self.replicates)
            yield slice(first + 1, last + 1), self.weights(first, last)

    def values_of(self, statistic: Callable[[NDArray[np.uint16]], NDArray[np.float64]]) -> NDArray[np.float64]:
        """A statistic (rows, ...) of weights (rows, n): its values (r + 1, ...) in the sample (row 0) and in each replicate."""
        return np.concatenate([statistic(weights) for _, weights in self.samples()])


def percentile_interval(replicates: NDArray[np.float64]) -> tuple[float, float]:
    """2.5th and 97.5th percentile of a metric over the replicates (r,) in which it is defined; NaN, NaN where it never is."""
    defined = replicates[np.isfinite(replicates)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, (0.025, 0.975))
    return float(low), float(high)


def without_excess(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples (r + 1, k), row 0 the sample itself, with the mean excess of the replicates over it taken off each replicate.

    For metrics that a replicate raises by construction, because it repeats records: average precision and expected calibration error.
    Without it their intervals lie above the metric. What is left is held in [0, 1].
    """
    excess = mean_of_defined(samples[1:].T) - samples[0]
    return np.concatenate([samples[:1], np.clip(samples[1:] - excess, 0, 1)])


def mean_of_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over findings, (r, k) -> (r,), of those defined in each replicate; NaN where none is.

    The interval of a macro metric is the percentile interval of these means, not the mean of the findings' intervals,
    which would be too wide.
    """
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0.0).sum(axis=1), defined.sum(axis=1, dtype=np.float64))
