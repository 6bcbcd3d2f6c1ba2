"""Retrieval both ways between ECGs and statements (sets of findings): from a sentence to ECGs, and from an ECG to sentences.

What is relevant, with S the findings of a statement and E those of an ECG:

===========  =============================================================================================
``superset`` what is retrieved holds every finding of the query: E contains S for a statement that looks
             for ECGs, S contains E for an ECG that looks for statements
``exact``    both hold the same findings
===========  =============================================================================================

Unknown labels: a pair is relevant if it is so whatever the unknown labels are, irrelevant if it is not so whatever they are, and else
unknown; an unknown candidate leaves the ranking of its query. Of candidates with one similarity the irrelevant stand first, so a model
that tells nothing apart gains nothing from the order of the records. A query without a relevant or without an irrelevant candidate is
undefined and left out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, without_excess
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.evaluation.replicates import mean_over_records
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN

CUTS = (1, 5, 10)
"""Places from the top at which recall, precision and accuracy are read."""


def distinct_statements(labels: NDArray[np.int8]) -> NDArray[np.bool_]:
    """The distinct finding sets (m, k) among labels (n, k), each as its ECG states it; ECGs that show no finding state none."""
    present = labels == PRESENT
    return np.unique(present[present.any(axis=1)], axis=0)


def ecg_superset(labels: NDArray[np.int8], statements: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Whether the ECG shows every finding of the statement: PRESENT, ABSENT or UNKNOWN (...) for shapes that broadcast to (..., k)."""
    return _all(np.where(statements, labels, PRESENT))


