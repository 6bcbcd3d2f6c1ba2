"""`Replicates`: every metric of one set of scores, in the sample and in each bootstrap replicate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.auroc import SortedScores
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, without_excess
from jaccardio.evaluation.confusion import Confusion, record_jaccard, weighted_mean_of_defined
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.metrics import DECISION_METRICS, FINDING_METRICS, RANKING_METRICS, Decided
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, POLICIES, Thresholds


@dataclass(frozen=True, eq=False)
class Replicates:
    """Metrics by replicate: row 0 is the sample itself, rows 1 to r are the replicates. NaN where a metric is undefined.

    Attributes
    ----------
    ranked
        Metric of `RANKING_METRICS` -> (r + 1, k).
    decided
        Policy -> metric of `DECISION_METRICS` -> (r + 1,).
    findings
        Metric of `FINDING_METRICS` at the global threshold -> (r + 1, k).
    """

    ranked: dict[str, NDArray[np.float64]]
    decided: dict[str, dict[str, NDArray[np.float64]]]
    findings: dict[str, NDArray[np.float64]]

    @classmethod
    def of(
        cls,
        part: Part,
        scores: NDArray[np.floating],
        thresholds: Thresholds,
        bootstrap: PatientBootstrap,
        in_macro: NDArray[np.bool_],
    ) -> "Replicates":
        """Judges scores (n, k); unknown labels are masked. Macro metrics are over the findings of `in_macro` (k,).

        Decided are `POLICIES` and what else `thresholds` holds; metrics of a policy that it does not hold are undefined.
        """
        labels = part.labels
        policies = dict.fromkeys((*POLICIES, *thresholds.values))
        replicates, k = bootstrap.replicates + 1, labels.shape[1]
        ranked = {name: np.full((replicates, k), np.nan) for name in RANKING_METRICS}
        decided = {policy: {name: np.full(replicates, np.nan) for name in DECISION_METRICS} for policy in policies}
        findings = {name: np.full((replicates, k), np.nan) for name in FINDING_METRICS}
        columns = [SortedScores.of(labels[:, column], scores[:, column]) for column in range(k)]
        decisions = {policy: thresholds.decide(scores, policy) for policy in thresholds.values}
        jaccards = {policy: record_jaccard(labels, predicted) for policy, predicted in decisions.items()}
        for rows, weights in bootstrap.samples():
            for column, order in enumerate(columns):
                for name, values in order.metrics(weights).items():
                    ranked[name][rows, column] = values
            real_weights = weights.astype(np.float64)
            for policy, predicted in decisions.items():
                counts = Confusion.of(labels, predicted, real_weights)
                of_ecgs = weighted_mean_of_defined(jaccards[policy], real_weights)
                outcome = Decided(counts, of_ecgs, in_macro, part.is_normal)
                for name, metric in DECISION_METRICS.items():
                    decided[policy][name][rows] = metric.of(outcome)
                if policy == DEFAULT_POLICY:
                    for name, of_finding in FINDING_METRICS.items():
                        findings[name][rows] = of_finding.of(counts)
        ranked["auprc"] = without_excess(ranked["auprc"])
        return cls(ranked, decided, findings)

    def macro(self, findings: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
        """``macro_auroc`` and ``macro_auprc``, (r + 1,) each: means over the findings of a mask (k,)."""
        return {f"macro_{name}": mean_of_defined(np.where(findings, table, np.nan)) for name, table in self.ranked.items()}

    def of_findings(self) -> dict[str, NDArray[np.float64]]:
        """All metrics of single findings, (r + 1, k) each."""
        return self.ranked | self.findings


def auroc_replicates(labels: NDArray[np.int8], scores: NDArray[np.floating], bootstrap: PatientBootstrap) -> NDArray[np.float64]:
    """AUROC of each of one column or more, (r + 1, k) as in `Replicates`, from labels (n, k) and scores (n, k) on any scale."""
    columns = [SortedScores.of(*pair) for pair in zip(labels.T, scores.T, strict=True)]
    return bootstrap.values_of(lambda weights: np.stack([order.metrics(weights)["auroc"] for order in columns], axis=1))


def mean_over_records(values: Sequence[NDArray[np.float64]], bootstrap: PatientBootstrap) -> Estimate:
    """Mean over records of a value of each, such as whether the right statement came first.

    Parameters
    ----------
    values
        (n,) for each seed; a record that is NaN in any seed is left out.
    """
    mean = np.mean(values, axis=0)
    per_seed = mean_of_defined(np.where(np.isnan(mean), np.nan, np.stack(values)))
    replicates = bootstrap.values_of(lambda weights: weighted_mean_of_defined(mean, weights.astype(np.float64)))
    return Estimate.of(replicates, per_seed.tolist())
