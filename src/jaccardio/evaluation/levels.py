"""The levels of a vocabulary's hierarchy, aggregated as the published PTB-XL benchmark does.

Source: Strodthoff et al. 2021, "Deep Learning for ECG Analysis: Benchmarks and Insights from PTB-XL", and its code
(``compute_label_aggregations``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, percentile_interval
from jaccardio.evaluation.ranking import Ranking
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN

Group = tuple[str, tuple[int, ...]]  # name, columns of its findings


@dataclass(frozen=True)
class LevelFigures:
    """Macro AUROC of one level.

    Attributes
    ----------
    macro_auroc, ci95
        Mean over the level's statements with at least one positive and one negative, and its 95 % interval; NaN where there is none.
    n_statements, n_records
        How many statements entered the mean, and how many records had a statement of the level.
    """

    macro_auroc: float
    ci95: tuple[float, float]
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


def evaluate_levels(
    labels: NDArray[np.int8], scores: NDArray[np.floating], groups: Mapping[str, Sequence[Group]], bootstrap: PatientBootstrap
) -> dict[str, LevelFigures]:
    """Macro AUROC of every level, on the same resamples.

    Parameters
    ----------
    labels, scores
        (n, k) of the findings.
    groups
        Level -> statements, as ``Vocabulary.groups()`` gives them.
    """
    aggregated = {level: aggregate_level(labels, scores, statements) for level, statements in groups.items()}
    rankings = {level: [Ranking.of(y[:, g], s[:, g]) for g in range(y.shape[1])] for level, (y, s) in aggregated.items()}
    counted = {level: [ranking for ranking in candidates if ranking.defined] for level, candidates in rankings.items()}
    means = {level: np.full(bootstrap.replicates + 1, np.nan) for level in groups}
    for rows, weights in bootstrap.samples():
        for level, statements in counted.items():
            if statements:
                means[level][rows] = mean_of_defined(np.stack([ranking.figures(weights)[0] for ranking in statements], axis=1))
    return {
        level: LevelFigures(
            macro_auroc=float(means[level][0]),
            ci95=percentile_interval(means[level][1:]),
            n_statements=len(counted[level]),
            n_records=int((aggregated[level][0] == PRESENT).any(axis=1).sum()),
        )
        for level in groups
    }
