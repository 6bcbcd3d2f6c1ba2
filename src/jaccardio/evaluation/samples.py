"""Every figure of one set of scores, in the sample and in each bootstrap replicate, and how a figure stands in a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, percentile_interval, without_excess
from jaccardio.evaluation.decisions import (
    DECISION_FIGURES,
    FINDING_FIGURES,
    DecisionCounts,
    decision_figures,
    record_jaccard,
    weighted_mean_of_defined,
)
from jaccardio.evaluation.ranking import Ranking
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, POLICIES, Thresholds


@dataclass(frozen=True, eq=False)
class Samples:
    """Figures by sample: row 0 is the sample itself, rows 1 to r are the replicates. NaN where a figure is undefined.

    Attributes
    ----------
    ranked
        ``auroc`` and ``auprc`` of each finding, (r + 1, k) each.
    decided
        Policy -> figure of `DECISION_FIGURES` -> (r + 1,).
    findings
        Decision figures of each finding at the global threshold, (r + 1, k) each.
    """

    ranked: dict[str, NDArray[np.float64]]
    decided: dict[str, dict[str, NDArray[np.float64]]]
    findings: dict[str, NDArray[np.float64]]

    @classmethod
    def of(
        cls,
        labels: NDArray[np.int8],
        scores: NDArray[np.floating],
        thresholds: Thresholds,
        bootstrap: PatientBootstrap,
        in_macro: NDArray[np.bool_],
    ) -> "Samples":
        """Scores labels (n, k), -1 unknown and masked, against scores (n, k); macro figures are over the findings of `in_macro` (k,).

        Decided are `POLICIES` and what else `thresholds` holds; figures of a policy that it does not hold are undefined.
        """
        policies = dict.fromkeys((*POLICIES, *thresholds.values))
        samples, k = bootstrap.replicates + 1, labels.shape[1]
        ranked = {"auroc": np.full((samples, k), np.nan), "auprc": np.full((samples, k), np.nan)}
        decided = {policy: {name: np.full(samples, np.nan) for name in DECISION_FIGURES} for policy in policies}
        findings = {name: np.full((samples, k), np.nan) for name in FINDING_FIGURES}
        rankings = [Ranking.of(labels[:, column], scores[:, column]) for column in range(k)]
        decisions = {policy: thresholds.decide(scores, policy) for policy in thresholds.values}
        jaccards = {policy: record_jaccard(labels, called) for policy, called in decisions.items()}
        for rows, weights in bootstrap.samples():
            for column, ranking in enumerate(rankings):
                ranked["auroc"][rows, column], ranked["auprc"][rows, column] = ranking.figures(weights)
            real_weights = weights.astype(np.float64)
            for policy, called in decisions.items():
                counts = DecisionCounts.of(labels, called, real_weights)
                jaccard = weighted_mean_of_defined(jaccards[policy], real_weights)
                for name, values in decision_figures(counts, jaccard, in_macro).items():
                    decided[policy][name][rows] = values
                if policy == DEFAULT_POLICY:
                    for name, table in counts.per_finding().items():
                        findings[name][rows] = table
        ranked["auprc"] = without_excess(ranked["auprc"])
        return cls(ranked, decided, findings)


def auroc_samples(labels: NDArray[np.int8], scores: NDArray[np.floating], bootstrap: PatientBootstrap) -> NDArray[np.float64]:
    """AUROC of each finding, (r + 1, k) as in `Samples`: labels (n, k) with -1 unknown, scores (n, k) of any scale."""
    rankings = [Ranking.of(*columns) for columns in zip(labels.T, scores.T, strict=True)]
    table = np.full((bootstrap.replicates + 1, len(rankings)), np.nan)
    for rows, weights in bootstrap.samples():
        for column, ranking in enumerate(rankings):
            table[rows, column] = ranking.figures(weights)[0]
    return table


def estimate(samples: NDArray[np.float64]) -> dict[str, Any]:
    """One figure (r + 1,) as a document: ``value`` in the sample and ``ci95``, None where undefined."""
    return {"value": number(samples[0]), "ci95": interval(*percentile_interval(samples[1:]))}


def estimate_of_seeds(samples: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    """One figure as a mean over seeds, (r + 1,) for each: ``value`` and ``ci95`` as in `estimate`, and ``per_seed``."""
    return {**estimate(np.mean(samples, axis=0)), "per_seed": [number(of_seed[0]) for of_seed in samples]}


def spread(per_seed: Sequence[float | None]) -> float | None:
    """Standard deviation over seeds; None of fewer than two."""
    defined = [value for value in per_seed if value is not None and np.isfinite(value)]
    return float(np.std(defined, ddof=1)) if len(defined) > 1 else None


def mean_over_records(values: Sequence[NDArray[np.float64]], bootstrap: PatientBootstrap) -> dict[str, Any]:
    """Mean of one figure of each record, as `estimate_of_seeds` has it.

    Parameters
    ----------
    values
        (n,) for each seed, such as whether the right statement came first; a record that is NaN in any seed is left out.
    """
    mean, samples = np.mean(values, axis=0), np.empty(bootstrap.replicates + 1)
    per_seed = [number(value) for value in mean_of_defined(np.where(np.isnan(mean), np.nan, np.stack(values)))]
    for rows, weights in bootstrap.samples():
        samples[rows] = weighted_mean_of_defined(mean, weights.astype(np.float64))
    return {**estimate(samples), "per_seed": per_seed}


def estimates(figures: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    """Several figures, (r + 1,) each, as one flat document: ``name`` and ``name_ci95`` of each."""
    document: dict[str, Any] = {}
    for name, samples in figures.items():
        document[name] = number(samples[0])
        document[f"{name}_ci95"] = interval(*percentile_interval(samples[1:]))
    return document


def number(value: float) -> float | None:
    """A figure as JSON has it: None where undefined."""
    return float(value) if np.isfinite(value) else None


def interval(low: float, high: float) -> list[float] | None:
    """An interval as JSON has it: None where undefined."""
    return [low, high] if np.isfinite(low) else None
