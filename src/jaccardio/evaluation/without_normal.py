"""What micro-F1 owes to the finding "normal": the commonest of all, so that a model that finds little else can still score high."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.decisions import DecisionCounts, ratio
from jaccardio.evaluation.samples import estimate_of_seeds

WITHOUT_NORMAL, NORMAL_SHARE = "micro_f1_without_normal", "normal_among_true_positives"


def without_normal(
    labels: NDArray[np.int8], normal: Sequence[int], contestant: Contestant, bootstrap: PatientBootstrap
) -> dict[str, dict[str, dict[str, Any]]]:
    """Policy -> micro-F1 over the findings other than normal, and the share of normal in all true positives.

    Decisions are those of the other figures: thresholds are not fitted again without the finding.

    Parameters
    ----------
    labels
        (n, k) int8; -1 unknown and masked.
    normal
        Columns of the finding "normal".
    contestant
        Scores and thresholds of its seeds; a policy that it has no thresholds for has no figures.

    Returns
    -------
    Each figure as `estimate_of_seeds` has it.
    """
    abnormal = np.setdiff1d(np.arange(labels.shape[1]), normal)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for policy in contestant.thresholds[0].values:
        seeds: dict[str, list[NDArray[np.float64]]] = {WITHOUT_NORMAL: [], NORMAL_SHARE: []}
        for scores, thresholds in zip(contestant.scores, contestant.thresholds, strict=True):
            called = thresholds.decide(scores, policy)
            f1, share = np.empty(bootstrap.replicates + 1), np.empty(bootstrap.replicates + 1)
            for rows, weights in bootstrap.samples():
                real_weights = weights.astype(np.float64)
                f1[rows] = DecisionCounts.of(labels[:, abnormal], called[:, abnormal], real_weights).pooled().per_finding()["f1"][:, 0]
                hits = DecisionCounts.of(labels, called, real_weights).found
                share[rows] = ratio(hits[:, list(normal)].sum(axis=1), hits.sum(axis=1))
            seeds[WITHOUT_NORMAL].append(f1)
            seeds[NORMAL_SHARE].append(share)
        found[policy] = {name: estimate_of_seeds(samples) for name, samples in seeds.items()}
    return found
