"""Several objectives, each trained with several seeds, ranked on one test part with paired intervals over the same patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, percentile_interval
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.differences import holm, two_sided_p
from jaccardio.evaluation.metrics import MINIMUM_POSITIVES, check_predictions, evaluated_on, left_out_of_macro
from jaccardio.evaluation.samples import Samples, estimate, estimates, number, spread
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, POLICIES, Thresholds
from jaccardio.findings.labels import PRESENT

COMPARED_FIGURES = ("macro_auroc", "macro_auprc", "micro_f1", "micro_f1_fixed", "micro_f1_per_finding")
"""Figures whose difference from the reference is tested; micro-F1 at the global threshold, at 0.5, and at one threshold a finding."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """One objective's results on one part.

    Attributes
    ----------
    name
        Unique among the contestants.
    scores
        One (n, k) for each seed.
    thresholds
        One for each seed, fitted on validation data.
    seconds
        Training time of each seed; NaN where nobody knows it.
    note
        What it is, e.g. "captions x jaccard x signed_sigmoid".
    """

    name: str
    scores: Sequence[NDArray[np.float64]]
    thresholds: Sequence[Thresholds]
    seconds: Sequence[float]
    note: str = ""


@dataclass(frozen=True, eq=False)
class Contest:
    """What `rank` found.

    Attributes
    ----------
    document
        The document of ``ranking.json``: what was scored, ``rows`` (best macro AUROC first), and ``differences`` from the reference in
        the same order. Undefined figures are None.
    gains
        One row for each contestant and finding, contestants in the order of ``rows``, findings in vocabulary order: AUROC and AUPRC as
        means over the seeds, and their gain over the reference with its paired 95 % interval.
    """

    document: dict[str, Any]
    gains: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Results:
    """Figures of one contestant as means over its seeds, sample first: findings (r + 1, k), macro (r + 1,), decided as in `Samples`."""

    findings: dict[str, NDArray[np.float64]]
    macro: dict[str, NDArray[np.float64]]
    macro_per_seed: dict[str, list[float]]
    decided: dict[str, dict[str, NDArray[np.float64]]]
    decided_per_seed: dict[str, dict[str, list[float]]]

    def compared(self) -> dict[str, NDArray[np.float64]]:
        """Samples (r + 1,) of each of `COMPARED_FIGURES`."""
        others = {f"micro_f1_{policy}": self.decided[policy]["micro_f1"] for policy in POLICIES if policy != DEFAULT_POLICY}
        return {**self.macro, "micro_f1": self.decided[DEFAULT_POLICY]["micro_f1"], **others}


def rank(
    labels: NDArray[np.int8],
    patients: NDArray[np.str_],
    codes: Sequence[str],
    contestants: Sequence[Contestant],
    *,
    reference: str,
    replicates: int = 1000,
    seed: int = 0,
    minimum_positives: int = MINIMUM_POSITIVES,
) -> Contest:
    """Ranks contestants by the mean of their seeds' macro AUROC and tests each against the reference.

    Figures are those of ``evaluate``, computed for each seed and then averaged. All contestants are scored on the same resamples of
    patients, so the intervals of differences are paired. These intervals say what other patients would change; what another seed would
    change is the standard deviation over seeds.

    Parameters
    ----------
    labels
        (n, k) int8; 1 present, 0 absent, -1 unknown and masked everywhere.
    patients
        (n,) patient keys.
    codes
        k finding codes, the columns.
    contestants
        In any order; those of equal figure keep it.
    reference
        Name of the contestant that the others are compared with.
    replicates, seed
        Size and seed of the bootstrap. The smallest p it can show is ``2 / (replicates + 1)``, and Holm's correction multiplies that by
        the number of comparisons: with m comparisons no adjusted p can fall below 0.05 unless replicates are more than about ``40 m``.
    minimum_positives
        Findings with fewer are left out of macro figures.

    Raises
    ------
    UsageError
        No contestant is called `reference`, or two have one name.
    DataError
        The shapes disagree, a contestant has no seed, a score is not a finite number, or a record has no patient key.
    """
    names = [contestant.name for contestant in contestants]
    if len(set(names)) != len(names):
        raise UsageError(f"compare: two contestants have one name among {', '.join(names)}; give each its own.")
    if reference not in names:
        raise UsageError(f"compare: no contestant is called {reference!r}, so it cannot be the reference; available: {', '.join(names)}.")
    for contestant in contestants:
        _check(contestant, labels, patients, codes)
    bootstrap = PatientBootstrap(patients, replicates, seed)
    left_out = left_out_of_macro(labels, codes, minimum_positives)
    in_macro = np.array([code not in left_out for code in codes])

    results = {contestant.name: _results(contestant, labels, bootstrap, in_macro) for contestant in contestants}
    order = sorted(contestants, key=lambda contestant: -np.nan_to_num(results[contestant.name].macro["macro_auroc"][0], nan=-np.inf))
    gains = _gains(labels, codes, in_macro, {contestant.name: results[contestant.name] for contestant in order}, reference)
    document = {
        "reference": reference,
        **evaluated_on(labels, codes, left_out, bootstrap),
        "warnings": cautions(labels, codes, minimum_positives),
        "bootstrap": {
            "unit": "patient",
            "replicates": replicates,
            "seed": seed,
            "interval": "percentile, 95 %, of the mean over seeds; the same resamples for every contestant",
            "p": "two-sided, paired; Holm over the contestants of one figure",
            "smallest_p": 2 / (replicates + 1),
        },
        "rows": [_row(contestant, results[contestant.name]) for contestant in order],
        "differences": _differences(
            [contestant.name for contestant in order if contestant.name != reference], results, results[reference], gains
        ),
    }
    return Contest(document, gains)


def compared_samples(
    labels: NDArray[np.int8], patients: NDArray[np.str_], codes: Sequence[str], contestant: Contestant, *, replicates: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Samples (r + 1,) of each of `COMPARED_FIGURES`, for differences between parts whose patients differ; arguments as in `rank`."""
    _check(contestant, labels, patients, codes)
    left_out = left_out_of_macro(labels, codes, MINIMUM_POSITIVES)
    in_macro = np.array([code not in left_out for code in codes])
    return _results(contestant, labels, PatientBootstrap(patients, replicates, seed), in_macro).compared()


