"""The report of `jaccardio reproduce`: one self-contained page of all tables made so far, from their documents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jaccardio.errors import UsageError
from jaccardio.evaluation.samples import spread
from jaccardio.evaluation.thresholds import ORACLE, POLICIES
from jaccardio.files import write_atomic
from jaccardio.report.pages import render_page

METRIC_TITLES = {
    "macro_auroc": "AUROC, macro",
    "macro_auprc": "AUPRC, macro",
    "hamming_loss": "Hamming loss",
    "micro_precision": "Precision, micro",
    "micro_recall": "Recall, micro",
    "micro_f1": "F1, micro",
    "micro_f1_without_normal": "F1, micro, without normal",
    "normal_among_true_positives": "Normal among true positives",
    "macro_f1": "F1, macro",
    "jaccard_samples": "Jaccard, over ECGs",
    "jaccard_micro": "Jaccard, micro",
    "jaccard_macro": "Jaccard, macro",
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "f1": "F1",
    "predicted_rate": "Predicted",
    "map": "Average precision, mean",
}

Row = Mapping[str, Any]


def write_reproduction(path: Path, tables: Mapping[str, Mapping[str, Any]], folder: Path, *, facts: Mapping[str, str]) -> None:
    """Writes the page.

    Parameters
    ----------
    tables
        The documents of ``results.json`` by recipe.
    folder
        Where their pictures lie.
    facts
        What was reproduced, on what.

    Raises
    ------
    UsageError
        A table's picture is missing.
    """
    page = render_page(
        "reproduction.html.j2",
        title="The paper's tables, reproduced",
        facts=facts,
        tables={name: _sections(table) for name, table in tables.items()},
        claims=[claim | {"table": name} for name, table in tables.items() for claim in table["claims"]],
        could_not=_shared(tables),
        pictures={entry["file"]: _picture(folder / entry["file"], name) for name, table in tables.items() for entry in table["pictures"]},
        policies=(*POLICIES, ORACLE),
        titles=METRIC_TITLES,
        oracle=ORACLE,
    )
    write_atomic(path, page)


def _picture(file: Path, recipe: str) -> bytes:
    if not file.is_file():
        raise UsageError(f"{file}: this picture of {recipe} is missing. Run `jaccardio reproduce {recipe}` with the same --out again.")
    return file.read_bytes()


def _sections(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table's rows in the forms in which the page shows them: figures without threshold, decisions by policy, findings by run."""
    rows = table["rows"]
    plain = [row for row in rows if "finding" not in row]
    by_finding: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        if "finding" in row:
            by_finding.setdefault(row["run"], {}).setdefault(row["finding"], []).append(row)
    return {
        **table,
        "figures": _pivot([row for row in plain if row["threshold"] is None]),
        "decisions": {policy: _pivot([row for row in plain if row["threshold"] == policy]) for policy in (*POLICIES, ORACLE)},
        "findings": {
            run: _pivot([{**row, "run": code} for code, found in codes.items() for row in found]) for run, codes in by_finding.items()
        },
        "compared": _compared(table["differences"]),
    }


def _pivot(rows: Sequence[Row]) -> dict[str, Any]:
    """``metrics`` and ``lines``, run -> metric -> row with ``sd`` over seeds, both in order of appearance."""
    lines: dict[str, dict[str, Row]] = {}
    for row in rows:
        lines.setdefault(row["run"], {})[row["metric"]] = {**row, "sd": spread(row["seeds"] or ())}
    return {"metrics": list(dict.fromkeys(row["metric"] for row in rows)), "lines": lines}


def _compared(differences: Sequence[Row]) -> dict[str, Any]:
    """Differences by pair of run and reference, the figures as columns."""
    figures = list(dict.fromkeys((row["metric"], row["threshold"]) for row in differences))
    pairs: dict[tuple[str, str], dict[tuple[str, str | None], Row]] = {}
    for row in differences:
        pairs.setdefault((row["run"], row["reference"]), {})[row["metric"], row["threshold"]] = row
    return {"figures": figures, "pairs": pairs}


def _shared(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """What could not be reproduced -> the tables that say so."""
    sentences: dict[str, list[str]] = {}
    for name, table in tables.items():
        for sentence in table["could_not"]:
            sentences.setdefault(sentence, []).append(name)
    return sentences
