"""The paper's reason for random crops, tested: does a model trained with them depend less on where and how long an ECG is cut?"""

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.replicates import mean_over_records
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Row, Table
from jaccardio.evaluation.thresholds import DEFAULT_POLICY
from jaccardio.experiments.evaluate_run import Crop
from jaccardio.paper.study import Study

WHOLE = "10 s"
CROPS = {
    WHOLE: None,
    "7.5 s from 0": Crop(0, 7.5),
    "7.5 s from 2.5 s": Crop(2.5, 7.5),
    "5 s from 0": Crop(0, 5),
    "5 s from 5 s": Crop(5, 5),
    "2.5 s from 3.75 s": Crop(3.75, 2.5),
}
SHIFTS = (("7.5 s from 0", "7.5 s from 2.5 s"), ("5 s from 0", "5 s from 5 s"))
"""Pairs of crops of one length from one ECG, apart by a shift in time."""


def crop_robustness(study: Study, table: Table) -> None:
    """Models trained with and without random crops, on windows cut elsewhere and of other lengths."""
    models: dict[str, dict[str, Scored]] = {}
    for name in ("embedding-256", "crop"):
        cut = {place: study.scored(table, name, study.home, f"{study.title(name)}, {place}", crop) for place, crop in CROPS.items()}
        models[name] = entered = {place: one for place, one in cut.items() if one is not None}
        study.rank(table, study.home, list(entered.values()), reference=f"{study.title(name)}, {WHOLE}")
        for before, after in SHIFTS:
            if before in entered and after in entered:
                _add_shift(
                    table, study, f"{study.title(name)}, {before} and {after.partition('from ')[2]}", entered[before], entered[after]
                )
    for place in CROPS:
        pair = [found[place] for found in models.values() if place in found]
        claims = {f"{study.title('crop')}, {place}": f"section 3: random crops help where an ECG is cut; here {place}"}
        study.rank(table, study.home, pair, reference=f"{study.title('embedding-256')}, {place}", claims={} if place == WHOLE else claims)


def _add_shift(table: Table, study: Study, run: str, before: Scored, after: Scored) -> None:
    of_seeds: dict[str, list[NDArray[np.float64]]] = {"predictions changed": [], "score moved": []}
    for one, other, thresholds in zip(before.scores, after.scores, before.thresholds, strict=True):
        changed = thresholds.decide(one, DEFAULT_POLICY) != thresholds.decide(other, DEFAULT_POLICY)
        of_seeds["predictions changed"].append(changed.mean(axis=1))
        of_seeds["score moved"].append(np.abs(one - other).mean(axis=1))
    bootstrap = study.bootstrap(study.home)
    table.rows += [Row(run, metric, mean_over_records(values, bootstrap)) for metric, values in of_seeds.items()]
