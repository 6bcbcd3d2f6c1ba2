"""The folder that `jaccardio evaluate` writes: metrics, tables, predictions, plots, and one self-contained report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.checksums import file_entry, write_manifest
from jaccardio.evaluation.estimate import jsonable
from jaccardio.evaluation.evaluate import Evaluation
from jaccardio.evaluation.metrics import DECISION_METRICS, LEVEL_TITLES
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, POLICIES
from jaccardio.files import write_atomic, write_json
from jaccardio.findings.labels import UNKNOWN
from jaccardio.parquet import parquet_bytes
from jaccardio.report.language import ENGLISH
from jaccardio.report.pages import render
from jaccardio.report.plots import draw_evaluation

FORMAT = "jaccardio-evaluation-1"
LISTED = ("predictions.parquet", "metrics.json", "per_finding.csv", "thresholds.json")

ExampleFinding = tuple[str, float, float, bool, str]
"""Finding, score, threshold, whether it is predicted present, and its label: ``present``, ``absent`` or ``unknown``."""


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
        Which predictions cannot both be right; empty where they agree.
    """

    png: bytes
    caption: str
    findings: Sequence[ExampleFinding] = ()
    contradiction: str = ""


def write_evaluation(
    folder: Path,
    evaluation: Evaluation,
    part: Part,
    scored: Scored,
    *,
    title: str,
    facts: Mapping[str, str],
    examples: Sequence[Example] = (),
    names: Mapping[str, str] | None = None,
    language: str = ENGLISH,
    withheld: NDArray[np.bool_] | None = None,
    paths: Sequence[str | None] | None = None,
) -> None:
    """Writes ``predictions.parquet``, ``per_finding.csv``, ``roc.png``, ``precision_recall.png``, ``auroc.png``, ``reliability.png`` (of
    probabilities), ``report.html``, ``metrics.json`` and, last, ``manifest.json`` to `folder`, each file whole or not at all.

    The manifest lists the SHA-256 of what others read back (`LISTED`).

    Parameters
    ----------
    part, scored
        What was evaluated.
    title, facts
        Heading of the report, e.g. model and data, and what was evaluated, as pairs of name and text.
    examples
        ECGs with their findings, drawn by the caller.
    names
        Finding code -> name to show beside it.
    language
        Of report and plots.
    withheld
        (n, k) True where there is no answer, so that the predictions hold no score; None: nowhere.
    paths
        (n,) where each recording lies, for a column of the predictions; None: no such column.
    """
    scores, table = scored.scores[0], evaluation.per_finding
    answers = scores if withheld is None else np.where(withheld, np.nan, scores)
    plots = draw_evaluation(evaluation, part.labels, scores, {} if language == ENGLISH else names or {}, language)
    write_atomic(folder / "predictions.parquet", _predictions(part, answers, paths))
    write_atomic(folder / "per_finding.csv", table.to_csv(index=False).encode())
    for name, png in plots.items():
        write_atomic(folder / f"{name}.png", png)
    if "reliability" not in plots:
        (folder / "reliability.png").unlink(missing_ok=True)  # an earlier evaluation's
    page = render(
        "report.html.j2",
        title=title,
        facts=facts,
        language=language,
        metrics=evaluation.metrics,
        findings=table.sort_values("prevalence", ascending=False, kind="stable", na_position="last").to_dict("records"),
        names=names or {},
        density=table["n_pos"].sum() / max(1, table["n_known"].sum()),
        policies=POLICIES,
        default_policy=DEFAULT_POLICY,
        level_titles=LEVEL_TITLES,
        plots=plots,
        decision_titles={name: metric.title for name, metric in DECISION_METRICS.items()},
        examples=examples,
    )
    write_atomic(folder / "report.html", page)
    write_json(folder / "metrics.json", jsonable(evaluation.metrics))
    listed = [name for name in LISTED if (folder / name).is_file()]
    write_manifest(folder, FORMAT, {name: file_entry((folder / name).read_bytes()) for name in listed})


def _predictions(part: Part, scores: NDArray[np.floating], paths: Sequence[str | None] | None) -> bytes:
    """Parquet table: recording_id, path where given, then y_<code> (int8, null where unknown) and score_<code> (null where withheld)."""
    columns: dict[str, object] = {"recording_id": np.asarray(part.ids, dtype=str)}
    if paths is not None:
        columns["path"] = list(paths)
    for code, labels in zip(part.codes, part.labels.T, strict=True):
        columns[f"y_{code}"] = pd.arrays.IntegerArray(np.maximum(labels, 0), labels == UNKNOWN)
    columns |= {f"score_{code}": column for code, column in zip(part.codes, scores.T, strict=True)}
    return parquet_bytes(pd.DataFrame(columns))
