"""Scores of runs on ECGs that they have not seen, looked at once and cached."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.checksums import MANIFEST, Manifest, file_entry, write_manifest
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.experiments.evaluate_run import Crop, score_part
from jaccardio.experiments.held_out import HeldOut
from jaccardio.files import write_atomic
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.folder import THRESHOLDS, VOCABULARY, WEIGHTS
from jaccardio.parquet import frame_of, parquet_bytes, read_parquet
from jaccardio.training.run_folder import RunFolder

FORMAT = "jaccardio-scores-1"

NEVER = 1.0
"""Threshold of a finding that a run could not learn: above its score."""

Columns = tuple[NDArray[np.str_], dict[str, NDArray[np.float64]]]
"""Recording ids (n,) and named columns (n,) of numbers."""


def scored_runs(
    name: str, note: str, runs: Sequence[RunFolder], held_out: HeldOut, cache: Path, device: str, crop: Crop | None = None
) -> Scored:
    """What the runs of a model's seeds say of held-out ECGs.

    A finding that a run could not learn, because no labelled ECG of its training knows it, scores one half and is never predicted.

    Parameters
    ----------
    cache
        Folder of scores; those that stand there are taken, and the part is not looked at again.
    crop
        What of each ECG the models see; None is all.
    """
    thresholds = []
    for run in runs:
        model = run.model_manifest
        vocabulary = Vocabulary.from_dict(model.json_of(VOCABULARY))
        fitted = Thresholds.from_dict(model.json_of(THRESHOLDS))
        place = {code: column for column, code in enumerate(vocabulary.codes)}
        values = {
            policy: np.array([limits[place[code]] if code in place else NEVER for code in held_out.vocabulary.codes])
            for policy, limits in fitted.values.items()
        }
        thresholds.append(Thresholds(values, fitted.left_out))
    scores = [_scores(run, held_out, cache, device, crop) for run in runs]
    seconds, seeds = [float(run.summary["seconds"]) for run in runs], [run.config.training.seed for run in runs]
    return Scored(name, scores, thresholds, note=note, seconds=seconds, seeds=seeds)


def cache_file(cache: Path, run: RunFolder, held_out: HeldOut, what: str = "") -> Path:
    """Where what a run says of a part is cached: named by the run, its weights, an external hospital's store, and by what it is.

    The weights are named because a run that was deleted and trained again, by another version or with other threads, is another model.
    """
    weights = run.model_manifest.files[WEIGHTS]["sha256"][:8]
    place = {"test": "", "validation": "-validation"}.get(held_out.name, f"-{held_out.store.fingerprint[:8]}")
    return cache / f"{run.path.name}-{weights}{place}{what}.parquet"


def cached_table(file: Path, ids: NDArray[np.str_], columns: Sequence[str], compute: Callable[[], Columns]) -> NDArray[np.float64]:
    """(n, columns) for recordings in the order of `ids`, from a Parquet file that is computed once and listed in its folder's manifest.

    Parameters
    ----------
    compute
        Gives recording ids and columns where the file is not there yet.

    Raises
    ------
    DataError
        The file, or the manifest of its folder, is not as it was written.
    """
    remedy = f"Remove {file.parent}: what it holds is computed again."
    listed = Manifest.read(file.parent, FORMAT, remedy).files if (file.parent / MANIFEST).is_file() else {}
    if file.name not in listed or not file.is_file():
        names, values = compute()
        data = parquet_bytes(pd.DataFrame({"recording_id": names, **values}))
        write_atomic(file, data)
        write_manifest(file.parent, FORMAT, {**listed, file.name: file_entry(data)})
    table = frame_of(read_parquet(Manifest.read(file.parent, FORMAT, remedy).bytes_of(file.name)))
    return np.asarray(table.set_index("recording_id").loc[ids, list(columns)], np.float64)


def _scores(run: RunFolder, held_out: HeldOut, cache: Path, device: str, crop: Crop | None) -> NDArray[np.float64]:
    def compute() -> Columns:
        look = score_part(run, held_out.store, held_out.name, device=device, crop=crop)
        known = dict(zip(look.part.codes, look.scored.scores[0].T, strict=True))
        even = np.full(len(look.part), 0.5)
        return look.part.ids, {f"score_{code}": known.get(code, even) for code in held_out.vocabulary.codes}

    file = cache_file(cache, run, held_out, "" if crop is None else f"-{crop.start:g}-{crop.seconds:g}s")
    return cached_table(file, held_out.part.ids, [f"score_{code}" for code in held_out.vocabulary.codes], compute)
