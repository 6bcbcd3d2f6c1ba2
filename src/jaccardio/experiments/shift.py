"""A run at home and at an external hospital: prevalence, embedding, AUROC, and what a few local labels are worth for thresholds.

Command: ``jaccardio shift``.
"""

from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.evaluation.shift import EXTERNAL, HOME, Hospital, measure_shift
from jaccardio.experiments.evaluate_run import Look, score_part
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.progress import Watch, unwatched
from jaccardio.report.results import write_study
from jaccardio.report.study_plots import draw_changes, draw_retuning
from jaccardio.training.run_folder import RunFolder


def run_shift(
    run: RunFolder, home: Store, external: Store, out: Path, *, device: str = "auto", replicates: int = 1000, watch: Watch = unwatched
) -> dict[str, Any]:
    """Compares the test part of the run's own store with all of another, and writes what `write_study` writes to `out`.

    Compared are the findings that the model and both stores have.

    Returns
    -------
    The document of ``results.json``.

    Raises
    ------
    UsageError
        `home` is not the run's store.
    DataError
        Overlap with what the model has seen, or the two stores have no finding of the model in common.
    """
    stores = {HOME: home, EXTERNAL: external}
    looks = {
        name: score_part(run, store, "test" if name == HOME else "all", device=device, progress=watch(f"scoring, {name}"))
        for name, store in stores.items()
    }
    shared = [code for code in looks[HOME].part.codes if code in looks[EXTERNAL].part.codes]
    if not shared:
        raise DataError("the two stores have no finding of the model in common. Relabel one with the vocabulary of the other.")
    predictor = Predictor.from_pretrained(run.path, device)

    def hospital(name: str) -> Hospital:
        look: Look = looks[name]
        columns = [look.part.codes.index(code) for code in shared]
        features = predictor.embed(windows_for(predictor, stores[name], look.rows, watch(f"embedding, {name}")))
        return Hospital(look.part.of_findings(columns), look.scored.of_findings(columns), np.asarray(features))

    tables = measure_shift(hospital(HOME), hospital(EXTERNAL), replicates)
    tables["hospitals"].plots["Largest loss first. Black: macro. Grey: left out of it"] = draw_changes(tables["hospitals"])
    if tables["thresholds"].rows:
        tables["thresholds"].plots["Micro-F1 against the number of labelled local ECGs"] = draw_retuning(tables["thresholds"])
    facts = {
        "Model": f"preset {run.title}",
        "Home": f"test part of the run's split; {home.title}",
        "External": f"all ECGs; {external.title}",
        "Thresholds": "from home: fitted on the run's validation part",
        "Looks at a test part": f"these are numbers {looks[HOME].test_uses} and {looks[EXTERNAL].test_uses} of this run",
    }
    return write_study(out, tables, title=f"{run.config.title} at an external hospital", facts=facts)
