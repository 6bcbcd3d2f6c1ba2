"""What vectors of findings know of the findings: their cosine similarities beside what is known of each pair.

Intervals are over findings, resampled with replacement: a pair counts as often as its two findings were drawn together, and no finding is
paired with itself.
"""

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.auroc import SortedScores
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.correlation import spearman
from jaccardio.evaluation.estimate import Estimate
from jaccardio.findings.labels import PRESENT


def cosines(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Cosine similarities (k, m) of vectors (k, D) and (m, D); a vector of zeros is like no other."""
    return _unit(first) @ _unit(second).T


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
    index: NDArray[np.float64] = np.divide(both, either, out=np.full_like(both, np.nan), where=either > 0)
    return index


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
    found = [pairs.metrics(weights[:, rows] * weights[:, columns])["auroc"] for _, weights in findings.samples()]
    return Estimate.of(np.concatenate(found))


def same_order(similarities: NDArray[np.float64], known: NDArray[np.float64], findings: PatientBootstrap) -> Estimate:
    """Spearman's rank correlation over pairs of similarities (k, k) and another symmetric (k, k), NaN where a pair is not judged."""
    rows, columns = np.triu_indices(len(similarities), 1)
    judged = np.isfinite(known[rows, columns])
    rows, columns = rows[judged], columns[judged]
    pairs = np.stack([similarities[rows, columns], known[rows, columns]])
    found = [
        spearman(*np.repeat(pairs, counts, axis=1))
        for _, weights in findings.samples()
        for counts in weights[:, rows] * weights[:, columns]
    ]
    return Estimate.of(np.array(found))


def nearest_is_same(similarities: NDArray[np.float64], findings: PatientBootstrap) -> Estimate:
    """How often the nearest candidate of a finding is the same finding: similarities (k, k) of findings said in two ways.

    The candidates are the same in every replicate. Of equal similarities the wrong one counts as nearer.
    """
    own = np.diagonal(similarities)
    others = np.where(np.eye(len(similarities), dtype=bool), -np.inf, similarities)
    right = (own > others.max(axis=1)).astype(np.float64)
    return Estimate.of(np.concatenate([weights @ right / weights.sum(axis=1) for _, weights in findings.samples()]))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    exact = vectors.astype(np.float64)
    unit: NDArray[np.float64] = exact / np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return unit
