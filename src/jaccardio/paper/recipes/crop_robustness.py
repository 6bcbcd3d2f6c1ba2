"""The paper's reason for random crops, tested: does a model trained with them depend less on where and how long an ECG is cut?"""

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.samples import mean_over_records
from jaccardio.evaluation.thresholds import DEFAULT_POLICY
from jaccardio.experiments.evaluate_run import Window
from jaccardio.paper.study import Study
from jaccardio.paper.tables import Table, figure_row

WHOLE = "10 s"
WINDOWS = {
    WHOLE: None,
    "7.5 s from 0": Window(0, 7.5),
    "7.5 s from 2.5 s": Window(2.5, 7.5),
    "5 s from 0": Window(0, 5),
    "5 s from 5 s": Window(5, 5),
    "2.5 s from 3.75 s": Window(3.75, 2.5),
}
SHIFTS = (("7.5 s from 0", "7.5 s from 2.5 s"), ("5 s from 0", "5 s from 5 s"))
"""Pairs of windows of one length and one ECG, apart by a shift in time."""


def crop_robustness(study: Study) -> Table:
    """Models trained with and without random crops, on windows cut elsewhere and of other lengths.

    Paper: section 3 gives random crops as the remedy against ECGs that start and end elsewhere; no experiment shows it.
    Command: jaccardio reproduce crop_robustness --scale small --store STORE --out DIR
    Cost: 6 runs of table3's second and third columns, 5 minutes each on one core; a minute or two of scoring.
    Expect: a ResNet with pooling over time hardly notices a shift, cropped or not; shorter windows cost either little.
    """
    table = Table("Windows cut elsewhere and of other lengths")
    models: dict[str, dict[str, Contestant]] = {}
    for name in ("embedding-256", "crop"):
        cut = {place: study.entered(table, name, study.home, f"{study.title(name)}, {place}", window) for place, window in WINDOWS.items()}
        models[name] = entered = {place: one for place, one in cut.items() if one is not None}
        study.contest(table, study.home, list(entered.values()), paper={}, reference=f"{study.title(name)}, {WHOLE}")
        for before, after in SHIFTS:
            if before in entered and after in entered:
                _add_shift(
                    table, study, f"{study.title(name)}, {before} and {after.partition('from ')[2]}", entered[before], entered[after]
                )
    for place in WINDOWS:
        pair = [found[place] for found in models.values() if place in found]
        claims = {f"{study.title('crop')}, {place}": f"section 3: random crops help where an ECG is cut; here {place}"}
        study.contest(
            table, study.home, pair, paper={}, reference=f"{study.title('embedding-256')}, {place}", claims={} if place == WHOLE else claims
        )
    table.remarks.append(
        "Windows are cut from the ECG, not rolled round. Differences are from the same model's whole ECG, and from the model without crops "
        "on the same window. Calls changed: share of findings "
        "that are called in one of two shifted windows of an ECG and not in the other, at the global threshold."
    )
    return table


def _add_shift(table: Table, study: Study, run: str, before: Contestant, after: Contestant) -> None:
    of_seeds: dict[str, list[NDArray[np.float64]]] = {"calls changed": [], "score moved": []}
    for one, other, thresholds in zip(before.scores, after.scores, before.thresholds, strict=True):
        changed = thresholds.decide(one, DEFAULT_POLICY) != thresholds.decide(other, DEFAULT_POLICY)
        of_seeds["calls changed"].append(changed.mean(axis=1))
        of_seeds["score moved"].append(np.abs(one - other).mean(axis=1))
    bootstrap = study.bootstrap(study.home)
    table.rows += [figure_row(run, metric, None, mean_over_records(values, bootstrap)) for metric, values in of_seeds.items()]
