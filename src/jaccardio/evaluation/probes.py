"""Linear probes: what a logistic regression a finding can read from frozen features.

One regression a finding against the rest. Its C and whether features are standardised first are chosen by log-loss on the validation
part, from a grid of eight (the protocol of ecg-fix, without its class weights: they distort probabilities, which log-loss punishes).
"""

import importlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from jaccardio.errors import DataError, MissingError
from jaccardio.findings.labels import PRESENT

GRID = (0.01, 0.1, 1.0, 10.0)
"""Inverse strength C of the L2 penalty."""

ITERATIONS = 1000


@dataclass(frozen=True, eq=False)
class FindingProbe:
    """The regression of one finding: ``expit(features @ weights + bias)``, on features as they come.

    Attributes
    ----------
    weights
        (d,); zero for a constant probe.
    setting
        What validation chose, in words: C, and whether the features were standardised before the fit; or ``constant``, where every ECG
        gets the same score, because the training labels held no positive or no negative.
    """

    weights: NDArray[np.float64]
    bias: float
    setting: str


def fit_probes(
    features: NDArray[np.floating],
    labels: NDArray[np.int8],
    validation_features: NDArray[np.floating],
    validation_labels: NDArray[np.int8],
) -> list[FindingProbe]:
    """Fits a probe for each finding on its known labels.

    A finding without a positive or without a negative in training is scored constant, at its prevalence. Where validation knows nothing of
    a finding, the strongest penalty on standardised features is taken.

    Parameters
    ----------
    features, validation_features
        (n, d) and (v, d) frozen features.
    labels, validation_labels
        (n, k) and (v, k) int8; -1 unknown, masked.

    Raises
    ------
    DataError
        The shapes disagree, or a feature is not a finite number.
    MissingError
        scikit-learn is not installed.
    """
    for table, states in ((features, labels), (validation_features, validation_labels)):
        if len(table) != len(states) or table.shape[1] != features.shape[1] or states.shape[1] != labels.shape[1]:
            raise DataError(f"probe: features {table.shape} and labels {states.shape} do not belong together.")
        if not np.isfinite(table).all():
            raise DataError("probe: a feature is not a finite number; the model that made it is damaged or diverged.")
    regression = load_scikit_learn().LogisticRegression
    ours, theirs = features.astype(np.float64), validation_features.astype(np.float64)
    return [_fit(regression, ours, column, theirs, judged) for column, judged in zip(labels.T, validation_labels.T, strict=True)]


def probe_scores(probes: list[FindingProbe], features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities (n, k) of features (n, d)."""
    weights, biases = np.stack([probe.weights for probe in probes]), np.array([probe.bias for probe in probes])
    scores: NDArray[np.float64] = expit(features.astype(np.float64) @ weights.T + biases)
    return scores


def load_scikit_learn() -> Any:
    """The module ``sklearn.linear_model``.

    Raises
    ------
    MissingError
        It is not installed.
    """
    try:
        return importlib.import_module("sklearn.linear_model")
    except ImportError as error:
        raise MissingError("probes are fitted with scikit-learn, which is not installed: pip install 'jaccardio[probe]'") from error


def _fit(
    regression: Any,
    features: NDArray[np.float64],
    labels: NDArray[np.int8],
    validation_features: NDArray[np.float64],
    validation_labels: NDArray[np.int8],
) -> FindingProbe:
    known, judged = labels >= 0, validation_labels >= 0
    present = labels[known] == PRESENT
    if not present.any() or present.all():
        prevalence = (present.sum() + 0.5) / (len(present) + 1.0)  # kept off 0 and 1 by half an ECG
        return FindingProbe(np.zeros(features.shape[1]), float(np.log(prevalence / (1 - prevalence))), "constant")
    best, lowest = None, np.inf
    for standardised in (True, False):
        mean, scale = np.zeros(features.shape[1]), np.ones(features.shape[1])
        if standardised:
            mean, spread = features[known].mean(axis=0), features[known].std(axis=0)
            scale = np.where(spread > 0, spread, 1.0)
        for strength in GRID:
            model = regression(C=strength, max_iter=ITERATIONS)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="lbfgs failed to converge")  # validation judges an unfinished fit like any other
                model.fit((features[known] - mean) / scale, present)
            weights = model.coef_[0] / scale
            setting = f"C {strength:g}" + (" standardised" if standardised else "")
            probe = FindingProbe(weights, float(model.intercept_[0] - weights @ mean), setting)
            loss = _log_loss(validation_features[judged] @ probe.weights + probe.bias, validation_labels[judged])
            if best is None or loss < lowest:
                best, lowest = probe, loss
    assert best is not None, "the grid is not empty"
    return best


def _log_loss(logits: NDArray[np.float64], labels: NDArray[np.int8]) -> float:
    """Mean of -log p over (n,) logits; 0 where there are none."""
    return float(np.logaddexp(0, np.where(labels == PRESENT, -logits, logits)).sum() / max(len(logits), 1))
