"""From score to decision: three threshold policies, fitted on validation data and stored with the run, and an oracle beside them.

A finding is predicted present iff its score >= its threshold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.auroc import check_finite
from jaccardio.findings.labels import PRESENT

FITTED = ("global", "per_finding")
"""The policies that need labelled ECGs."""

POLICIES = ("fixed", *FITTED)
DEFAULT_POLICY = "global"
FIXED_THRESHOLD = 0.5
MINIMUM_VALIDATION_POSITIVES = 10
ORACLE = "oracle, not a result"
"""Name under which thresholds fitted on the tested part itself stand, which nobody could know: those of the best F1 of each finding. They
bound macro-F1 alone; micro-F1, Hamming loss and the Jaccard indices may be better at other thresholds."""


@dataclass(frozen=True, eq=False)
class Thresholds:
    """One threshold per finding for each policy. A run's hold every policy; those of foreign scores may lack one, which is then undefined.

    Attributes
    ----------
    values
        Policy -> (k,) float64: ``fixed`` is 0.5 throughout, ``global`` one fitted value throughout, ``per_finding`` one each; with
        `with_oracle` also `ORACLE`.
    left_out
        Why a policy has none.
    """

    values: Mapping[str, NDArray[np.float64]]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, policy: str) -> NDArray[np.float64]:
        """Thresholds (k,) of a policy.

        Raises
        ------
        UsageError
            There is no such policy.
        """
        if policy not in self.values:
            raise UsageError(f"unknown threshold policy {policy!r}; available: {', '.join(self.values)}.")
        return self.values[policy]

    def decide(self, scores: NDArray[np.floating], policy: str = DEFAULT_POLICY) -> NDArray[np.bool_]:
        """Decisions (n, k) for scores (n, k): True where the finding is predicted present."""
        return np.asarray(scores >= self[policy])

    def of(self, columns: Sequence[int]) -> "Thresholds":
        """Those of some findings, by column, in the order given."""
        return Thresholds({policy: values[list(columns)] for policy, values in self.values.items()}, self.left_out)

    def with_oracle(self, labels: NDArray[np.int8], scores: NDArray[np.floating]) -> "Thresholds":
        """These and, as `ORACLE`, those per finding that are fitted on the tested labels (n, k) and scores (n, k) themselves."""
        return Thresholds({**self.values, ORACLE: fit_thresholds(labels, scores)["per_finding"]}, self.left_out)

    def to_dict(self) -> dict[str, list[float]]:
        """JSON form; floats survive the round trip exactly."""
        return {policy: values.tolist() for policy, values in self.values.items()}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Thresholds":
        """The inverse of `to_dict`.

        Raises
        ------
        DataError
            A policy is missing or the policies differ in length.
        """
        if set(document) != set(POLICIES) or len({len(document[policy]) for policy in POLICIES}) != 1:
            raise DataError(
                f"thresholds: expected {', '.join(POLICIES)} of equal length, found {', '.join(sorted(document)) or 'nothing'}."
            )
        return cls({policy: np.asarray(document[policy], np.float64) for policy in POLICIES})


def fit_thresholds(labels: NDArray[np.int8], scores: NDArray[np.floating]) -> Thresholds:
    """Fits every policy on validation data.

    ``global`` maximises micro-F1 over all known cells (0.5 where validation has no positive at all). ``per_finding`` maximises each
    finding's F1; with fewer than 10 validation positives that would fit noise, so such a finding takes the global threshold.

    Parameters
    ----------
    labels
        (n, k) int8; -1 unknown, masked.
    scores
        (n, k) finite; ``fixed`` is meant for probabilities, the other policies for any scale.

    Raises
    ------
    DataError
        A score of a known label is not finite.
    """
    known = labels >= 0
    check_finite(scores[known])
    shared = _best_f1(labels[known], scores[known])
    each = np.full(labels.shape[1], shared)
    for finding in range(labels.shape[1]):
        if np.count_nonzero(labels[:, finding] == PRESENT) >= MINIMUM_VALIDATION_POSITIVES:
            rows = known[:, finding]
            each[finding] = _best_f1(labels[rows, finding], scores[rows, finding])
    return Thresholds({"fixed": np.full(len(each), FIXED_THRESHOLD), "global": np.full(len(each), shared), "per_finding": each})


def _best_f1(labels: NDArray[np.int8], scores: NDArray[np.floating]) -> float:
    """Threshold of highest F1 among the midpoints between neighbouring scores (n,); of equals the highest, which predicts the fewest."""
    positives = np.count_nonzero(labels == PRESENT)
    if positives == 0:
        return FIXED_THRESHOLD
    order = np.argsort(-scores, kind="stable")
    descending = scores[order].astype(np.float64)
    last_of_tie = np.append(descending[1:] != descending[:-1], True)
    true_positive = np.cumsum(labels[order] == PRESENT)[last_of_tie]
    predicted = np.flatnonzero(last_of_tie) + 1
    best = int(np.argmax(2 * true_positive / (predicted + positives)))
    lowest = descending[predicted[best] - 1]
    next_lower = descending[predicted[best]] if predicted[best] < len(descending) else 0.0
    middle = (lowest + next_lower) / 2
    return float(middle if middle > next_lower else lowest)  # neighbouring floats have nothing between them
