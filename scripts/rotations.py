"""Candidates for a preset against each other over rotations of the development folds and seeds: docs/experiments-log.md.

python scripts/rotations.py path/to/work path/to/store 7,8 0,1 jaccardio-small "jaccardio-small model.pooling=attention"

Folds and seeds are lists; every argument after them is a preset and settings on top of it, the first is the base. With fold 7, for
example, it validates and the others train; fold 9 stands aside every time. Finished runs are not repeated. Prints a table after each
candidate: its metrics, means over folds and seeds, and how far its macro-AUROC is from the base's in each of them.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jaccardio.cohort.split import split_by_folds
from jaccardio.cohort.store import Store
from jaccardio.evaluation.auroc import auroc, average_precision
from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.run_cache import RunCache
from jaccardio.experiments.score_cache import scored_runs
from jaccardio.markdown import markdown_table
from jaccardio.training.config import load_preset
from jaccardio.training.run_folder import RunFolder

TEST_FOLD = 9
RHYTHMS = ("SARRH", "PAC")
METRICS = ("macro-AUROC", "all statements", "macro-AUPRC", *RHYTHMS)
ALONE = "macro-AUROC of the network alone"


def main(work: Path, path: Path, folds: Sequence[int], seeds: Sequence[int], candidates: Sequence[str]) -> None:
    """Trains what is not there, and prints the table after each candidate."""
    store = Store.open(path)
    rotations = {}
    for fold in folds:
        split = split_by_folds(store, fold, TEST_FOLD)
        runs = RunCache(work / f"fold-{fold}", store, split, jobs=1, device="cpu", say=lambda line: print(line, file=sys.stderr))
        rotations[fold] = runs, HeldOut.of(store, split, "validation")
    found: dict[str, dict[tuple[int, int], dict[str, float]]] = {}
    for candidate in candidates:
        preset, *settings = candidate.split()
        found[candidate] = {}
        for seed in seeds:
            config = load_preset(preset, [*settings, f"training.seed={seed}"])
            for fold, (runs, held_out) in rotations.items():
                run = runs.train(preset, config)
                if run is not None:
                    scored = scored_runs(candidate, "", [run], held_out, work / f"scores-{fold}", "cpu")
                    found[candidate][fold, seed] = {ALONE: network_alone(run), **metrics(held_out, scored.scores[0])}
        print("\n".join(table(found)), "\n", flush=True)


def network_alone(run: RunFolder) -> float:
    """Macro-AUROC of the last epoch, before what measurements say was fitted beside it."""
    return float([line for line in run.log_lines() if "validation_macro_auroc" in line][-1]["validation_macro_auroc"])


def metrics(held_out: HeldOut, scores: np.ndarray) -> dict[str, float]:
    """`METRICS` of a part: the mean over statements with ten positives, or over all with one, and of two rhythms that need time."""
    part = held_out.part
    columns = list(zip(part.labels.T, scores.T, strict=True))
    areas, precisions = (np.array([area(*column) for column in columns]) for area in (auroc, average_precision))
    usual = part.positives >= MINIMUM_POSITIVES
    rhythms = (areas[part.codes.index(code)] for code in RHYTHMS)
    values = (np.nanmean(areas[usual]), np.nanmean(areas), np.nanmean(precisions[usual]), *rhythms)
    return dict(zip(METRICS, map(float, values), strict=True))


def table(found: dict[str, dict[tuple[int, int], dict[str, float]]]) -> list[str]:
    """One row a candidate, in Markdown: means, and its macro-AUROC less the base's in each fold and seed that both have."""
    base = next(iter(found.values()))
    cells = list(base)
    rows = []
    for candidate, of_cell in found.items():
        means = [f"{np.mean([one[metric] for one in of_cell.values()]):.4f}" for metric in (ALONE, *METRICS)]
        less = [f"{of_cell[cell]['macro-AUROC'] - base[cell]['macro-AUROC']:+.4f}" if cell in of_cell else "failed" for cell in cells]
        rows.append([f"`{candidate}`", *means, *less])
    return markdown_table(["candidate", ALONE, *METRICS, *(f"fold {fold}, seed {seed}" for fold, seed in cells)], rows)


if __name__ == "__main__":
    work, store, folds, seeds = Path(sys.argv[1]), Path(sys.argv[2]), *([int(one) for one in text.split(",")] for text in sys.argv[3:5])
    main(work, store, folds, seeds, sys.argv[5:])
