"""Area under the ROC curve and average precision of one finding, under integer record weights, ties exact.

The records are sorted once. A bootstrap replicate changes only how often each record counts, so for all replicates together
both follow from running sums of the weights in that one order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.findings.labels import PRESENT


@dataclass(frozen=True, eq=False)
class SortedScores:
    """The known records of one finding, highest score first, with the borders of the groups of tied scores.

    Attributes
    ----------
    order
        (m,) rows of the records whose label is known, by descending score.
    positives
        (p,) positions in `order` that are present.
    above, through
        (p,) for each positive: how many known records score higher, and how many score at least as high.
    positives_above, positives_through
        (p,) the same counts among the positives alone.
    """

    order: NDArray[np.int64]
    positives: NDArray[np.int64]
    above: NDArray[np.int64]
    through: NDArray[np.int64]
    positives_above: NDArray[np.int64]
    positives_through: NDArray[np.int64]

    @classmethod
    def of(cls, labels: NDArray[np.int8], scores: NDArray[np.floating]) -> "SortedScores":
        """Sorts one finding.

        Parameters
        ----------
        labels
            (n,) int8; -1 unknown, left out.
        scores
            (n,) float, higher means rather present.

        Raises
        ------
        DataError
            A score is not a finite number: it has no rank.
        """
        known = np.flatnonzero(labels >= 0)
        check_finite(scores[known])
        order = known[np.argsort(-scores[known], kind="stable")]
        descending = -scores[order]
        positives = np.flatnonzero(labels[order] == PRESENT)
        above = np.searchsorted(descending, descending[positives], side="left")
        through = np.searchsorted(descending, descending[positives], side="right")
        return cls(order, positives, above, through, np.searchsorted(positives, above), np.searchsorted(positives, through))

    @property
    def defined(self) -> bool:
        """Whether there is a positive and a negative, without which neither is defined."""
        return 0 < len(self.positives) < len(self.order)

    def metrics(self, weights: NDArray[np.integer]) -> dict[str, NDArray[np.float64]]:
        """AUROC and average precision for each row of weights.

        Parameters
        ----------
        weights
            (r, n) how often each of the n records counts in each of r samples.

        Returns
        -------
        dict
            ``auroc`` and ``auprc`` (r,); NaN where a sample holds no positive or no negative. Both equal what
            scikit-learn's ``roc_auc_score`` and ``average_precision_score`` give for the records repeated by weight.
        """
        if not self.defined:
            undefined = np.full(len(weights), np.nan)
            return {"auroc": undefined, "auprc": undefined.copy()}
        sorted_weights = weights[:, self.order]
        positive_weights = sorted_weights[:, self.positives]
        everyone, present = _running_sum(sorted_weights), _running_sum(positive_weights)
        total_present = present[:, -1].astype(np.float64)
        total_absent = everyone[:, -1] - total_present

        all_through, present_through = everyone[:, self.through], present[:, self.positives_through]
        absent_through = all_through - present_through
        absent_above = everyone[:, self.above] - present[:, self.positives_above]
        absent_below = total_absent[:, None] - (absent_above + absent_through) / 2  # those tied with the positive count one half
        precision = present_through / np.maximum(all_through, 1)  # a positive of weight 0 may have nobody above it

        undefined = (total_present == 0) | (total_absent == 0)
        pairs = np.where(undefined, np.nan, total_present * total_absent)
        auroc = np.einsum("rp,rp->r", positive_weights, absent_below) / pairs
        average_precision = np.einsum("rp,rp->r", positive_weights, precision) / np.where(undefined, np.nan, total_present)
        return {"auroc": auroc, "auprc": average_precision}


def check_finite(scores: NDArray[np.floating]) -> None:
    """Refuses scores that are no finite numbers, with a DataError; NaN would be sorted somewhere, and judged as if it had a rank."""
    bad = np.count_nonzero(~np.isfinite(scores))
    if bad:
        raise DataError(f"{bad} of {scores.size} scores are not finite numbers; nothing can be judged by them. Train or predict again.")


def auroc(labels: NDArray[np.int8], scores: NDArray[np.floating]) -> float:
    """Area under the ROC curve of one finding: labels (n,) with -1 unknown, scores (n,); NaN without a positive or a negative."""
    return float(SortedScores.of(labels, scores).metrics(np.ones((1, len(labels)), np.uint16))["auroc"][0])


def average_precision(labels: NDArray[np.int8], scores: NDArray[np.floating]) -> float:
    """Average precision (step-wise area under the precision-recall curve, not interpolated) of one finding; arguments as `auroc`."""
    return float(SortedScores.of(labels, scores).metrics(np.ones((1, len(labels)), np.uint16))["auprc"][0])


def _running_sum(weights: NDArray[np.integer]) -> NDArray[np.int32]:
    """(r, m) -> (r, m + 1): column j holds the sum of the first j weights."""
    total = np.zeros((weights.shape[0], weights.shape[1] + 1), np.int32)
    np.cumsum(weights, axis=1, dtype=np.int32, out=total[:, 1:])
    return total
