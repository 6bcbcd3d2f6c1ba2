"""Prints the tables of docs/results.md from the reports that scripts/presets_on_ptbxl.sh wrote.

python scripts/results_table.py path/to/work
"""

import json
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any

PRESETS = ("classifier-small", "truth-small", "jaccard-small", "siglip-small", "paper-small")
SEEDS = (0, 1, 2)
SETS = {
    "ptbxl71": "PTB-XL, vocabulary ptbxl71, fold 9",
    "paper26": "PTB-XL, vocabulary paper26, fold 9",
    "challenge": "Models of vocabulary paper26 on Challenge records of other hospitals",
    "simulated": "Models of vocabulary paper26 on a simulated hospital",
}
LEVELS = ("all", "diagnostic", "sub", "super", "form", "rhythm")


def main(work: Path) -> None:
    """Prints every table for which there are reports."""
    for name, title in SETS.items():
        metrics = {preset: _documents(work / "reports" / name, preset, "metrics.json") for preset in PRESETS}
        if not any(metrics.values()):
            continue
        first = next(documents[0] for documents in metrics.values() if documents)
        print(f"### {title}\n")
        print(f"{first['n_records']} ECGs of {first['n_patients']} patients; macro over {len(first['findings_in_macro'])} findings.\n")
        _print(_ranking(metrics))
        _print(_decisions(metrics))
        if name == "ptbxl71":
            _print(_levels(metrics))
        if name in ("ptbxl71", "paper26"):
            _print(_training(work / "runs" / name))


def _ranking(metrics: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    rows = [["preset", *(f"macro-AUROC, seed {seed}" for seed in SEEDS), "mean ± sd", "macro-AUPRC, mean ± sd"]]
    for preset, documents in metrics.items():
        cells = [_interval(document["macro_auroc"]) for document in documents]
        spread = [_spread([document[key]["value"] for document in documents]) for key in ("macro_auroc", "macro_auprc")]
        rows.append([preset, *cells, *[""] * (len(SEEDS) - len(cells)), *spread])
    return rows


def _decisions(metrics: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    keys = ("micro_f1", "macro_f1", "hamming_loss", "jaccard_samples")
    policies = ("fixed", "global", "per_finding")
    columns = [(policy, "micro_f1") for policy in policies] + [("global", key) for key in keys[1:]]
    rows = [["preset", *(f"{key.replace('_', ' ')}, {policy.replace('_', ' ')}" for policy, key in columns)]]
    for preset, documents in metrics.items():
        rows.append([preset, *(_spread([document["thresholds"][policy][key] for document in documents]) for policy, key in columns)])
    return rows


def _levels(metrics: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    rows = [["preset, macro-AUROC by level", *LEVELS]]
    for preset, documents in metrics.items():
        rows.append([preset, *(_spread([document["levels"][level]["macro_auroc"] for document in documents]) for level in LEVELS)])
    return rows


def _training(runs: Path) -> list[list[str]]:
    rows = [["preset", "validation macro-AUROC", "chosen epoch, by seed", "training, s (one thread, shared machine)"]]
    for preset in PRESETS:
        documents = _documents(runs, preset, "training.json")
        epochs = ", ".join(str(document["epoch"]) for document in documents)
        seconds = ", ".join(f"{document['seconds']:.0f}" for document in documents)
        rows.append([preset, _spread([document["validation_macro_auroc"] for document in documents]), epochs, seconds])
    return rows


def _documents(folder: Path, preset: str, file: str) -> list[dict[str, Any]]:
    paths = [folder / f"{preset}-{seed}" / file for seed in SEEDS]
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def _interval(figure: dict[str, Any]) -> str:
    low, high = figure["ci95"]
    return f"{figure['value']:.4f} [{low:.3f}, {high:.3f}]"


def _spread(values: list[float]) -> str:
    if not values:
        return ""
    return f"{mean(values):.4f}" + (f" ± {stdev(values):.4f}" if len(values) > 1 else "")


def _print(rows: list[list[str]]) -> None:
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows[1:]:
        print("| " + " | ".join(row) + " |")
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
