"""The levels of a vocabulary's hierarchy, aggregated as the published PTB-XL benchmark does.

Source: Strodthoff et al. 2021, "Deep Learning for ECG Analysis: Benchmarks and Insights from PTB-XL", and its code
(``compute_label_aggregations``).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.auroc import SortedScores
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined
from jaccardio.evaluation.calibration import are_probabilities
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.part import Group, Part
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN


@dataclass(frozen=True)
class Level:
    """Macro AUROC of one level.

    Attributes
    ----------
    macro_auroc
        Mean over the level's statements with at least one positive and one negative; undefined where there is none.
    n_statements, n_records
        How many statements entered the mean, and how many records had a statement of the level.
    """

    macro_auroc: Estimate
    n_statements: int
    n_records: int


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


def evaluate_levels(part: Part, scores: NDArray[np.floating], levels: Collection[str], bootstrap: PatientBootstrap) -> dict[str, Level]:
    """Macro AUROC of some of a part's levels, on the same resamples.

    Parameters
    ----------
    scores
        (n, k) probabilities of the findings.
    levels
        Keys of ``part.groups``.
    """
    found = {}
    for level, means in level_replicates(part, scores, levels, bootstrap).items():
        labels, _ = aggregate_level(part.labels, scores, part.groups[level])
        present = (labels == PRESENT).any(axis=0)
        counted = int((present & (labels == ABSENT).any(axis=0)).sum())
        found[level] = Level(Estimate.of(means), counted, int((labels == PRESENT).any(axis=1).sum()))
    return found


def level_replicates(
    part: Part, scores: NDArray[np.floating], levels: Collection[str], bootstrap: PatientBootstrap
) -> dict[str, NDArray[np.float64]]:
    """The macro AUROC of each level, (replicates + 1,), first on the part itself; parameters are those of `evaluate_levels`."""
    aggregated = {level: aggregate_level(part.labels, scores, part.groups[level]) for level in levels}
    columns = {level: [SortedScores.of(y[:, g], s[:, g]) for g in range(y.shape[1])] for level, (y, s) in aggregated.items()}
    counted = {level: [column for column in candidates if column.defined] for level, candidates in columns.items()}
    means = {level: np.full(bootstrap.replicates + 1, np.nan) for level in levels}
    for rows, weights in bootstrap.samples():
        for level, statements in counted.items():
            if statements:
                areas = [statement.metrics(weights)["auroc"] for statement in statements]
                means[level][rows] = mean_of_defined(np.stack(areas, axis=1))
    return means


def ranked_levels(part: Part, scores: NDArray[np.floating]) -> list[str]:
    """Levels whose macro AUROC is defined for these scores: of what are no probabilities, those whose statements are single findings."""
    if are_probabilities(scores):
        return list(part.groups)
    return [level for level, statements in part.groups.items() if all(len(columns) == 1 for _, columns in statements)]