def spearman(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Spearman's rank correlation of two figures (m,), ties at their mean rank; NaN where either is constant or m < 3."""
    if len(first) < 3:
        return float("nan")
    one, other = rankdata(first) - (len(first) + 1) / 2, rankdata(second) - (len(second) + 1) / 2
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread > 0 else float("nan")


def _check(contestant: Contestant, labels: NDArray[np.int8], patients: NDArray[np.str_], codes: Sequence[str]) -> None:
    seeds = {len(contestant.scores), len(contestant.thresholds), len(contestant.seconds)}
    if len(seeds) != 1 or 0 in seeds:
        raise DataError(
            f"compare: contestant {contestant.name!r} has {len(contestant.scores)} score tables, {len(contestant.thresholds)} thresholds "
            f"and {len(contestant.seconds)} training times; it needs one of each for every seed."
        )
    for run, (scores, thresholds) in enumerate(zip(contestant.scores, contestant.thresholds, strict=True), start=1):
        try:
            check_predictions(labels, scores, patients, codes, thresholds)
        except DataError as error:
            raise DataError(f"compare: contestant {contestant.name!r}, seed {run} of {len(contestant.scores)}: {error}") from error


def _results(contestant: Contestant, labels: NDArray[np.int8], bootstrap: PatientBootstrap, in_macro: NDArray[np.bool_]) -> _Results:
    runs = [
        Samples.of(labels, scores, thresholds, bootstrap, in_macro)
        for scores, thresholds in zip(contestant.scores, contestant.thresholds, strict=True)
    ]
    findings = {name: np.mean([run.ranked[name] for run in runs], axis=0) for name in runs[0].ranked}
    macro = {
        f"macro_{name}": np.stack([mean_of_defined(np.where(in_macro, run.ranked[name], np.nan)) for run in runs]) for name in findings
    }
    decided = {
        policy: {name: np.stack([run.decided[policy][name] for run in runs]) for name in figures}
        for policy, figures in runs[0].decided.items()
    }
    return _Results(
        findings,
        {name: samples.mean(axis=0) for name, samples in macro.items()},
        {name: samples[:, 0].tolist() for name, samples in macro.items()},
        {policy: {name: samples.mean(axis=0) for name, samples in figures.items()} for policy, figures in decided.items()},
        {policy: {name: samples[:, 0].tolist() for name, samples in figures.items()} for policy, figures in decided.items()},
    )


def _row(contestant: Contestant, results: _Results) -> dict[str, Any]:
    row: dict[str, Any] = {"name": contestant.name, "note": contestant.note, "seeds": len(contestant.scores)}
    for name, samples in results.macro.items():
        per_seed = results.macro_per_seed[name]
        row[name] = {**estimate(samples), "sd": spread(per_seed), "per_seed": [number(value) for value in per_seed]}
    row["thresholds"] = {
        policy: estimates(figures)
        | {f"{name}_per_seed": [number(value) for value in values] for name, values in results.decided_per_seed[policy].items()}
        for policy, figures in results.decided.items()
    }
    row["seconds"] = {"mean": number(float(np.mean(contestant.seconds))), "per_seed": [number(value) for value in contestant.seconds]}
    return row


def _differences(names: Sequence[str], results: dict[str, _Results], reference: _Results, gains: pd.DataFrame) -> list[dict[str, Any]]:
    """Each contestant against the reference: the compared figures, and whether its gain goes with the prevalence of the finding."""
    rows: list[dict[str, Any]] = []
    for name in names:
        table = gains[(gains["contestant"] == name) & gains["in_macro"]]
        correlation = spearman(table["prevalence"].to_numpy(), table["auroc_gain"].to_numpy())
        rows.append({"name": name, "auroc_gain_by_prevalence": {"spearman": number(correlation), "findings": len(table)}})
    for figure in COMPARED_FIGURES:
        samples = [results[name].compared()[figure] - reference.compared()[figure] for name in names]
        p_values = [two_sided_p(difference[1:]) for difference in samples]
        for row, difference, p, adjusted in zip(rows, samples, p_values, holm(p_values), strict=True):
            row[figure] = {**estimate(difference), "p": number(p), "p_holm": number(adjusted)}
    return rows


def _gains(
    labels: NDArray[np.int8], codes: Sequence[str], in_macro: NDArray[np.bool_], results: dict[str, _Results], reference: str
) -> pd.DataFrame:
    known, positives = (labels >= 0).sum(axis=0), (labels == PRESENT).sum(axis=0)
    prevalence = np.divide(positives, known, out=np.full(len(codes), np.nan), where=known > 0)
    tables = []
    for name, figures in results.items():
        table: dict[str, Any] = {"contestant": name, "finding": list(codes), "n_pos": positives, "prevalence": prevalence}
        table |= {"in_macro": in_macro} | {figure: samples[0] for figure, samples in figures.findings.items()}
        for figure, samples in figures.findings.items():
            gain = samples - results[reference].findings[figure]
            intervals = [percentile_interval(column) for column in gain[1:].T]
            table[f"{figure}_gain"] = gain[0]
            table[f"{figure}_gain_low"], table[f"{figure}_gain_high"] = [low for low, _ in intervals], [high for _, high in intervals]
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)
