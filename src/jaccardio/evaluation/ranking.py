"""`rank`: several models, each trained with several seeds, on one part, with paired intervals over the same patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.correlation import spearman
from jaccardio.evaluation.differences import two_sided_p
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.levels import level_replicates, ranked_levels
from jaccardio.evaluation.metrics import LEVEL, LEVEL_METRICS, RANKING_METRICS
from jaccardio.evaluation.part import MINIMUM_POSITIVES, Part
from jaccardio.evaluation.replicates import Replicates
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Difference, Row, Table, paired_seeds
from jaccardio.evaluation.thresholds import DEFAULT_POLICY

COMPARED = (
    ("macro_auroc", None),
    ("macro_auprc", None),
    ("micro_f1", "global"),
    ("micro_f1", "fixed"),
    ("micro_f1", "per_finding"),
)
"""Metric and policy of the differences that are tested, with those of `LEVEL_METRICS`."""

Key = tuple[str, str | None]


@dataclass(frozen=True, eq=False)
class Ranking:
    """What `rank` found.

    Attributes
    ----------
    table
        Models best macro AUROC first: rows, and differences from the reference, not yet corrected for their number.
    findings
        AUROC and AUPRC of each model and finding.
    gains
        Their differences from the reference's; not tested.
    correlations
        ``auroc_gain_by_prevalence``: Spearman's, over the findings of macro metrics; negative where rare findings gain most.
    """

    table: Table
    findings: list[Row]
    gains: list[Difference]
    correlations: list[Row]


def rank(
    part: Part,
    models: Sequence[Scored],
    *,
    reference: str,
    title: str = "Ranking",
    levels: bool = False,
    replicates: int = 1000,
) -> Ranking:
    """Ranks models by the mean of their seeds' macro AUROC and tests each against the reference.

    Metrics are those of `evaluate`, computed for each seed and then averaged. All models are judged on the same resamples of patients,
    so the intervals of differences are paired. These intervals say what other patients would change; what another seed would change is
    the standard deviation over seeds.

    Parameters
    ----------
    models
        In any order; those of equal macro AUROC keep it.
    reference
        Name of the model that the others are compared with.
    title
        Of the table.
    levels
        Whether each level of the part's hierarchy has its macro AUROC (`LEVEL_METRICS`) beside the metrics over all findings.
    replicates
        Of the bootstrap. The smallest p it can show is ``2 / (replicates + 1)``, and Holm's correction multiplies that by
        the number of comparisons: with m comparisons no adjusted p can fall below 0.05 unless replicates are more than about ``40 m``.

    Raises
    ------
    UsageError
        No model is called `reference`, or two have one name.
    DataError
        Scores and part do not belong together, a score is not a finite number, or a record has no patient key.
    """
    names = [scored.name for scored in models]
    if len(set(names)) != len(names):
        raise UsageError(f"ranking: two models have one name among {', '.join(names)}; give each its own.")
    if reference not in names:
        raise UsageError(f"ranking: no model is called {reference!r}, so it cannot be the reference; available: {', '.join(names)}.")
    for scored in models:
        scored.check(part)
    bootstrap, in_macro = PatientBootstrap(part.patients, replicates), part.evaluable()
    seeds = {scored.name: _replicates(part, scored, bootstrap, in_macro) for scored in models}
    macro = {name: summary_replicates(of_seeds, in_macro) for name, of_seeds in seeds.items()}
    if levels:
        for scored in models:
            macro[scored.name] |= _level_replicates(part, scored, bootstrap)
    auroc = {name: float(np.mean(found["macro_auroc", None], axis=0)[0]) for name, found in macro.items()}
    order = sorted(models, key=lambda scored: -np.nan_to_num(auroc[scored.name], nan=-np.inf))

    summary = part.summary()
    described = f"{summary['n_records']:,} ECGs of {summary['n_patients']:,} patients, {summary['n_known']:,} known labels"
    table = Table(
        title,
        notes={scored.name: scored.note for scored in order if scored.note},
        scored=[f"{described}, {len(summary['findings_in_macro'])} of {len(part.codes)} findings in macro metrics"],
        left_out=summary["findings_left_out"],
        warnings=cautions(part.labels, part.codes, MINIMUM_POSITIVES),
    )
    findings: list[Row] = []
    gains: list[Difference] = []
    correlations: list[Row] = []
    for scored in order:
        name = scored.name
        table.rows += summary_rows(name, macro[name])
        if scored.seconds:
            minutes = [value / 60 for value in scored.seconds]
            table.rows.append(Row(name, "training_minutes", Estimate(float(np.mean(minutes)), per_seed=tuple(minutes))))
        findings += _finding_rows(part, name, seeds[name], RANKING_METRICS)
        if name == reference:
            continue
        paired = _same_seeds(scored, models[names.index(reference)])
        table.differences += summary_differences(name, macro[name], reference, macro[reference], paired=paired)
        new = _gains(part, name, seeds[name], reference, seeds[reference], paired=paired)
        gains += new
        correlations.append(Row(name, "auroc_gain_by_prevalence", Estimate(_correlation(part, new, in_macro))))
    return Ranking(table, findings, gains, correlations)


def finding_rows(part: Part, scored: Scored, metrics: Sequence[str], *, replicates: int) -> list[Row]:
    """Metrics of each finding as means over seeds (paper, Tables 5 and 7), and ``positives``; decisions at the global threshold.

    Raises
    ------
    DataError
        As in `rank`.
    """
    scored.check(part)
    found = _replicates(part, scored, PatientBootstrap(part.patients, replicates), np.ones(len(part.codes), np.bool_))
    counts = [
        Row(scored.name, "positives", Estimate(float(count)), finding=code)
        for code, count in zip(part.codes, part.positives.tolist(), strict=True)
    ]
    return counts + _finding_rows(part, scored.name, found, metrics)


def summary_replicates(seeds: Sequence[Replicates], in_macro: NDArray[np.bool_]) -> dict[Key, list[NDArray[np.float64]]]:
    """(metric, policy) of every metric over all findings -> (r + 1,) of each seed."""
    found: dict[Key, list[NDArray[np.float64]]] = {}
    for of_seed in seeds:
        for name, values in of_seed.macro(in_macro).items():
            found.setdefault((name, None), []).append(values)
        for policy, metrics in of_seed.decided.items():
            for name, values in metrics.items():
                found.setdefault((name, policy), []).append(values)
    return found


def compared_replicates(part: Part, scored: Scored, *, replicates: int, seed: int) -> dict[Key, list[NDArray[np.float64]]]:
    """`summary_replicates` of a model, for differences between parts whose patients differ; errors as in `rank`."""
    scored.check(part)
    in_macro = part.evaluable()
    return summary_replicates(_replicates(part, scored, PatientBootstrap(part.patients, replicates, seed), in_macro), in_macro)


def summary_rows(name: str, found: Mapping[Key, Sequence[NDArray[np.float64]]]) -> list[Row]:
    """A row for each metric; none for the metrics of a policy that the model has no thresholds for."""
    estimates = {key: Estimate.of_seeds(values) for key, values in found.items()}
    decided = {policy for (metric, policy), estimate in estimates.items() if metric == "hamming_loss" and estimate.defined}
    optional = ("micro_f1_without_normal", "normal_among_true_positives")
    return [
        Row(name, metric, estimate, policy)
        for (metric, policy), estimate in estimates.items()
        if (policy is None or policy in decided) and (estimate.defined or metric not in optional)
    ]


def summary_differences(
    model: str,
    found: Mapping[Key, Sequence[NDArray[np.float64]]],
    reference: str,
    other: Mapping[Key, Sequence[NDArray[np.float64]]],
    *,
    paired: bool = True,
) -> list[Difference]:
    """The differences of `COMPARED` that are defined, with p over the replicates, and those of each seed where seeds are `paired`."""
    differences = []
    for metric, policy in (*COMPARED, *((name, None) for name in LEVEL_METRICS)):
        if (metric, policy) not in found or (metric, policy) not in other:
            continue
        ours, theirs = found[metric, policy], other[metric, policy]
        replicates = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
        pairs = paired_seeds([one[0] for one in ours], [one[0] for one in theirs]) if paired else ()
        if np.isfinite(replicates[0]):
            p = two_sided_p(replicates[1:])
            differences.append(Difference(model, reference, metric, Estimate.of(replicates, pairs), policy, p=p))
    return differences


def _replicates(part: Part, scored: Scored, bootstrap: PatientBootstrap, in_macro: NDArray[np.bool_]) -> list[Replicates]:
    pairs = zip(scored.scores, scored.thresholds, strict=True)
    return [Replicates.of(part, scores, thresholds, bootstrap, in_macro) for scores, thresholds in pairs]


def _level_replicates(part: Part, scored: Scored, bootstrap: PatientBootstrap) -> dict[Key, list[NDArray[np.float64]]]:
    seeds = [level_replicates(part, scores, ranked_levels(part, scores), bootstrap) for scores in scored.scores]
    return {(f"{LEVEL}{level}", None): [seed[level] for seed in seeds] for level in seeds[0] if all(level in seed for seed in seeds)}


def _finding_rows(part: Part, name: str, seeds: Sequence[Replicates], metrics: Sequence[str] | Mapping[str, str]) -> list[Row]:
    rows = []
    tables = [of_seed.of_findings() for of_seed in seeds]
    for column, code in enumerate(part.codes):
        for metric in metrics:
            estimate = Estimate.of_seeds([table[metric][:, column] for table in tables])
            rows.append(Row(name, metric, estimate, None if metric in RANKING_METRICS else DEFAULT_POLICY, code))
    return rows


def _same_seeds(one: Scored, other: Scored) -> bool:
    """Whether the n-th seed of one is the n-th of the other, as far as they are known: each may lack one that failed."""
    return not (one.seeds and other.seeds) or list(one.seeds) == list(other.seeds)


def _gains(
    part: Part, model: str, seeds: Sequence[Replicates], reference: str, others: Sequence[Replicates], *, paired: bool
) -> list[Difference]:
    gains = []
    for metric in RANKING_METRICS:
        ours, theirs = ([of_seed.ranked[metric] for of_seed in one] for one in (seeds, others))
        table = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
        for column, code in enumerate(part.codes):
            pairs = paired_seeds([one[0, column] for one in ours], [one[0, column] for one in theirs]) if paired else ()
            gains.append(Difference(model, reference, metric, Estimate.of(table[:, column], pairs), finding=code))
    return gains


def _correlation(part: Part, gains: Sequence[Difference], in_macro: NDArray[np.bool_]) -> float:
    values = np.array([gain.estimate.value for gain in gains if gain.metric == "auroc"])
    return spearman(part.prevalence[in_macro], values[in_macro])
