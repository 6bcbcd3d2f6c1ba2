"""From score to probability: two recalibrations, fitted on validation data only and stored with the run.

Temperature: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2, for sigmoids. Platt: Platt 1999, "Probabilistic
Outputs for Support Vector Machines", with his targets, which keep the fit finite where scores separate a finding perfectly.
Neither changes the order of the scores of a finding. Thresholds and decisions stay on the scores as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.auroc import check_finite
from jaccardio.findings.labels import ABSENT, PRESENT

METHODS = ("as_is", "temperature", "platt")
MINIMUM_VALIDATION_CASES = 10
"""Findings with fewer validation positives or negatives take the shared temperature: a fit of their own would follow noise."""

TEMPERATURES = (0.05, 20.0)
LOWEST_SCORE = 1e-15  # scores of exactly 0 or 1 have no finite logit


@dataclass(frozen=True, eq=False)
class Calibration:
    """What turns scores into probabilities: ``sigmoid(slope logit(score) + intercept)``.

    Attributes
    ----------
    temperature
        One for all findings: slope 1 / temperature, intercept 0.
    slope, intercept
        (k,) float64, Platt's, one pair a finding.
    own_fit
        (k,) False where the pair is the shared temperature's.
    """

    temperature: float
    slope: NDArray[np.float64]
    intercept: NDArray[np.float64]
    own_fit: NDArray[np.bool_]

    def apply(self, scores: NDArray[np.floating], method: str) -> NDArray[np.float64]:
        """Probabilities (n, k) of scores (n, k) by one of `METHODS`; ``as_is`` returns the scores.

        Raises
        ------
        UsageError
            There is no such method.
        """
        if method == "as_is":
            return np.asarray(scores, np.float64)
        if method == "temperature":
            return np.asarray(expit(logits_of(scores) / self.temperature))
        if method == "platt":
            return np.asarray(expit(self.slope * logits_of(scores) + self.intercept))
        raise UsageError(f"unknown calibration {method!r}; available: {', '.join(METHODS)}.")

    def of_findings(self, columns: NDArray[np.int64]) -> "Calibration":
        """The calibration of some findings, in the order given."""
        return Calibration(self.temperature, self.slope[columns], self.intercept[columns], self.own_fit[columns])

    def to_dict(self) -> dict[str, Any]:
        """JSON form; floats survive the round trip exactly."""
        return {
            "temperature": self.temperature,
            "platt": {"slope": self.slope.tolist(), "intercept": self.intercept.tolist(), "own_fit": self.own_fit.tolist()},
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Calibration":
        """The inverse of `to_dict`.

        Raises
        ------
        DataError
            A key is missing or unknown, or the lists differ in length.
        """
        platt = document.get("platt", {})
        if set(document) != {"temperature", "platt"} or set(platt) != {"slope", "intercept", "own_fit"}:
            raise DataError(f"calibration: expected temperature and platt, found {', '.join(sorted(document)) or 'nothing'}.")
        if len({len(values) for values in platt.values()}) != 1:
            raise DataError("calibration: slope, intercept and own_fit must have one value a finding each.")
        slope, intercept = np.asarray(platt["slope"], np.float64), np.asarray(platt["intercept"], np.float64)
        return cls(float(document["temperature"]), slope, intercept, np.asarray(platt["own_fit"], np.bool_))


def fit_calibration(labels: NDArray[np.int8], scores: NDArray[np.floating]) -> Calibration:
    """Fits both recalibrations on validation data, each by the least logistic loss over known cells.

    A finding takes the shared temperature instead of Platt's pair where it has fewer than 10 validation positives or negatives, where
    all its scores are one, or where the fitted slope is not positive, which would turn the order of its scores over.

    Parameters
    ----------
    labels
        (n, k) int8; -1 unknown, masked.
    scores
        (n, k) probabilities.

    Raises
    ------
    DataError
        A score of a known label is not finite.
    """
    check_finite(scores[labels >= 0])
    known, logits = labels >= 0, logits_of(scores)
    temperature = _fit_temperature((labels[known] == PRESENT).astype(np.float64), logits[known])
    findings = labels.shape[1]
    slope, intercept, own_fit = np.full(findings, 1 / temperature), np.zeros(findings), np.zeros(findings, np.bool_)
    for finding in range(findings):
        rows = known[:, finding]
        column = labels[rows, finding]
        positives, negatives = np.count_nonzero(column == PRESENT), np.count_nonzero(column == ABSENT)
        if min(positives, negatives) < MINIMUM_VALIDATION_CASES or np.ptp(logits[rows, finding]) == 0:
            continue  # one score for all has no slope
        targets = np.where(column == PRESENT, (positives + 1) / (positives + 2), 1 / (negatives + 2))
        fitted_slope, fitted_intercept = logistic_fit(targets, logits[rows, finding])
        if fitted_slope > 0:
            slope[finding], intercept[finding], own_fit[finding] = fitted_slope, fitted_intercept, True
    return Calibration(temperature, slope, intercept, own_fit)


def are_probabilities(scores: NDArray[np.floating]) -> bool:
    """Whether every score lies in [0, 1]; what is outside can be ranked and cut by a threshold, and claims no share of ECGs."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def logits_of(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logits of probabilities, which are first held 1e-15 away from 0 and 1."""
    return np.asarray(logit(np.clip(np.asarray(scores, np.float64), LOWEST_SCORE, 1 - LOWEST_SCORE)))


def logistic_fit(targets: NDArray[np.float64], logits: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and intercept of the least logistic loss of `targets` (m,) in [0, 1] on `logits` (m,); the loss must have one minimum."""
    from scipy.optimize import minimize  # a fifth of a second that prediction does not need

    inputs = np.stack([logits, np.ones_like(logits)], axis=1)

    def loss(pair: NDArray[np.float64]) -> float:
        outputs = inputs @ pair
        return float(np.mean(np.logaddexp(0, outputs) - targets * outputs))

    def gradient(pair: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((expit(inputs @ pair) - targets) @ inputs / len(targets))

    def curvature(pair: NDArray[np.float64]) -> NDArray[np.float64]:
        spread = expit(inputs @ pair) * expit(-(inputs @ pair))
        return np.asarray((inputs * spread[:, None]).T @ inputs / len(targets))

    found = minimize(loss, np.array([1.0, 0.0]), jac=gradient, hess=curvature, method="trust-exact", options={"gtol": 1e-9})
    return float(found.x[0]), float(found.x[1])


def _fit_temperature(present: NDArray[np.float64], logits: NDArray[np.float64]) -> float:
    """Temperature of the least logistic loss, within `TEMPERATURES`; 1 where a positive or a negative is missing."""
    from scipy.optimize import brentq

    if not 0 < present.sum() < len(present):
        return 1.0

    def slope_of_loss(inverse: float) -> float:  # rises with the inverse temperature, for the loss is convex in it
        return float(np.mean(logits * (expit(inverse * logits) - present)))

    lowest, highest = 1 / TEMPERATURES[1], 1 / TEMPERATURES[0]
    if slope_of_loss(lowest) >= 0:
        return TEMPERATURES[1]
    if slope_of_loss(highest) <= 0:
        return TEMPERATURES[0]
    return 1 / float(brentq(slope_of_loss, lowest, highest, xtol=1e-12))
