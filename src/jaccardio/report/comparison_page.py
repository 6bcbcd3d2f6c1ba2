"""Several evaluations side by side, and beside the figures that the paper printed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jaccardio.evaluation.thresholds import DEFAULT_POLICY
from jaccardio.files import write_atomic
from jaccardio.report.evaluation_report import Example
from jaccardio.report.pages import render_page
from jaccardio.report.plots import draw_comparison


def write_comparison(
    path: Path,
    columns: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    title: str,
    facts: Mapping[str, str],
    conclusion: Sequence[str],
    reports: Mapping[str, str],
    example: Example | None = None,
    names: Mapping[str, str] | None = None,
    paper: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Writes one self-contained HTML page that compares evaluations.

    Parameters
    ----------
    path
        The HTML file.
    columns
        Name and metrics document (``Evaluation.metrics``) of each evaluation, in the order to show.
    title, facts
        Heading, and what was compared.
    conclusion
        Sentences on what the figures say, the first thing on the page.
    reports
        Name of an evaluation -> address of its own report, relative to the page.
    example, names
        An ECG with its findings, and finding code -> name to show beside it.
    paper
        Columns of the paper to set beside them in the table (in no picture), with the note on what they can be compared with: ``table``,
        ``name``, the five figures and ``density``.
    """
    densities = [_density(metrics["thresholds"][DEFAULT_POLICY]) for _, metrics in columns]
    page = render_page(
        "comparison.html.j2",
        title=title,
        facts=facts,
        columns=[(name, metrics, density) for (name, metrics), density in zip(columns, densities, strict=True)],
        conclusion=conclusion,
        reports=reports,
        warnings=[f"{name}: {warning}" for name, metrics in columns for warning in metrics["warnings"]],
        examples=[example] if example else [],
        names=names or {},
        paper=paper,
        figure=draw_comparison(columns),
        default_policy=DEFAULT_POLICY,
    )
    write_atomic(path, page)


def implied_density(hamming_loss: float, precision: float, recall: float) -> float:
    """Share of label cells that are present, which Hamming loss, micro precision and micro recall of one table fix together.

    With density d, missed cells are d (1 - R) and false calls d R (1 / P - 1); their sum is the Hamming loss.
    """
    return hamming_loss / (recall / precision + 1 - 2 * recall)


def _density(figures: Mapping[str, Any]) -> float | None:
    if not figures["micro_precision"]:  # undefined where nothing was called; zero leaves the density open
        return figures["hamming_loss"] if figures["micro_precision"] is None else None
    return implied_density(figures["hamming_loss"], figures["micro_precision"], figures["micro_recall"])
