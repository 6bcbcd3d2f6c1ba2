"""How well the shipped definitions rank the abnormal ECGs of a store's validation part, finding by finding, and how `FLOOR` was chosen.

    python scripts/definitions.py STORE [RUN]

STORE is labelled with ptbxl71 or paper26; with RUN, statements are the mean of what was measured and what that run sees. For every finding
with ten positives among the ECGs that are known not to be normal: AUROC of its definition over the statements. No label enters a score;
labels judge it. The test part is not touched.
"""

import sys
from pathlib import Path

import numpy as np

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.unseen import defined, measured_degrees
from jaccardio.measurement import clauses
from jaccardio.measurement.definitions import definitions_of
from jaccardio.prediction.ask import mean_degree
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for

FLOORS = (0.00005, 0.0002, 0.001, 0.005, 0.02, 0.05, 0.1)


def main(store: Store, run: Path | None) -> None:
    """Prints one line a finding, then the mean at each floor."""
    split = load_split(store)
    assert split is not None, "run `jaccardio split` first"
    held_out = HeldOut.of(store, split, "validation")
    labels = held_out.part.labels
    abnormal = (labels[:, held_out.part.is_normal] == 0).all(axis=1)
    enough = (labels[abnormal] == 1).sum(axis=0) >= MINIMUM_POSITIVES
    columns = np.flatnonzero(enough & ~held_out.part.is_normal)
    codes = [held_out.vocabulary.codes[column] for column in columns]
    degrees = measured_degrees(held_out)
    if run is not None:
        rows = store.rows_of(held_out.part.ids.tolist())
        predictor = Predictor.from_pretrained(run)
        seen = predictor.statement_degrees(windows_for(predictor, store, rows))
        degrees = {code: mean_degree(measured, seen.get(code)) for code, measured in degrees.items()}
    for floor in (clauses.FLOOR, *FLOORS):
        first = floor == clauses.FLOOR
        clauses.FLOOR = floor
        scores = defined(codes, definitions_of(codes), degrees)
        reached = [auroc(labels[abnormal, column], score[abnormal]) for column, score in zip(columns, scores.T, strict=True)]
        if first:
            for code, column, value in zip(codes, columns, reached, strict=True):
                print(f"{code:16} {(labels[abnormal, column] == 1).sum():5} {value:.3f}")
        print(f"floor {floor:g}: mean of {len(codes)} findings {np.mean(reached):.4f}")


if __name__ == "__main__":
    main(Store.open(Path(sys.argv[1])), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
