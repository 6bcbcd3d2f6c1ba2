"""Presets against each other, single models and ensembles of their seeds, at home and at external hospitals: docs/results.

python scripts/rank_presets.py path/to/work path/to/store[,path/to/external ...] jaccardio-small "jaccardio-small model.kind=classifier"

The first store needs a split; its test part, and each external store, is looked at once by each run. Each argument after the stores is a
preset and settings on top of it; the first is the reference. Three seeds each, two runs side by side; finished runs are not repeated.
Writes the results to path/to/work/results.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.run_cache import RunCache
from jaccardio.experiments.score_cache import scored_runs
from jaccardio.models.folder import load_pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.report.ranked import ranked_table
from jaccardio.report.results import write_study
from jaccardio.training.config import load_preset
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder

SEEDS = 3


def main(work: Path, paths: Sequence[Path], names: Sequence[str]) -> None:
    """Trains, ranks, writes."""
    home, *others = (Store.open(path) for path in paths)
    split = load_split(home)
    assert split is not None, "the first store needs a split"
    test, material = HeldOut.of(home, split), Material.gather(home, split)
    runs = RunCache(work / "runs", home, split, jobs=2, device="cpu", say=lambda line: print(line, file=sys.stderr))
    wanted = []
    for name in names:
        preset, *settings = name.split()
        wanted += [(name, load_preset(preset, [*settings, f"training.seed={seed}"])) for seed in range(SEEDS)]
    trained = runs.side_by_side(lambda pair: runs.train(pair[0].split()[0], pair[1]), wanted)
    tables = {}
    for held_out in (test, *(test.external(store) for store in others)):
        models = [held_out.always_normal()]
        for name in names:
            finished = [run for (owner, _), run in zip(wanted, trained, strict=True) if owner == name and run is not None]
            single = scored_runs(name, f"{len(finished)} seeds", finished, held_out, work / "scores", "cpu")
            models += [single, ensemble(single, finished, held_out, material)] if len(finished) > 1 else [single]
        title = f"{'Test part of ' if held_out is test else ''}{held_out.store.title}"
        tables[held_out.store.path.name] = ranked_table(held_out.part, models, names[0], title, 2000)
    write_study(work / "results", tables, title=" and ".join(names), facts={"Seeds": str(SEEDS), "Intervals": "2,000 bootstrap samples"})


def ensemble(single: Scored, runs: Sequence[RunFolder], held_out: HeldOut, material: Material) -> Scored:
    """The mean probability of all seeds as one model, its thresholds fitted on the validation part like everybody's."""
    batches = list(full_batches(material.store, material.validation_rows, 256))
    validation = np.mean([finding_scores(load_pretrained(run.model).model, batches, torch.device("cpu")) for run in runs], axis=0)
    thresholds = fit_thresholds(material.validation_labels, validation)
    columns = [material.vocabulary.index(code) for code in held_out.part.codes]
    return Scored(f"{single.name}, ensemble", [np.mean(single.scores, axis=0)], [thresholds.of(columns)], note=f"mean of {len(runs)} seeds")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(path) for path in sys.argv[2].split(",")], sys.argv[3:])