def statement_superset(labels: NDArray[np.int8], statements: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Whether the statement names every finding of the ECG; shapes as `ecg_superset`."""
    return _all(np.where(statements, PRESENT, _not(labels)))


def exact(labels: NDArray[np.int8], statements: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Whether ECG and statement hold the same findings; shapes as `ecg_superset`."""
    return _all(np.where(statements, labels, _not(labels)))


def retrieve_ecgs(
    labels: NDArray[np.int8],
    statements: NDArray[np.bool_],
    similarities: Sequence[NDArray[np.floating]],
    bootstrap: PatientBootstrap,
    minimum_relevant: int = MINIMUM_POSITIVES,
) -> dict[str, Any]:
    """From statements to ECGs: means over the statements; relevant is an ECG that shows every finding of the statement.

    A replicate is the set of ECGs of the drawn patients, each as often as drawn, searched by the same statements.

    Parameters
    ----------
    labels
        (n, k) int8; -1 unknown.
    statements
        (m, k) True where the statement names the finding; ``np.eye(k)`` for single findings.
    similarities
        (n, m) of ECGs and statements for each seed, higher is nearer.
    bootstrap
        Of the n ECGs.
    minimum_relevant
        Statements with fewer relevant ECGs are left out: where hardly any is relevant, a replicate often draws none of them.

    Returns
    -------
    dict
        ``queries`` (how many statements have a metric); ``map`` (mean average precision), ``recall_at_1``, ``precision_at_1`` and so on
        for `CUTS`: an `Estimate` each.

    Raises
    ------
    DataError
        The shapes disagree, there is no seed, or a similarity is not a finite number.
    """
    _check(labels, statements, similarities, bootstrap.n_records)
    relevances = {column: ecg_superset(labels, statement) for column, statement in enumerate(statements)}
    asked = {column: relevance for column, relevance in relevances.items() if _defined(relevance, minimum_relevant)}
    of_seeds = [
        _ecg_replicates([_order(relevance, similarity[:, column]) for column, relevance in asked.items()], bootstrap)
        for similarity in similarities
    ]
    return {"queries": len(asked)} | {name: Estimate.of_seeds([replicates[name] for replicates in of_seeds]) for name in of_seeds[0]}


def retrieve_statements(
    labels: NDArray[np.int8], statements: NDArray[np.bool_], similarities: Sequence[NDArray[np.floating]], bootstrap: PatientBootstrap
) -> dict[str, Any]:
    """From ECGs to statements: means over the ECGs, once for each meaning of relevant; the candidates are the same in every replicate.

    Parameters and errors are those of `retrieve_ecgs`; `distinct_statements` makes the candidates of a part.

    Returns
    -------
    dict
        ``candidates``; for ``exact`` and ``superset``: ``queries``, ``map``, ``accuracy_at_1`` and so on for `CUTS` (whether a relevant
        statement is among the first) and ``recall_at_1`` and so on (the share of the relevant ones that is), as in `retrieve_ecgs`.
    """
    _check(labels, statements, similarities, bootstrap.n_records)
    document: dict[str, Any] = {"candidates": len(statements)}
    for meaning, relevance_of in (("exact", exact), ("superset", statement_superset)):
        relevances = [relevance_of(row, statements) for row in labels]
        of_seeds = [_statement_metrics(relevances, similarity) for similarity in similarities]
        metrics = {name: mean_over_records([values[name] for values in of_seeds], bootstrap) for name in of_seeds[0]}
        document[meaning] = {"queries": sum(map(_defined, relevances))} | metrics
    return document


def _ecg_replicates(
    rankings: Sequence[tuple[NDArray[np.int64], NDArray[np.bool_]]], bootstrap: PatientBootstrap
) -> dict[str, NDArray[np.float64]]:
    """Means over queries, each the order of its ECGs and whether each is relevant: metric -> (r + 1,)."""
    names = ["map", *(f"{metric}_at_{cut}" for cut in CUTS for metric in ("recall", "precision"))]
    replicates = {name: np.full((bootstrap.replicates + 1, max(len(rankings), 1)), np.nan) for name in names}
    for rows, weights in bootstrap.samples():
        for place, (order, relevant) in enumerate(rankings):
            for name, values in _ranked_metrics(weights[:, order].astype(np.float64), relevant).items():
                replicates[name][rows, place] = values
    replicates["map"] = without_excess(replicates["map"])
    return {name: mean_of_defined(table) for name, table in replicates.items()}


def _statement_metrics(relevances: Sequence[NDArray[np.int8]], similarity: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
    """Metrics of each ECG, (n,), NaN where the ECG is left out, from the relevance (m,) of every statement to each of n ECGs."""
    names = ["map", *(f"{metric}_at_{cut}" for cut in CUTS for metric in ("accuracy", "recall"))]
    values = {name: np.full(len(relevances), np.nan) for name in names}
    for ecg, (relevance, similarities) in enumerate(zip(relevances, similarity, strict=True)):
        if _defined(relevance):
            _, relevant = _order(relevance, similarities)
            metrics = _ranked_metrics(np.ones((1, len(relevant))), relevant)
            for cut in CUTS:
                values[f"accuracy_at_{cut}"][ecg] = relevant[:cut].any()
                values[f"recall_at_{cut}"][ecg] = metrics[f"recall_at_{cut}"][0]
            values["map"][ecg] = metrics["map"][0]
    return values


def _all(states: NDArray[np.int8]) -> NDArray[np.int8]:
    """States (..., k) to their conjunction: absent if one is absent, else unknown if one is unknown, else present."""
    otherwise = np.where((states == UNKNOWN).any(axis=-1), UNKNOWN, PRESENT)
    return np.where((states == ABSENT).any(axis=-1), ABSENT, otherwise).astype(np.int8)


def _not(labels: NDArray[np.int8]) -> NDArray[np.int8]:
    return np.where(labels == UNKNOWN, UNKNOWN, 1 - labels).astype(np.int8)


def _defined(relevance: NDArray[np.int8], minimum_relevant: int = 1) -> bool:
    return bool((relevance == PRESENT).sum() >= minimum_relevant and (relevance == ABSENT).any())


def _order(relevance: NDArray[np.int8], similarity: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Known candidates, nearest first and of one similarity the irrelevant first, and whether each is relevant."""
    known = np.flatnonzero(relevance != UNKNOWN)
    order = known[np.lexsort((relevance[known], -similarity[known]))]
    return order, relevance[order] == PRESENT


def _ranked_metrics(weights: NDArray[np.float64], relevant: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Metrics of one query over candidates repeated by weight.

    Parameters
    ----------
    weights
        (r, c) how often each candidate counts, in the order of the ranking.
    relevant
        (c,).

    Returns
    -------
    dict
        (r,) each; NaN where no relevant candidate was drawn.
    """
    through = np.cumsum(weights, axis=1)
    at = np.flatnonzero(relevant)
    drawn = weights[:, at]  # of the relevant candidates alone: they are few
    hits, places = np.cumsum(drawn, axis=1), through[:, at]
    total = np.where(hits[:, -1] > 0, hits[:, -1], np.nan)
    metrics = {}
    for cut in CUTS:
        within = np.clip(cut - (places - drawn), 0, drawn)  # of each candidate's copies, those among the first `cut`
        found = np.where(np.isnan(total), np.nan, within.sum(axis=1))
        metrics[f"recall_at_{cut}"], metrics[f"precision_at_{cut}"] = found / total, found / cut
    precision = np.divide(hits, places, out=np.zeros_like(hits), where=places > 0)  # at the last copy of each candidate
    metrics["map"] = (drawn * precision).sum(axis=1) / total
    return metrics


def _check(labels: NDArray[np.int8], statements: NDArray[np.bool_], similarities: Sequence[NDArray[np.floating]], records: int) -> None:
    shapes = sorted({similarity.shape for similarity in similarities})
    fits = labels.ndim == statements.ndim == 2 and statements.shape[1] == labels.shape[1] and statements.dtype == np.bool_
    if not fits or shapes != [(len(labels), len(statements))] or records != len(labels):
        raise DataError(
            f"retrieval: labels {labels.shape}, statements {statements.shape} of type {statements.dtype}, similarities of shapes {shapes} "
            f"and patients of {records} records do not belong together."
        )
    if bad := sum(int((~np.isfinite(similarity)).sum()) for similarity in similarities):
        raise DataError(f"retrieval: {bad} similarities are not finite numbers; the model that made them is damaged or diverged.")
