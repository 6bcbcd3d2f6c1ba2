"""`Confusion`: predicted against actual positives of each finding, for one sample or many weighted ones at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.labels import PRESENT


@dataclass(frozen=True, eq=False)
class Confusion:
    """Weighted counts over known cells, each (r, k): one row a sample, one column a finding.

    Attributes
    ----------
    known
        Cells whose label is known.
    present
        Those that are present.
    predicted
        Those predicted present.
    true_positive
        Those present and predicted present.
    """

    known: NDArray[np.float64]
    present: NDArray[np.float64]
    predicted: NDArray[np.float64]
    true_positive: NDArray[np.float64]

    @classmethod
    def of(cls, labels: NDArray[np.int8], decisions: NDArray[np.bool_], weights: NDArray[np.float64]) -> "Confusion":
        """Counts labels (n, k) against decisions (n, k) under weights (r, n)."""
        known, present = labels >= 0, labels == PRESENT
        return cls(*(weights @ cells.astype(np.float64) for cells in (known, present, decisions & known, decisions & present)))

    def defined(self) -> NDArray[np.bool_]:
        """(r, k) True where the finding has a positive and a negative in the sample."""
        return (self.present > 0) & (self.present < self.known)

    @property
    def wrong(self) -> NDArray[np.float64]:
        """(r, k) false positives and false negatives together."""
        return self.present + self.predicted - 2 * self.true_positive

    def of_findings(self, findings: NDArray[np.bool_]) -> "Confusion":
        """The counts of the findings of a mask (k,)."""
        return Confusion(*(counts[:, findings] for counts in (self.known, self.present, self.predicted, self.true_positive)))

    def pooled(self) -> "Confusion":
        """All known cells as one column: the counts of micro metrics."""
        return Confusion(*(counts.sum(axis=1, keepdims=True) for counts in (self.known, self.present, self.predicted, self.true_positive)))


def record_jaccard(labels: NDArray[np.int8], decisions: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Jaccard index of each record (n,) between the findings present and those predicted, over its known findings.

    A record that shows nothing and of which nothing is predicted counts 1 (scikit-learn's ``zero_division=1``): that is right.
    A record without a known label is NaN.
    """
    known, present = labels >= 0, labels == PRESENT
    shared = (present & decisions).sum(axis=1)
    either = (present | (decisions & known)).sum(axis=1)
    index = np.divide(shared, either, out=np.ones(len(labels)), where=either > 0)
    return np.where(known.any(axis=1), index, np.nan)


def weighted_mean_of_defined(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means (r,) of values (n,), those that are NaN left out, under weights (r, n)."""
    defined = np.isfinite(values)
    return ratio(weights @ np.where(defined, values, 0.0), weights @ defined.astype(np.float64))


def ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quotients of arrays of one shape; NaN where the denominator is not positive."""
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
