"""Prints the tables of docs/results.md from what `jaccardio compare` wrote.

python scripts/comparison_table.py path/to/comparison
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    """Prints screening, ranking and differences."""
    screening = json.loads((folder / "screening.json").read_text())
    _print(
        ["objective", "cell and settings", "source", "validation macro-AUROC", "finalist"],
        [
            [row["objective"], row["description"], row["source"], _value(row["validation_macro_auroc"]), "yes" if row["finalist"] else ""]
            for row in screening["rows"]
        ],
    )
    ranking = json.loads((folder / "ranking.json").read_text())
    _print(
        [
            "objective",
            "macro-AUROC",
            "sd",
            "macro-AUPRC",
            "micro-F1 at 0.5",
            "one threshold",
            "per finding",
            "Hamming, one threshold",
            "Jaccard, one threshold: ECGs",
            "micro",
            "macro",
        ],
        [
            [row["name"], _interval(row["macro_auroc"]), _value(row["macro_auroc"]["sd"]), _interval(row["macro_auprc"]), *_decisions(row)]
            for row in ranking["rows"]
        ],
    )
    names = ("macro_auroc", "macro_auprc", "micro_f1")
    _print(
        [f"minus {ranking['reference']}", *(f"{name.replace('_', ' ')} (Holm's p)" for name in names), "Spearman of gain and prevalence"],
        [
            [
                row["name"],
                *(f"{_interval(row[name], signed=True)} ({row[name]['p_holm']:.3f})" for name in names),
                _value(row["auroc_gain_by_prevalence"]["spearman"], 2),
            ]
            for row in ranking["differences"]
        ],
    )


def _decisions(row: dict[str, Any]) -> list[str]:
    policies = row["thresholds"]
    shared = policies["global"]
    figures = [policies[policy]["micro_f1"] for policy in ("fixed", "global", "per_finding")]
    figures += [shared[name] for name in ("hamming_loss", "jaccard_samples", "jaccard_micro", "jaccard_macro")]
    return [_value(figure, 3) for figure in figures]


def _interval(figure: dict[str, Any], signed: bool = False) -> str:
    low, high = figure["ci95"]
    return f"{figure['value']:+.4f} [{low:+.4f}, {high:+.4f}]" if signed else f"{figure['value']:.4f} [{low:.3f}, {high:.3f}]"


def _value(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _print(head: list[str], rows: list[list[str]]) -> None:
    for row in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(row) + " |")
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
