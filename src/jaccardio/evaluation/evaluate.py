"""`evaluate`: the metrics document and the per-finding table of one model on one part, each metric with its 95 % interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.bootstrap import PatientBootstrap, percentile_interval
from jaccardio.evaluation.calibration import METHODS, are_probabilities
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.levels import evaluate_levels
from jaccardio.evaluation.part import MINIMUM_POSITIVES, Part
from jaccardio.evaluation.reliability import Reliability, calibration_document, calibration_line
from jaccardio.evaluation.replicates import Replicates
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.subgroups import evaluate_subgroups
from jaccardio.evaluation.thresholds import DEFAULT_POLICY
from jaccardio.findings.labels import ABSENT, PRESENT

INTERVAL_COLUMNS = ("accuracy", "precision", "recall", "f1", "auroc", "auprc", "ece", "brier")
"""Metrics of the per-finding table that stand there with their interval."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` found.

    Attributes
    ----------
    metrics
        The document of ``metrics.json``, every metric an `Estimate`; docs/evaluation.md lists its keys.
    per_finding
        One row a finding, in vocabulary order; decision metrics at the global threshold; what is undefined is NaN (empty in CSV).
    """

    metrics: dict[str, Any]
    per_finding: pd.DataFrame


def evaluate(
    part: Part,
    scored: Scored,
    *,
    subgroups: Mapping[str, NDArray[np.str_]] | None = None,
    minimum_positives: int = MINIMUM_POSITIVES,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Judges one model, a single seed of it, by the labels of a part. Unknown labels are masked everywhere.

    Scores outside [0, 1] are ranked and cut by thresholds as they are. They are no probabilities, so calibration and the levels of
    groups, whose score is a probability, are left out; ``calibration.left_out`` of the document says why.

    Macro metrics are means over the findings with at least `minimum_positives` positives and one negative; Hamming loss and micro
    metrics are over all known cells. Intervals are percentiles over a bootstrap of patients; a replicate in which a finding lacks
    a positive or a negative is left out of that finding's AUROC, and the document states how many were.

    Parameters
    ----------
    subgroups
        Attribute -> (n,) group of each record, ``unknown`` where it is not stated; see `evaluate_subgroups`.
    minimum_positives, replicates, seed
        Rule for macro metrics; size and seed of the bootstrap.

    Raises
    ------
    DataError
        Scores and part do not belong together, a score is not a finite number, a record has no patient key, or there are several seeds.
    """
    scored.check(part)
    if len(scored.scores) != 1:
        raise DataError(f"evaluation: {scored.name!r} has {len(scored.scores)} seeds; one model is evaluated at a time.")
    scores, thresholds = scored.scores[0].astype(np.float64), scored.thresholds[0]
    bootstrap = PatientBootstrap(part.patients, replicates, seed)
    in_macro = part.evaluable(minimum_positives)
    found = Replicates.of(part, scores, thresholds, bootstrap, in_macro)
    reliabilities: dict[str, Reliability] = {}
    if are_probabilities(scores):
        methods = {method: scored.calibration.apply(scores, method) for method in METHODS} if scored.calibration else {"as_is": scores}
        reliabilities = {method: Reliability.of(part.labels, values, bootstrap) for method, values in methods.items()}
    as_is = reliabilities.get("as_is") or Reliability.undefined(len(part.codes), bootstrap)

    lost = np.isnan(found.ranked["auroc"][1:]).sum(axis=0)
    metrics: dict[str, Any] = {
        **{name: Estimate.of(values) for name, values in found.macro(in_macro).items()},
        "thresholds": {
            policy: {name: Estimate.of(values) for name, values in of_policy.items()} for policy, of_policy in found.decided.items()
        },
        "policies_left_out": dict(thresholds.left_out),
        "levels": evaluate_levels(part, scores, bootstrap),
        "calibration": calibration_document(reliabilities, scored.calibration, in_macro),
        "subgroups": evaluate_subgroups(part, scores, thresholds, subgroups or {}, bootstrap, minimum_positives),
        **part.summary(minimum_positives),
        "warnings": cautions(part.labels, part.codes, minimum_positives),
        "bootstrap": {
            "unit": "patient",
            "replicates": replicates,
            "seed": seed,
            "interval": "percentile, 95 %",
            "macro": "percentiles of the mean over the findings that have a positive and a negative in the replicate",
            "replicates_without_positive_or_negative": {
                code: int(count) for code, count in zip(part.codes, lost, strict=True) if 0 < count < replicates
            },
        },
    }
    of_findings = found.of_findings() | {"ece": as_is.ece, "brier": as_is.brier}
    return Evaluation(metrics, _table(part, scored, in_macro, of_findings))


def _table(part: Part, scored: Scored, in_macro: NDArray[np.bool_], found: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """One row a finding; `found` holds (replicates + 1, k) of each metric, the sample itself first."""
    labels, scores, thresholds = part.labels, scored.scores[0], scored.thresholds[0]
    table: dict[str, Any] = {"finding": list(part.codes), "n_known": part.known, "n_pos": part.positives, "prevalence": part.prevalence}
    table["predicted_rate"] = found["predicted_rate"][0]
    for name in INTERVAL_COLUMNS:
        intervals = [percentile_interval(column) for column in found[name][1:].T]
        table[name] = found[name][0]
        table[f"{name}_low"], table[f"{name}_high"] = [low for low, _ in intervals], [high for _, high in intervals]
    undefined = np.full(len(part.codes), np.nan)
    table |= dict.fromkeys(("calibration_slope", "calibration_intercept", "false_positives", "false_negatives"), undefined)
    if are_probabilities(scores):
        lines = [calibration_line(*columns) for columns in zip(labels.T, scores.T, strict=True)]
        table["calibration_slope"], table["calibration_intercept"] = [slope for slope, _ in lines], [intercept for _, intercept in lines]
    if DEFAULT_POLICY in thresholds.values:
        predicted = thresholds.decide(scores)
        table["false_positives"] = (predicted & (labels == ABSENT)).sum(axis=0)
        table["false_negatives"] = (~predicted & (labels == PRESENT)).sum(axis=0)
    return pd.DataFrame({**table, "in_macro": in_macro, "threshold": thresholds.values.get(DEFAULT_POLICY, undefined)})
