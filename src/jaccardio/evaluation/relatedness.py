"""What vectors of findings know of the findings: their cosine similarities beside what is known of each pair.

Intervals are over findings, resampled with replacement: a pair counts as often as its two findings were drawn together, and no finding is
paired with itself.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.auroc import SortedScores
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.confusion import ratio
from jaccardio.evaluation.correlation import spearman
from jaccardio.evaluation.estimate import Estimate
from jaccardio.findings.labels import PRESENT

Real = TypeVar("Real", bound=np.floating)


def cosines(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Cosine similarities (k, m) of vectors (k, D) and (m, D); a vector of zeros is like no other."""
    one, other = (directions(vectors.astype(np.float64)) for vectors in (first, second))
    return one @ other.T


def directions(vectors: NDArray[Real]) -> NDArray[Real]:
    """Vectors (..., D) of length 1, in their own precision; those of zeros stay as they are."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def co_occurrence(labels: NDArray[np.int8]) -> NDArray[np.float64]:
    """How often findings stand together: the Jaccard index (k, k) of their ECGs, each over the ECGs in which both labels are known.

    Parameters
    ----------
    labels
        (n, k) int8; -1 unknown.

    Returns
    -------
    NaN where no ECG shows either of two findings.
    """
    present, known = (labels == PRESENT).astype(np.float64), (labels >= 0).astype(np.float64)
    both = present.T @ present
    either = present.T @ known + known.T @ present - both
    return ratio(both, either)


def related_nearer(similarities: NDArray[np.float64], related: NDArray[np.int8], findings: PatientBootstrap) -> Estimate:
    """Probability that a pair of related findings is more similar than a pair of unrelated ones: AUROC over pairs.

    Parameters
    ----------
    similarities
        (k, k) symmetric.
    related
        (k, k) symmetric: 1 related, 0 not, -1 not judged.
    findings
        Resamples of the k findings.
    """
    rows, columns = np.triu_indices(len(similarities), 1)
    pairs = SortedScores.of(related[rows, columns], similarities[rows, columns])
    return Estimate.of(findings.values_of(lambda weights: pairs.metrics(weights[:, rows] * weights[:, columns])["auroc"]))


def same_order(similarities: NDArray[np.float64], known: NDArray[np.float64], findings: PatientBootstrap) -> Estimate:
    """Spearman's rank correlation over pairs of similarities (k, k) and another symmetric (k, k), NaN where a pair is not judged."""
    rows, columns = np.triu_indices(len(similarities), 1)
    judged = np.isfinite(known[rows, columns])
    rows, columns = rows[judged], columns[judged]
    pairs = np.stack([similarities[rows, columns], known[rows, columns]])

    def correlations(weights: NDArray[np.uint16]) -> NDArray[np.float64]:
        return np.array([spearman(*np.repeat(pairs, counts, axis=1)) for counts in weights[:, rows] * weights[:, columns]])

    return Estimate.of(findings.values_of(correlations))


def nearest_is_same(similarities: NDArray[np.float64], findings: PatientBootstrap) -> Estimate:
    """How often the nearest candidate of a finding is the same finding: similarities (k, k) of findings said in two ways.

    The candidates are the same in every replicate. Of equal similarities the wrong one counts as nearer.
    """
    own = np.diagonal(similarities)
    others = np.where(np.eye(len(similarities), dtype=bool), -np.inf, similarities)
    right = (own > others.max(axis=1)).astype(np.float64)
    return Estimate.of(findings.values_of(lambda weights: weights @ right / weights.sum(axis=1)))
