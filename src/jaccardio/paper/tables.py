"""`Table`: what a recipe found, as ``results.json`` holds it; and the way from a contest's document to its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jaccardio.evaluation.decisions import DECISION_FIGURES
from jaccardio.evaluation.differences import holm, seed_test
from jaccardio.evaluation.samples import number
from jaccardio.evaluation.thresholds import POLICIES
from jaccardio.paper.printed import PaperColumn

RANKING_FIGURES = ("macro_auroc", "macro_auprc")
DIFFERENCES = {
    "macro_auroc": ("macro_auroc", None),
    "macro_auprc": ("macro_auprc", None),
    "micro_f1": ("micro_f1", "global"),
    "micro_f1_fixed": ("micro_f1", "fixed"),
    "micro_f1_per_finding": ("micro_f1", "per_finding"),
}
"""Compared figure of a contest -> metric and threshold of a row."""

LEVEL = 0.05
"""Below it a p counts."""


@dataclass
class Table:
    """What a recipe found, as ``results.json`` holds it.

    Attributes
    ----------
    title
        One line.
    rows
        ``run``, ``metric``, ``threshold``, ``value``, ``ci95``, ``seeds`` (the value of each seed), ``paper`` (as printed), and where
        the printed figures imply one ``paper_recomputed``; ``finding`` where the figure is one finding's.
    differences
        Paired: ``run`` minus ``reference`` in a metric at a threshold, with ``ci95``, ``p``, ``p_holm`` and ``seeds``, the difference of
        each pair of seeds.
    claims
        The paper's claim, the difference it rests on, and, once the table is settled, what became of it here.
    paper
        Columns of the paper to show as printed and recomputed.
    scored
        On which ECGs.
    remarks
        What a reader must know of this table.
    could_not
        What of it could not be reproduced, and why.
    pictures
        Caption -> PNG.
    """

    title: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    paper: list[dict[str, Any]] = field(default_factory=list)
    scored: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    could_not: list[str] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def settle(self) -> None:
        """Corrects the differences for their number and judges the claims; called once, when nothing is added any more.

        Holm's correction is over all comparisons of one figure in the table, whatever they are measured against.
        """
        for figure in dict.fromkeys((row["metric"], row["threshold"]) for row in self.differences):
            family = [row for row in self.differences if (row["metric"], row["threshold"]) == figure]
            adjusted = holm([float("nan") if row["p"] is None else row["p"] for row in family])
            for row, p in zip(family, adjusted, strict=True):
                row["p_holm"] = number(p)
        corrected = {_compared(row): row for row in self.differences}
        self.claims = [judged(claim["claim"], corrected[_compared(claim)]) for claim in self.claims]


def contest_rows(row: Mapping[str, Any], paper: PaperColumn | None) -> list[dict[str, Any]]:
    """The rows of one contestant of a contest's document, with the paper's figures beside them.

    The paper prints one Jaccard index and does not say which: it stands beside all three. Its thresholds are not stated either: its
    figures stand beside every policy but the oracle. A policy that the contestant has no thresholds for has no rows.
    """
    rows = [figure_row(row["name"], metric, None, row[metric]) for metric in RANKING_FIGURES]
    for policy, figures in row["thresholds"].items():
        if figures["hamming_loss"] is None:
            continue
        for metric in DECISION_FIGURES:
            figure = {"value": figures[metric], "ci95": figures[f"{metric}_ci95"], "per_seed": figures[f"{metric}_per_seed"]}
            printed = None if paper is None else getattr(paper, "jaccard" if metric.startswith("jaccard") else metric, None)
            again = (
                None if paper is None else {"hamming_loss": paper.hamming_on_common_base, "jaccard_micro": paper.jaccard_micro}.get(metric)
            )
            if policy not in POLICIES:
                printed = again = None
            rows.append(figure_row(row["name"], metric, policy, figure, printed, again))
    return rows


def contest_differences(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The paired differences of a contest's document, one row for each run and figure that is defined."""
    return [
        {"run": row["name"], "reference": document["reference"], "metric": metric, "threshold": threshold, **row[figure]}
        for row in document["differences"]
        for figure, (metric, threshold) in DIFFERENCES.items()
        if row[figure]["value"] is not None
    ]


def judged(claim: str, difference: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a claim that a difference is positive: held, contradicted, or open.

    It is open unless both Holm's p over patients and the p of the paired seeds are below 0.05. The first does not hold what training
    again would change in both models, the second not what other patients would.
    """
    error, p_seeds = (number(value) for value in seed_test(difference["seeds"] or ()))
    sure = all(p is not None and p < LEVEL for p in (difference["p_holm"], p_seeds))
    verdict = "open" if not sure else "held" if difference["value"] > 0 else "contradicted"
    return {"claim": claim, "verdict": verdict, "seed_error": error, "p_seeds": p_seeds, **difference}


def paired_seeds(run: Sequence[float | None] | None, reference: Sequence[float | None] | None) -> list[float] | None:
    """The difference of each pair of seeds; None where a figure is undefined or the two have not the same number of seeds."""
    if run is None or reference is None or len(run) != len(reference):
        return None
    pairs = [one - other for one, other in zip(run, reference, strict=True) if one is not None and other is not None]
    return pairs if len(pairs) == len(run) else None


def _compared(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in ("run", "reference", "metric", "threshold"))


def figure_row(
    run: str,
    metric: str,
    threshold: str | None,
    figure: Mapping[str, Any],
    paper: float | None = None,
    recomputed: float | None = None,
    finding: str | None = None,
) -> dict[str, Any]:
    """One row; `figure` has ``value`` and perhaps ``ci95`` and ``per_seed``."""
    row = {
        "run": run,
        "metric": metric,
        "threshold": threshold,
        "value": figure["value"],
        "ci95": figure.get("ci95"),
        "seeds": figure.get("per_seed"),
        "paper": paper,
    }
    if recomputed is not None:
        row["paper_recomputed"] = recomputed
    return row if finding is None else row | {"finding": finding}
