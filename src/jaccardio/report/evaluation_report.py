"""The folder that `jaccardio evaluate` writes: metrics, tables, predictions, pictures, and one self-contained report."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.checksums import file_entry, write_manifest
from jaccardio.evaluation.metrics import Evaluation
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, POLICIES
from jaccardio.files import write_atomic, write_json
from jaccardio.findings.labels import UNKNOWN
from jaccardio.report.pages import render_page
from jaccardio.report.plots import Figures, draw_figures

FORMAT = "jaccardio-evaluation-1"
LISTED = ("predictions.parquet", "metrics.json", "per_finding.csv", "thresholds.json")

ExampleFinding = tuple[str, float, float, bool, str]
"""Finding, score, threshold, whether it is called present, and its label: ``present``, ``absent`` or ``unknown``."""

LEVEL_TITLES = {
    "all": "All statements",
    "diagnostic": "Diagnostic statements",
    "sub": "Diagnostic subclasses",
    "super": "Diagnostic superclasses",
    "form": "Form statements",
    "rhythm": "Rhythm statements",
}


@dataclass(frozen=True, eq=False)
class Example:
    """One ECG for the report.

    Attributes
    ----------
    png
        The paper plot.
    caption
        E.g. the recording id; no patient data.
    findings
        The findings worth showing for it.
    contradiction
        Which calls cannot both be right; empty where they agree.
    """

    png: bytes
    caption: str
    findings: Sequence[ExampleFinding] = ()
    contradiction: str = ""


def write_evaluation(
    folder: Path,
    evaluation: Evaluation,
    *,
    ids: NDArray[np.str_],
    labels: NDArray[np.int8],
    scores: NDArray[np.floating],
    title: str,
    facts: Mapping[str, str],
    examples: Sequence[Example] = (),
    names: Mapping[str, str] | None = None,
    withheld: NDArray[np.bool_] | None = None,
    paths: Sequence[str | None] | None = None,
) -> None:
    """Writes ``predictions.parquet``, ``per_finding.csv``, ``roc.png``, ``precision_recall.png``, ``auroc.png``, ``reliability.png`` (of
    probabilities), ``report.html``, ``metrics.json`` and, last, ``manifest.json`` to `folder`, each file whole or not at all.

    The manifest lists the SHA-256 of what others read back (`LISTED`).

    Parameters
    ----------
    ids
        (n,) recording ids.
    labels, scores
        (n, k), what was evaluated.
    title, facts, examples, names
        As in `write_report`.
    withheld
        (n, k) True where there is no answer, so that the predictions hold no score; None: nowhere.
    paths
        (n,) where each recording lies, for a column of the predictions; None: no such column.
    """
    answers = scores if withheld is None else np.where(withheld, np.nan, scores)
    codes = list(evaluation.per_finding["finding"])
    figures = draw_figures(evaluation, labels, scores)
    write_atomic(folder / "predictions.parquet", _predictions(ids, labels, answers, codes, paths))
    write_atomic(folder / "per_finding.csv", evaluation.per_finding.to_csv(index=False).encode())
    write_atomic(folder / "roc.png", figures.roc)
    write_atomic(folder / "precision_recall.png", figures.precision_recall)
    write_atomic(folder / "auroc.png", figures.auroc_intervals)
    if figures.reliability is None:
        (folder / "reliability.png").unlink(missing_ok=True)  # an earlier evaluation's
    else:
        write_atomic(folder / "reliability.png", figures.reliability)
    write_report(folder, evaluation, figures, title=title, facts=facts, examples=examples, names=names)
    write_json(folder / "metrics.json", evaluation.metrics)
    listed = [name for name in LISTED if (folder / name).is_file()]
    write_manifest(folder, FORMAT, {name: file_entry((folder / name).read_bytes()) for name in listed})


def write_report(
    folder: Path,
    evaluation: Evaluation,
    figures: Figures,
    *,
    title: str,
    facts: Mapping[str, str],
    examples: Sequence[Example] = (),
    names: Mapping[str, str] | None = None,
) -> None:
    """Writes ``report.html``: one file that needs nothing else, readable in light and dark and on paper.

    Parameters
    ----------
    title
        Heading, e.g. model and data.
    facts
        What was evaluated, as pairs of name and text.
    examples
        ECGs with their findings, drawn by the caller.
    names
        Finding code -> name to show beside it.
    """
    table = evaluation.per_finding
    page = render_page(
        "report.html.j2",
        title=title,
        facts=facts,
        metrics=evaluation.metrics,
        findings=table.sort_values("prevalence", ascending=False, kind="stable", na_position="last").to_dict("records"),
        names=names or {},
        density=table["n_pos"].sum() / max(1, table["n_known"].sum()),
        policies=POLICIES,
        default_policy=DEFAULT_POLICY,
        level_titles=LEVEL_TITLES,
        figures=figures,
        examples=examples,
    )
    write_atomic(folder / "report.html", page)


def _predictions(
    ids: NDArray[np.str_],
    labels: NDArray[np.int8],
    scores: NDArray[np.floating],
    codes: Sequence[str],
    paths: Sequence[str | None] | None,
) -> bytes:
    """Parquet table: recording_id, path where given, then y_<code> (int8, null where unknown) and score_<code> (null where withheld)."""
    columns: dict[str, object] = {"recording_id": np.asarray(ids, dtype=str)}
    if paths is not None:
        columns["path"] = list(paths)
    for column, code in enumerate(codes):
        columns[f"y_{code}"] = pd.arrays.IntegerArray(np.maximum(labels[:, column], 0), labels[:, column] == UNKNOWN)
    columns |= {f"score_{code}": scores[:, column] for column, code in enumerate(codes)}
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    return buffer.getvalue()
