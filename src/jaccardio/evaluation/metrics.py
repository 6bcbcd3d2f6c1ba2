"""`evaluate`: the metrics document and the per-finding table of one set of scores, each figure with its 95 % interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, percentile_interval
from jaccardio.evaluation.calibration import METHODS, Calibration, are_probabilities
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.levels import Group, evaluate_levels
from jaccardio.evaluation.reliability import Reliability, calibration_document, calibration_line
from jaccardio.evaluation.samples import Samples, estimate, estimates, interval, number
from jaccardio.evaluation.subgroups import evaluate_subgroups
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, Thresholds
from jaccardio.findings.labels import ABSENT, PRESENT

MINIMUM_POSITIVES = 10
"""Findings with fewer are shown and left out of macro figures: theirs are mostly chance."""

INTERVAL_COLUMNS = ("accuracy", "precision", "recall", "f1", "auroc", "auprc", "ece", "brier")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` found.

    Attributes
    ----------
    metrics
        The document of ``metrics.json``; undefined figures are None.
    per_finding
        One row a finding, in vocabulary order; decision figures at the global threshold; undefined figures are NaN (empty in CSV).
    """

    metrics: dict[str, Any]
    per_finding: pd.DataFrame


def evaluate(
    labels: NDArray[np.int8],
    scores: NDArray[np.floating],
    patients: NDArray[np.str_],
    codes: Sequence[str],
    groups: Mapping[str, Sequence[Group]],
    thresholds: Thresholds,
    *,
    calibration: Calibration | None = None,
    subgroups: Mapping[str, NDArray[np.str_]] | None = None,
    minimum_positives: int = MINIMUM_POSITIVES,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Scores predictions against labels. Unknown labels are masked everywhere.

    Scores outside [0, 1] are ranked and cut by thresholds as they are. They are no probabilities, so calibration and the levels of
    groups, whose score is a probability, are left out; ``calibration.left_out`` of the document says why.

    Macro figures are means over the findings with at least `minimum_positives` positives and one negative; Hamming loss and micro
    figures are over all known cells. Intervals are percentiles over a bootstrap of patients; a replicate in which a finding lacks
    a positive or a negative is left out of that finding's figure, and the document states how many were.

    Parameters
    ----------
    labels
        (n, k) int8; 1 present, 0 absent, -1 unknown.
    scores
        (n, k), higher means rather present.
    patients
        (n,) patient keys.
    codes
        k finding codes, the columns.
    groups
        Level -> statements, as ``Vocabulary.groups()`` gives them.
    thresholds
        Fitted on validation data; the decision figures of a policy that they lack are undefined.
    calibration
        Fitted on validation data; None judges probabilities as they are only. Every other figure is of the scores as they are.
    subgroups
        Attribute -> (n,) group of each record, ``unknown`` where it is not stated; see `evaluate_subgroups`.
    minimum_positives, replicates, seed
        Rule for macro figures; size and seed of the bootstrap.

    Raises
    ------
    DataError
        The shapes disagree, there are no records, a score is not a finite number, or a record has no patient key.
    """
    check_predictions(labels, scores, patients, codes, thresholds)
    scores = scores.astype(np.float64)
    bootstrap = PatientBootstrap(patients, replicates, seed)
    left_out = left_out_of_macro(labels, codes, minimum_positives)
    in_macro = np.array([code not in left_out for code in codes])

    samples = Samples.of(labels, scores, thresholds, bootstrap, in_macro)
    reliabilities: dict[str, Reliability] = {}
    if are_probabilities(scores):
        methods = {method: calibration.apply(scores, method) for method in METHODS} if calibration else {"as_is": scores}
        reliabilities = {method: Reliability.of(labels, probabilities, bootstrap) for method, probabilities in methods.items()}
    else:
        groups = {level: statements for level, statements in groups.items() if all(len(columns) == 1 for _, columns in statements)}
    as_is = reliabilities.get("as_is") or Reliability.undefined(len(codes), bootstrap)

    lost = np.isnan(samples.ranked["auroc"][1:]).sum(axis=0)
    metrics: dict[str, Any] = {
        **{f"macro_{name}": estimate(mean_of_defined(np.where(in_macro, table, np.nan))) for name, table in samples.ranked.items()},
        "thresholds": {policy: estimates(figures) for policy, figures in samples.decided.items()},
        "levels": {
            level: {
                "macro_auroc": number(figures.macro_auroc),
                "macro_auroc_ci95": interval(*figures.ci95),
                "n_statements": figures.n_statements,
                "n_records": figures.n_records,
            }
            for level, figures in evaluate_levels(labels, scores, groups, bootstrap).items()
        },
        "calibration": calibration_document(reliabilities, calibration, in_macro),
        "subgroups": evaluate_subgroups(labels, scores, codes, thresholds, subgroups or {}, bootstrap, minimum_positives),
        **evaluated_on(labels, codes, left_out, bootstrap),
        "warnings": cautions(labels, codes, minimum_positives),
        "bootstrap": {
            "unit": "patient",
            "replicates": replicates,
            "seed": seed,
            "interval": "percentile, 95 %",
            "macro": "percentiles of the mean over the findings that have a positive and a negative in the replicate",
            "replicates_without_positive_or_negative": {
                code: int(count) for code, count in zip(codes, lost, strict=True) if 0 < count < replicates
            },
        },
    }
    figures = samples.findings | samples.ranked | {"ece": as_is.ece, "brier": as_is.brier}
    return Evaluation(metrics, _table(labels, scores, codes, in_macro, thresholds, figures))


def check_predictions(
    labels: NDArray[np.int8], scores: NDArray[np.floating], patients: NDArray[np.str_], codes: Sequence[str], thresholds: Thresholds
) -> None:
    """Raises DataError where the arrays do not belong together, there are no records, or a score is not a finite number."""
    if labels.ndim != 2 or not len(labels):
        raise DataError(f"evaluation: labels must be a table with at least one record, found shape {labels.shape}.")
    widths = {len(codes), *(len(values) for values in thresholds.values.values())}
    if scores.shape != labels.shape or len(patients) != len(labels) or widths != {labels.shape[1]}:
        raise DataError(
            f"evaluation: labels {labels.shape}, scores {scores.shape}, {len(patients)} patients, and findings and thresholds for "
            f"{' and '.join(map(str, sorted(widths)))} do not belong together."
        )
    if bad := int((~np.isfinite(scores)).sum()):
        raise DataError(f"evaluation: {bad} scores are not finite numbers; the model that made them is damaged or diverged.")


def left_out_of_macro(labels: NDArray[np.int8], codes: Sequence[str], minimum_positives: int) -> dict[str, str]:
    """Findings that do not enter macro figures, each with the reason."""
    left_out = {}
    for code, column in zip(codes, labels.T, strict=True):
        known, positives = int((column >= 0).sum()), int((column == PRESENT).sum())
        if known == 0:
            left_out[code] = "unknown in every record"
        elif positives < max(1, minimum_positives):
            left_out[code] = f"{positives} positive{'' if positives == 1 else 's'}, fewer than {max(1, minimum_positives)}"
        elif positives == known:
            left_out[code] = "no known negative"
    return left_out


def evaluated_on(
    labels: NDArray[np.int8], codes: Sequence[str], left_out: Mapping[str, str], bootstrap: PatientBootstrap
) -> dict[str, Any]:
    """What figures were computed on, as documents say it: records, patients, known labels, findings in and out of macro figures."""
    return {
        "n_records": len(labels),
        "n_patients": bootstrap.n_patients,
        "n_known": int((labels >= 0).sum()),
        "findings_in_macro": [code for code in codes if code not in left_out],
        "findings_left_out": left_out,
    }


def _table(
    labels: NDArray[np.int8],
    scores: NDArray[np.floating],
    codes: Sequence[str],
    in_macro: NDArray[np.bool_],
    thresholds: Thresholds,
    samples: Mapping[str, NDArray[np.float64]],
) -> pd.DataFrame:
    """One row a finding; `samples` holds (replicates + 1, k) per figure, the sample itself first."""
    known, positives = (labels >= 0).sum(axis=0), (labels == PRESENT).sum(axis=0)
    table: dict[str, Any] = {"finding": list(codes), "n_known": known, "n_pos": positives}
    table["prevalence"] = np.divide(positives, known, out=np.full(len(codes), np.nan), where=known > 0)
    table["predicted_rate"] = samples["predicted_rate"][0]
    for name in INTERVAL_COLUMNS:
        intervals = [percentile_interval(column) for column in samples[name][1:].T]
        table[name] = samples[name][0]
        table[f"{name}_low"], table[f"{name}_high"] = [low for low, _ in intervals], [high for _, high in intervals]
    undefined = np.full(len(codes), np.nan)
    table |= dict.fromkeys(("calibration_slope", "calibration_intercept", "false_positives", "false_negatives"), undefined)
    if are_probabilities(scores):
        lines = [calibration_line(labels[:, column], scores[:, column]) for column in range(len(codes))]
        table["calibration_slope"], table["calibration_intercept"] = [slope for slope, _ in lines], [intercept for _, intercept in lines]
    if DEFAULT_POLICY in thresholds.values:
        called = thresholds.decide(scores)
        table["false_positives"] = (called & (labels == ABSENT)).sum(axis=0)
        table["false_negatives"] = (~called & (labels == PRESENT)).sum(axis=0)
    return pd.DataFrame({**table, "in_macro": in_macro, "threshold": thresholds.values.get(DEFAULT_POLICY, undefined)})
