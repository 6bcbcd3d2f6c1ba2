"""A leading preset against the classifier of the same encoder and budget, single models and ensembles of their seeds: docs/results.md.

python scripts/leading_presets.py path/to/store path/to/work jaccardio

The store needs a split; its test part is looked at once by each run. Finished runs are not repeated. Writes the ranking to
path/to/work/<preset> and prints the levels of PTB-XL. A fourth argument sets the number of the classifier's seeds, 3 without it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.contest import Contestant, rank
from jaccardio.evaluation.levels import evaluate_levels
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.experiments.contestants import HeldOut, always_normal, contestant
from jaccardio.experiments.run_cache import RunCache
from jaccardio.models.folder import load_pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.report.ranking_page import write_contest
from jaccardio.training.config import load_preset
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder

SEEDS = 3


def main(store_path: Path, work: Path, preset: str, twins: int = SEEDS) -> None:
    """Trains, ranks, prints."""
    store = Store.open(store_path)
    split = load_split(store)
    assert split is not None, "the store needs a split"
    part, material = HeldOut.of(store, split), Material.gather(store, split)
    runs = RunCache(work / "runs", store, split, jobs=2, device="cpu", say=lambda line: print(line, file=sys.stderr))
    configurations = {
        preset: [load_preset(preset, [f"training.seed={seed}"]) for seed in range(SEEDS)],
        "classifier": [load_preset(preset, ["model.kind=classifier", f"training.seed={seed}"]) for seed in range(twins)],
    }
    wanted = [(name, config) for name, configs in configurations.items() for config in configs]
    trained = runs.side_by_side(lambda pair: runs.train(*pair), wanted)
    contestants = [always_normal(part)]
    for name in configurations:
        finished = [run for (owner, _), run in zip(wanted, trained, strict=True) if owner == name and run is not None]
        single = contestant(name, f"{len(finished)} seeds", finished, part, work / "scores", "cpu")
        contestants += [single] if len(finished) == 1 else [single, ensemble(single, finished, material)]
    contest = rank(part.labels, part.patients, part.vocabulary.codes, contestants, reference="classifier", replicates=2000)
    facts = {"Data": f"test part; corpus {store.manifest['corpus']}", "Footing": f"preset {preset}"}
    write_contest(work / preset, contest, title=f"{preset} against the classifier", facts=facts)
    print_levels(contestants, part)


def ensemble(single: Contestant, runs: Sequence[RunFolder], material: Material) -> Contestant:
    """The mean probability of all seeds as one model, its thresholds fitted on the validation part like everybody's."""
    batches = list(full_batches(material.store, material.validation_rows, 256))
    validation = mean_of([finding_scores(load_pretrained(run.model).model, batches, torch.device("cpu")) for run in runs])
    thresholds = fit_thresholds(material.validation_labels, validation)
    return Contestant(
        f"{single.name}, ensemble", [mean_of(single.scores)], [thresholds], [sum(single.seconds)], f"mean of {len(runs)} seeds"
    )


def mean_of(scores: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Mean probability of each cell."""
    return np.asarray(np.mean(scores, axis=0))


def print_levels(contestants: Sequence[Contestant], part: HeldOut) -> None:
    """A Markdown table of macro-AUROC by level: mean and standard deviation of the seeds, an interval where there is one model."""
    groups = part.vocabulary.groups()
    print("| model | " + " | ".join(groups) + " |\n" + "|---" * (len(groups) + 1) + "|")
    for one in contestants:
        bootstrap = PatientBootstrap(part.patients, replicates=1000)
        figures = [evaluate_levels(part.labels, scores, groups, bootstrap) for scores in one.scores]
        cells = []
        for level in groups:
            values = [figure[level].macro_auroc for figure in figures]
            low, high = figures[0][level].ci95
            spread = f" ± {stdev(values):.4f}" if len(values) > 1 else f" [{low:.3f}, {high:.3f}]"
            cells.append(f"{mean(values):.4f}{spread}")
        print(f"| {one.name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]))
