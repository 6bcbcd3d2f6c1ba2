"""Prints the tables of docs/results.md from what `jaccardio reproduce` wrote.

python scripts/reproduction_tables.py path/to/results.json [table1,table3]
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import stdev
from typing import Any

Row = dict[str, Any]

RANKING = {"macro-AUROC": ("macro_auroc", None), "macro-AUPRC": ("macro_auprc", None)}
DECISIONS = {
    "micro-F1 at 0.5": ("micro_f1", "fixed"),
    "one threshold": ("micro_f1", "global"),
    "per finding": ("micro_f1", "per_finding"),
    "oracle, not a result": ("micro_f1", "oracle, not a result"),
    "without normal: at 0.5": ("micro_f1_without_normal", "fixed"),
    "without normal: one threshold": ("micro_f1_without_normal", "global"),
    "without normal: per finding": ("micro_f1_without_normal", "per_finding"),
    "normal among true positives, at 0.5": ("normal_among_true_positives", "fixed"),
    "macro-F1, one threshold": ("macro_f1", "global"),
    "macro-F1, per finding": ("macro_f1", "per_finding"),
    "Hamming, one threshold": ("hamming_loss", "global"),
    "Jaccard, one threshold: ECGs": ("jaccard_samples", "global"),
    "micro": ("jaccard_micro", "global"),
    "macro": ("jaccard_macro", "global"),
}
FINDING_FIGURES = ("auroc", "auprc", "precision", "recall", "f1")


def main(file: Path, names: Sequence[str] = ()) -> None:
    """Prints the tables of these names, or all that the file holds, then the claims of all."""
    tables = json.loads(file.read_text())
    for name, table in tables.items():
        if names and name not in names:
            continue
        print(f"### `{name}`: {table['title']}\n")
        plain = [row for row in table["rows"] if "finding" not in row]
        if any((row["metric"], None) in RANKING.values() for row in plain):
            _ranked(plain)
        others = [row for row in plain if row["threshold"] is None and (row["metric"], None) not in RANKING.values()]
        if others:
            _figures(others)
        for run in dict.fromkeys(row["run"] for row in table["rows"] if "finding" in row):
            _findings(run, [row for row in table["rows"] if "finding" in row and row["run"] == run])
        if table["differences"]:
            _differences(table["differences"])
    _claims([{"table": name, **claim} for name, table in tables.items() for claim in table["claims"]])


def _ranked(rows: Sequence[Row]) -> None:
    """One line a model; below each that has one, the paper's column. What was not computed has no column."""
    lines = []
    there = {(row["metric"], row["threshold"]) for row in rows}
    decisions = {title: key for title, key in DECISIONS.items() if key in there}
    for run in dict.fromkeys(row["run"] for row in rows):
        found = {(row["metric"], row["threshold"]): row for row in rows if row["run"] == run}
        if RANKING["macro-AUROC"] not in found:
            continue
        ranking = [_interval(found.get(key)) for key in RANKING.values()]
        spread = _spread(found[RANKING["macro-AUROC"]])
        lines.append([run, ranking[0], spread, ranking[1], *(_value(found.get(key), 3) for key in decisions.values())])
        printed = [found.get(key, {}).get("paper") for key in decisions.values()]
        if any(value is not None for value in printed):
            lines.append(["paper, threshold not stated", "", "", "", *("" if value is None else f"{value:.3f}" for value in printed)])
    _print(["model", "macro-AUROC", "sd", "macro-AUPRC", *decisions], lines)


def _figures(rows: Sequence[Row]) -> None:
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    lines = []
    for run in dict.fromkeys(row["run"] for row in rows):
        found = {row["metric"]: row for row in rows if row["run"] == run}
        lines.append([run, *(_interval(found.get(metric), 3) for metric in metrics)])
    _print(["", *(metric.replace("_", " ") for metric in metrics)], lines)


def _findings(run: str, rows: Sequence[Row]) -> None:
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    shown = [metric for metric in metrics if metric in FINDING_FIGURES or metric.startswith(("positives", "prevalence", "largest"))]
    lines = []
    for finding in dict.fromkeys(row["finding"] for row in rows):
        found = {row["metric"]: row for row in rows if row["finding"] == finding}
        cells = [_count(found[metric]) if metric == "positives" else _interval(found.get(metric), 3) for metric in shown]
        lines.append([finding, *cells, _number(found.get("f1", {}).get("paper"), 3)])
    printed = any(line[-1] for line in lines)
    _print([run, *shown, *(["paper's F1"] if printed else [])], [line if printed else line[:-1] for line in lines])


def _differences(rows: Sequence[Row]) -> None:
    figures = list(dict.fromkeys((row["metric"], row["threshold"]) for row in rows))
    lines = []
    for run, reference in dict.fromkeys((row["run"], row["reference"]) for row in rows):
        found = {(row["metric"], row["threshold"]): row for row in rows if (row["run"], row["reference"]) == (run, reference)}
        lines.append([f"{run} minus {reference}", *(_difference(found.get(figure)) for figure in figures)])
    heads = [metric.replace("_", " ") + (f", {threshold}" if threshold else "") + " (Holm's p)" for metric, threshold in figures]
    _print(["paired", *heads], lines)


def _claims(rows: Sequence[Row]) -> None:
    if rows:
        print("### Claims\n")
        _print(
            ["claim", "threshold", "micro-F1 (Holm's p)", "p over paired seeds", "here"],
            [[row["claim"], row["threshold"], _difference(row), _number(row["p_seeds"], 3), row["verdict"]] for row in rows],
        )


def _difference(row: Row | None) -> str:
    if row is None or row["value"] is None:
        return ""
    low, high = row["ci95"]
    return f"{row['value']:+.3f} [{low:+.3f}, {high:+.3f}] ({row['p_holm']:.3f})"


def _interval(row: Row | None, digits: int = 4) -> str:
    if row is None or row["value"] is None:
        return ""
    interval = "" if row["ci95"] is None else f" [{row['ci95'][0]:.3f}, {row['ci95'][1]:.3f}]"
    return f"{row['value']:.{digits}f}{interval}"


def _spread(row: Row) -> str:
    return f"{stdev(row['seeds']):.4f}" if row["seeds"] and len(row["seeds"]) > 1 else ""


def _count(row: Row) -> str:
    return str(row["value"])


def _value(row: Row | None, digits: int) -> str:
    return "" if row is None else _number(row["value"], digits)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _print(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(row) + " |")
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(",") if len(sys.argv) > 2 else ())
