"""`rank`: several models, each trained with several seeds, on one part, with paired intervals over the same patients."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.correlation import spearman
from jaccardio.evaluation.differences import two_sided_p
from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.evaluation.levels import level_replicates
from jaccardio.evaluation.metrics import LEVEL, LEVEL_METRICS, RANKING_METRICS
from jaccardio.evaluation.part import MINIMUM_POSITIVES, Part
from jaccardio.evaluation.replicates import Replicates
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Difference, Row, Table, paired_seeds
from jaccardio.evaluation.thresholds import DEFAULT_POLICY

Key = tuple[str, str | None, str | None]
"""Metric, threshold policy and finding; None where there is none."""

Found = dict[Key, list[NDArray[np.float64]]]
"""(r + 1,) values of each seed, that of the sample first."""

COMPARED: tuple[Key, ...] = (
    ("macro_auroc", None, None),
    ("macro_auprc", None, None),
    ("micro_f1", "global", None),
    ("micro_f1", "fixed", None),
    ("micro_f1", "per_finding", None),
    *((name, None, None) for name in LEVEL_METRICS),
)
"""Differences that are tested."""


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
    macro: dict[str, Found] = {}
    single: dict[str, Found] = {}
    for scored in models:
        seeds = _replicates(part, scored, bootstrap, in_macro)
        macro[scored.name], single[scored.name] = _summary(seeds, in_macro), _of_findings(part, seeds, RANKING_METRICS)
        if levels:
            of_levels = [level_replicates(part, scores, bootstrap) for scores in scored.scores]
            for level in of_levels[0]:
                if all(level in of_seed for of_seed in of_levels):
                    macro[scored.name][f"{LEVEL}{level}", None, None] = [of_seed[level] for of_seed in of_levels]
    auroc = {name: float(np.mean(found["macro_auroc", None, None], axis=0)[0]) for name, found in macro.items()}
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
        table.rows += _summary_rows(name, macro[name])
        if scored.seconds:
            minutes = [value / 60 for value in scored.seconds]
            table.rows.append(Row(name, "training_minutes", Estimate(float(np.mean(minutes)), per_seed=tuple(minutes))))
        findings += _rows(name, single[name])
        if name == reference:
            continue
        seeds_of_both = scored.seeds, models[names.index(reference)].seeds
        paired = not all(seeds_of_both) or list(seeds_of_both[0]) == list(seeds_of_both[1])  # each may lack one that failed
        table.differences += differences_of(name, macro[name], reference, macro[reference], paired=paired)
        keys = [(metric, None, code) for metric in RANKING_METRICS for code in part.codes]
        new = differences_of(name, single[name], reference, single[reference], keys, paired=paired)
        gains += new
        gained = np.array([gain.estimate.value for gain in new if gain.metric == "auroc"])
        correlation = spearman(part.prevalence[in_macro], gained[in_macro])
        correlations.append(Row(name, "auroc_gain_by_prevalence", Estimate(correlation)))
    return Ranking(table, findings, gains, correlations)


def finding_rows(part: Part, scored: Scored, metrics: Sequence[str], *, replicates: int) -> list[Row]:
    """Metrics of each finding as means over seeds (paper, Tables 5 and 7), and ``positives``; decisions at the global threshold.

    Raises
    ------
    DataError
        As in `rank`.
    """
    scored.check(part)
    seeds = _replicates(part, scored, PatientBootstrap(part.patients, replicates), np.ones(len(part.codes), np.bool_))
    counts = [
        Row(scored.name, "positives", Estimate(float(count)), finding=code)
        for code, count in zip(part.codes, part.positives.tolist(), strict=True)
    ]
    return counts + _rows(scored.name, _of_findings(part, seeds, metrics))


def compared_replicates(part: Part, scored: Scored, *, replicates: int, seed: int) -> Found:
    """Every metric of a model over all findings, for differences between parts whose patients differ; errors as in `rank`."""
    scored.check(part)
    in_macro = part.evaluable()
    return _summary(_replicates(part, scored, PatientBootstrap(part.patients, replicates, seed), in_macro), in_macro)


def differences_of(
    model: str, found: Found, reference: str, other: Found, keys: Iterable[Key] = COMPARED, *, paired: bool = True
) -> list[Difference]:
    """Differences of a model from a reference, with those of each seed where seeds are `paired`.

    Over all findings they are tested over the replicates, and left out where undefined; those of one finding are neither.
    """
    differences = []
    for metric, policy, finding in keys:
        ours, theirs = (side.get((metric, policy, finding)) for side in (found, other))
        if ours is None or theirs is None:
            continue
        replicates = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
        if finding is None and not np.isfinite(replicates[0]):
            continue
        pairs = paired_seeds([one[0] for one in ours], [one[0] for one in theirs]) if paired else ()
        p = two_sided_p(replicates[1:]) if finding is None else NAN
        differences.append(Difference(model, reference, metric, Estimate.of(replicates, pairs), policy, finding, p))
    return differences


def _replicates(part: Part, scored: Scored, bootstrap: PatientBootstrap, in_macro: NDArray[np.bool_]) -> list[Replicates]:
    pairs = zip(scored.scores, scored.thresholds, strict=True)
    return [Replicates.of(part, scores, thresholds, bootstrap, in_macro) for scores, thresholds in pairs]


def _summary(seeds: Sequence[Replicates], in_macro: NDArray[np.bool_]) -> Found:
    """Every metric over all findings."""
    found: Found = {}
    for of_seed in seeds:
        for name, values in of_seed.macro(in_macro).items():
            found.setdefault((name, None, None), []).append(values)
        for policy, metrics in of_seed.decided.items():
            for name, values in metrics.items():
                found.setdefault((name, policy, None), []).append(values)
    return found


def _of_findings(part: Part, seeds: Sequence[Replicates], metrics: Iterable[str]) -> Found:
    """Metrics of single findings, decisions at the global threshold."""
    found: Found = {}
    tables = [of_seed.of_findings() for of_seed in seeds]
    for (column, code), metric in product(enumerate(part.codes), metrics):
        policy = None if metric in RANKING_METRICS else DEFAULT_POLICY
        found[metric, policy, code] = [table[metric][:, column] for table in tables]
    return found


def _rows(name: str, found: Found) -> list[Row]:
    return [Row(name, metric, Estimate.of_seeds(values), policy, finding) for (metric, policy, finding), values in found.items()]


def _summary_rows(name: str, found: Found) -> list[Row]:
    """A row for each metric; none for the metrics of a policy that the model has no thresholds for."""
    rows = _rows(name, found)
    decided = {row.policy for row in rows if row.metric == "hamming_loss" and row.estimate.defined}
    optional = ("micro_f1_without_normal", "normal_among_true_positives")
    return [row for row in rows if (row.policy is None or row.policy in decided) and (row.estimate.defined or row.metric not in optional)]
