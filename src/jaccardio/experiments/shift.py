"""A run's model at home and at another hospital: what shifted, and what a few local labels mend.

Command: ``jaccardio shift``.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.evaluation.shift import Place, measure_shift
from jaccardio.experiments.evaluate_run import ScoredPart, score_part
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import windows_for
from jaccardio.progress import Progress, Watch, unwatched
from jaccardio.report.shift_page import write_shift
from jaccardio.training.run_folder import RunFolder


def run_shift(
    run: RunFolder, home: Store, away: Store, out: Path, *, device: str = "auto", replicates: int = 1000, watch: Watch = unwatched
) -> dict[str, Any]:
    """Compares the test part of the run's own store with all of another, and writes ``results.json``, pictures and ``shift.html`` to `out`.

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
    scored = {
        "home": score_part(run, home, "test", device=device, progress=watch("scoring at home")),
        "away": score_part(run, away, "all", device=device, progress=watch("scoring away")),
    }
    shared = [code for code in scored["home"].vocabulary.codes if code in scored["away"].vocabulary.codes]
    if not shared:
        raise DataError("the two stores have no finding of the model in common. Relabel one with the vocabulary of the other.")
    predictor = Predictor.from_pretrained(run.path, device)
    places = {
        "home": _place(predictor, home, scored["home"], shared, watch("embedding at home")),
        "away": _place(predictor, away, scored["away"], shared, watch("embedding away")),
    }
    columns = _columns(scored["home"], shared)
    thresholds = scored["home"].thresholds.of(columns.tolist())
    document = measure_shift(places["home"], places["away"], shared, thresholds, replicates)
    facts = {
        "Model": f"preset {run.config.preset}, seed {run.config.training.seed}",
        "Home": f"test part of the run's split; {_described(home)}",
        "Away": f"all ECGs; {_described(away)}",
        "Thresholds": "from home: fitted on the run's validation part",
        "Looks at a test part": f"these are numbers {scored['home'].test_uses} and {scored['away'].test_uses} of this run",
    }
    names = {finding.code: finding.name for finding in scored["home"].vocabulary.findings}
    write_shift(out, document, title=f"{run.config.preset} at another hospital", facts=facts, names=names)
    return document


def _place(predictor: Predictor, store: Store, scored: ScoredPart, shared: list[str], progress: Progress) -> Place:
    columns = _columns(scored, shared)
    features = predictor.embed(windows_for(predictor, store, scored.rows, progress))
    patients = store.records["patient_key"].to_numpy(str)[scored.rows]
    return Place(scored.labels[:, columns], scored.scores[:, columns], features, patients)


def _columns(scored: ScoredPart, shared: list[str]) -> NDArray[np.int64]:
    return np.array([scored.vocabulary.codes.index(code) for code in shared])


def _described(store: Store) -> str:
    return f"corpus {store.manifest['corpus']}; {', '.join(sorted(store.records['database'].unique()))}"
