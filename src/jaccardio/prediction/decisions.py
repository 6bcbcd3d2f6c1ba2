"""`Decisions`: from a model's scores to what is said of each finding; no network is needed for that."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.calibration import Calibration
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.withheld import withheld


@dataclass(frozen=True)
class FindingScore:
    """One finding of one ECG.

    Attributes
    ----------
    finding, name
        Code and English name.
    score
        The model's score as it is, in [0, 1]; None where it is withheld.
    probability
        The score recalibrated by Platt's pair of the model's validation part (``calibration.json``); None where it is withheld.
    threshold, present
        What the score is held against, and the decision: score >= threshold; None, unknown, where it is withheld.
    withheld
        Why the leads at hand cannot answer, e.g. ``needs V1-V4``; empty where they can.
    """

    finding: str
    name: str
    score: float | None
    probability: float | None
    threshold: float
    present: bool | None
    withheld: str = ""


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a model's scores are held against.

    Attributes
    ----------
    vocabulary
        Findings in the order of the scores.
    partial_leads
        Whether training showed the model ECGs without some of their leads.
    thresholds, calibration
        Fitted on the validation part in training.
    """

    vocabulary: Vocabulary
    partial_leads: bool
    thresholds: Thresholds
    calibration: Calibration

    def of(self, scores: NDArray[np.float64], lead_masks: NDArray[np.bool_], policy: str) -> Iterator[list[FindingScore]]:
        """Of each ECG its findings in vocabulary order.

        Parameters
        ----------
        scores
            (n, findings).
        lead_masks
            (n, 12).
        policy
            ``fixed``, ``global`` or ``per_finding`` thresholds.
        """
        thresholds = self.thresholds[policy]
        for mask, row, calibrated in zip(lead_masks, scores, self.calibration.apply(scores, "platt"), strict=True):
            columns = zip(self.vocabulary.findings, row, calibrated, thresholds, self.withheld(mask), strict=True)
            yield [
                FindingScore(finding.code, finding.name, None, None, float(threshold), None, reason)
                if reason
                else FindingScore(finding.code, finding.name, float(score), float(probability), float(threshold), bool(score >= threshold))
                for finding, score, probability, threshold, reason in columns
            ]

    def withheld(self, lead_mask: NDArray[np.bool_]) -> tuple[str, ...]:
        """`jaccardio.findings.withheld.withheld` of an ECG with these leads, (12,)."""
        return withheld(self.vocabulary, self.partial_leads, lead_mask)
