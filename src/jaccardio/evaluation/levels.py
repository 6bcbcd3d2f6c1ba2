"""The levels of a vocabulary's hierarchy, aggregated as the published PTB-XL benchmark does.

Source: Strodthoff et al. 2021, "Deep Learning for ECG Analysis: Benchmarks and Insights from PTB-XL", and its code
(``compute_label_aggregations``).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined
from jaccardio.evaluation.calibration import are_probabilities
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.part import Group, Part
from jaccardio.evaluation.replicates import auroc_replicates
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN


def aggregate_level(
    labels: NDArray[np.int8], scores: NDArray[np.floating], groups: Sequence[Group]
) -> tuple[NDArray[np.int8], NDArray[np.floating]]:
    """Labels and scores of a level's statements.

    A statement is present if any of its findings is, unknown if none is present and one is unknown, else absent; its score is
    1 - product of (1 - p) over theirs, the probability of any if they came independently. Records that show no statement of the
    level are dropped: all their labels become unknown.

    Parameters
    ----------
    labels, scores
        (n, k) of the findings; scores are probabilities.
    groups
        The level's statements.

    Returns
    -------
    tuple
        Labels int8 (n, g) and scores (n, g).
    """
    statement_labels = np.empty((len(labels), len(groups)), np.int8)
    statement_scores = np.empty((len(scores), len(groups)), scores.dtype)
    for column, (_, members) in enumerate(groups):
        children = labels[:, list(members)]
        otherwise = np.where((children == UNKNOWN).any(axis=1), UNKNOWN, ABSENT)
        statement_labels[:, column] = np.where((children == PRESENT).any(axis=1), PRESENT, otherwise)
        one = len(members) == 1  # as it is: 1 - (1 - p) would tie very small scores
        statement_scores[:, column] = scores[:, members[0]] if one else 1 - np.prod(1 - scores[:, list(members)], axis=1)
    statement_labels[~(statement_labels == PRESENT).any(axis=1)] = UNKNOWN
    return statement_labels, statement_scores


def evaluate_levels(part: Part, scores: NDArray[np.floating], bootstrap: PatientBootstrap) -> dict[str, dict[str, Any]]:
    """``levels`` of ``metrics.json``, for scores (n, k) of the findings.

    Returns
    -------
    Level -> ``macro_auroc``, an `Estimate`: the mean over the level's statements with at least one positive and one negative, undefined
    where there is none; ``n_statements`` that entered it; ``n_records`` that had a statement of the level.
    """
    return {
        level: {
            "macro_auroc": Estimate.of(_macro_auroc(labels, of_statements, bootstrap)),
            "n_statements": int(_judged(labels).sum()),
            "n_records": int((labels == PRESENT).any(axis=1).sum()),
        }
        for level, (labels, of_statements) in _ranked_levels(part, scores).items()
    }


def level_replicates(part: Part, scores: NDArray[np.floating], bootstrap: PatientBootstrap) -> dict[str, NDArray[np.float64]]:
    """The macro AUROC of each level, (replicates + 1,), first on the part itself; parameters are those of `evaluate_levels`."""
    return {level: _macro_auroc(*aggregated, bootstrap) for level, aggregated in _ranked_levels(part, scores).items()}


def _ranked_levels(part: Part, scores: NDArray[np.floating]) -> dict[str, tuple[NDArray[np.int8], NDArray[np.floating]]]:
    """Labels and scores of the statements of each level whose macro AUROC is defined for these scores: of what are no probabilities,
    those whose statements are single findings."""
    probabilities = are_probabilities(scores)
    return {
        level: aggregate_level(part.labels, scores, statements)
        for level, statements in part.groups.items()
        if probabilities or all(len(columns) == 1 for _, columns in statements)
    }


def _judged(labels: NDArray[np.int8]) -> NDArray[np.bool_]:
    judged: NDArray[np.bool_] = (labels == PRESENT).any(axis=0) & (labels == ABSENT).any(axis=0)
    return judged


def _macro_auroc(labels: NDArray[np.int8], scores: NDArray[np.floating], bootstrap: PatientBootstrap) -> NDArray[np.float64]:
    judged = _judged(labels)
    if not judged.any():
        return np.full(bootstrap.replicates + 1, np.nan)
    return mean_of_defined(auroc_replicates(labels[:, judged], scores[:, judged], bootstrap))
