"""`fit_evidence`: how much the measurements of an ECG say of each finding, fitted beside a network that has been trained.

For each finding a ridge-penalised logistic regression over the measured statements is fitted on the training part. Its logit, the fit of
the finding's definition and the network's logit are then added up with the same weights for all findings: three and a shift, fitted by
logistic regression on the validation part.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from jaccardio.findings.labels import PRESENT, UNKNOWN
from jaccardio.measurement.definitions import defined_in
from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.evidence import Evidence, linear_inputs, measured
from jaccardio.training.material import Material

STRENGTH = 0.5
"""C, the inverse strength of the penalty. Chosen on PTB-XL's folds 7 and 8: docs/experiments-log.md."""

ITERATIONS = 300

USUAL = {"network": 0.65, "statements": 0.38, "definitions": 0.15}
"""Weights that the fit starts from, about those of PTB-XL; it stays there where all known labels of the validation part are alike."""

HELD_BY = 100.0
"""Labels that speak for the usual weights; PTB-XL's validation part has 147,000 known ones, a small hospital's some hundreds."""

CERTAIN = 1e-9
"""A score is taken as no nearer to 0 and 1."""


def fit_evidence(model: EcgModel, material: Material, scores: NDArray[np.float64]) -> tuple[Evidence, Mapping[str, float]]:
    """Fits what is added to a trained network, on the ECGs of which something was measured.

    Parameters
    ----------
    scores
        (validation rows, findings) of the network alone.

    Returns
    -------
    The evidence, and the weights by what they weigh: that of definitions where findings have any.
    """
    codes, measurements, defined = material.vocabulary.codes, material.store.measurements, defined_in(material.vocabulary)
    training, validation = (
        torch.from_numpy(evidence_inputs(measurements[rows], defined)) for rows in (material.training_rows, material.validation_rows)
    )
    told, judged = (  # an ECG of which nothing was measured is left to the network: it says nothing of what measurements are worth
        np.where(measured(inputs).numpy(), labels, np.int8(UNKNOWN))
        for inputs, labels in ((training, material.training_labels), (validation, material.validation_labels))
    )
    statements = training.shape[1] - len(defined)
    moments = _moments(training, statements)
    of_training, of_validation = (linear_inputs(inputs, *moments) for inputs in (training, validation))
    regression, shift = _regressions(of_training[:, :statements], told)
    defining = torch.zeros(len(defined), len(codes))
    defining[range(len(defined)), [codes.index(code) for code in defined]] = 1
    with torch.no_grad():
        sentences = model.encode_text(model.prompt_vectors).cpu()
    into_space = torch.linalg.pinv(sentences).T  # x W into_space u^T is x W, or the nearest to it that the sentences can say
    parts = (
        of_validation[:, :statements] @ regression + shift,
        of_validation[:, statements:] @ defining,
        torch.ones(len(of_validation), len(codes)),
    )
    network, linear, fit, constant = _weights(
        [logit(np.clip(scores, CERTAIN, 1 - CERTAIN)), *((part @ into_space @ sentences.T).double().numpy() for part in parts)],
        judged,
    )
    in_space = torch.cat([linear * regression, fit * defining, (linear * shift + constant)[None]]) @ into_space
    evidence = Evidence(defined, torch.tensor(network), in_space[:-1], in_space[-1], *moments)
    weights = {"network": network, "statements": linear} | ({"definitions": fit} if defined else {})
    return evidence.to(model.prompt_vectors.device), weights


def _moments(inputs: Tensor, statements: int) -> tuple[Tensor, Tensor]:
    """Mean of the known values of each column (s + m,), and their standard deviation; 1 for one of 0, and for a degree of truth."""
    known = inputs.isfinite()
    count = known.sum(dim=0).clamp(min=1)
    mean = torch.where(known, inputs, 0.0).sum(dim=0) / count
    spread = (torch.where(known, inputs - mean, 0.0).square().sum(dim=0) / count).sqrt()
    spread[:statements] = 1
    return mean, torch.where(spread > 0, spread, 1.0)


def _regressions(inputs: Tensor, labels: NDArray[np.int8]) -> tuple[Tensor, Tensor]:
    """Weights (s, k) and shifts (k,) of all findings' regressions at once; unknown labels are left out.

    A finding without a positive or without a negative has no weight, and in its shift a prevalence kept off 0 and 1 by half an ECG.
    """
    present, known = torch.from_numpy(labels == PRESENT).float(), torch.from_numpy(labels >= 0).float()
    positives, all_known = present.sum(dim=0), known.sum(dim=0)
    prevalence = (positives + 0.5) / (all_known + 1)
    known = known * ((positives > 0) & (positives < all_known))
    weights, shift = torch.zeros(inputs.shape[1], labels.shape[1], requires_grad=True), prevalence.logit().requires_grad_()
    optimiser = torch.optim.LBFGS([weights, shift], max_iter=ITERATIONS, history_size=20, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        wrong = binary_cross_entropy_with_logits(inputs @ weights + shift, present, weight=known, reduction="sum")
        value = (wrong + weights.square().sum() / (2 * STRENGTH)) / len(inputs)
        value.backward()
        return value

    optimiser.step(loss)
    return weights.detach(), shift.detach()


def _weights(parts: Sequence[NDArray[np.float64]], labels: NDArray[np.int8]) -> list[float]:
    """Weights of tables of logits (v, k), none but the last below 0, by the log-loss of their sum on all known labels.

    They are held at where they start as if by `HELD_BY` labels, so that a small validation part moves them little.
    """
    known = labels >= 0
    inputs, present = np.stack([part[known] for part in parts], axis=1), labels[known] == PRESENT

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits, moved = inputs @ weights, weights - start
        wrong = expit(logits) - present
        value = np.logaddexp(0, np.where(present, -logits, logits)).sum() + HELD_BY * moved @ moved / 2
        return float(value) / len(present), (wrong @ inputs + HELD_BY * moved) / len(present)

    start = np.array([*USUAL.values(), 0.0])
    if len(np.unique(present)) < 2:
        return [*map(float, start)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(USUAL) + [(None, None)])
    return [*map(float, found.x)]
