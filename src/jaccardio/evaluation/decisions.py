"""Figures of decisions against labels (Hamming, precision, recall, F1, Jaccard), for one sample or many weighted ones at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import mean_of_defined
from jaccardio.findings.labels import PRESENT

DECISION_FIGURES = (
    "hamming_loss",
    "micro_precision",
    "micro_recall",
    "micro_f1",
    "macro_f1",
    "jaccard_samples",
    "jaccard_micro",
    "jaccard_macro",
)
FINDING_FIGURES = ("predicted_rate", "accuracy", "precision", "recall", "f1", "jaccard")


@dataclass(frozen=True, eq=False)
class DecisionCounts:
    """Weighted counts over known cells, each (r, k): one row a sample, one column a finding.

    Attributes
    ----------
    known
        Cells whose label is known.
    present
        Those that are present.
    called
        Those called present.
    found
        Those present and called present.
    """

    known: NDArray[np.float64]
    present: NDArray[np.float64]
    called: NDArray[np.float64]
    found: NDArray[np.float64]

    @classmethod
    def of(cls, labels: NDArray[np.int8], decisions: NDArray[np.bool_], weights: NDArray[np.float64]) -> "DecisionCounts":
        """Counts labels (n, k) against decisions (n, k) under weights (r, n)."""
        known, present = labels >= 0, labels == PRESENT
        return cls(*(weights @ cells.astype(np.float64) for cells in (known, present, decisions & known, decisions & present)))

    def defined(self) -> NDArray[np.bool_]:
        """(r, k) True where the finding has a positive and a negative in the sample."""
        return (self.present > 0) & (self.present < self.known)

    def per_finding(self) -> dict[str, NDArray[np.float64]]:
        """The figures of `FINDING_FIGURES` of each finding, (r, k) each; NaN where undefined.

        Precision needs a cell called present; recall, F1 and Jaccard need a cell that is present.
        """
        wrong = self.present + self.called - 2 * self.found
        some = self.present > 0
        return {
            "predicted_rate": ratio(self.called, self.known),
            "accuracy": ratio(self.known - wrong, self.known),
            "precision": ratio(self.found, self.called),
            "recall": ratio(self.found, self.present),
            "f1": np.where(some, ratio(2 * self.found, self.present + self.called), np.nan),
            "jaccard": np.where(some, ratio(self.found, self.present + self.called - self.found), np.nan),
        }

    def pooled(self) -> "DecisionCounts":
        """All known cells as one column: the counts of micro figures."""
        return DecisionCounts(*(counts.sum(axis=1, keepdims=True) for counts in (self.known, self.present, self.called, self.found)))


def decision_figures(
    counts: DecisionCounts, jaccard_samples: NDArray[np.float64], in_macro: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """The figures of `DECISION_FIGURES`, (r,) each.

    Hamming loss and micro figures are over all known cells; macro figures are means over the findings of `in_macro` (k,), in each
    sample those with a positive and a negative. Names and definitions are scikit-learn's.
    """
    pooled, findings = counts.pooled().per_finding(), counts.per_finding()
    usable = counts.defined() & in_macro
    return {
        "hamming_loss": 1 - pooled["accuracy"][:, 0],
        "micro_precision": pooled["precision"][:, 0],
        "micro_recall": pooled["recall"][:, 0],
        "micro_f1": pooled["f1"][:, 0],
        "macro_f1": mean_of_defined(np.where(usable, findings["f1"], np.nan)),
        "jaccard_samples": jaccard_samples,
        "jaccard_micro": pooled["jaccard"][:, 0],
        "jaccard_macro": mean_of_defined(np.where(usable, findings["jaccard"], np.nan)),
    }


def record_jaccard(labels: NDArray[np.int8], decisions: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Jaccard index of each record (n,) between the findings present and those called, over its known findings.

    A record that shows nothing and of which nothing is said counts 1 (scikit-learn's ``zero_division=1``): silence is right there.
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
