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

EVEN, NEVER = 0.5, 1.0
"""Score and threshold of a finding that a run could not learn: every ECG scores alike and none is predicted."""

Rows = tuple[NDArray[np.str_], NDArray[np.float64]]
"""Recording ids (n,) and their numbers (n, columns)."""


def scored_runs(
    name: str, note: str, runs: Sequence[RunFolder], held_out: HeldOut, cache: Path, device: str, crop: Crop | None = None
) -> Scored:
    """What the runs of a model's seeds say of held-out ECGs.

    A finding that a run could not learn, because no labelled ECG of its training knows it, scores `EVEN` and is never predicted.

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
        known, fitted = Vocabulary.from_dict(model.json_of(VOCABULARY)).codes, Thresholds.from_dict(model.json_of(THRESHOLDS))
        values = {policy: widened(limits, known, held_out.vocabulary.codes, NEVER) for policy, limits in fitted.values.items()}
        thresholds.append(Thresholds(values, fitted.left_out))
    scores = [_scores(run, held_out, cache, device, crop) for run in runs]
    seconds, seeds = [float(run.summary["seconds"]) for run in runs], [run.config.training.seed for run in runs]
    return Scored(name, scores, thresholds, note=note, seconds=seconds, seeds=seeds)


def widened(values: NDArray[np.floating], known: Sequence[str], codes: Sequence[str], other: float) -> NDArray[np.float64]:
    """(..., codes) from the values (..., known) of the findings that a run could learn; another value for those that it could not."""
    wide = np.full((*values.shape[:-1], len(codes)), other)
    for place, code in enumerate(codes):
        if code in known:
            wide[..., place] = values[..., known.index(code)]
    return wide


def cache_file(cache: Path, run: RunFolder, held_out: HeldOut, what: str = "") -> Path:
    """Where what a run says of a part is cached: named by the run, its weights, an external hospital's store, and by what it is.

    The weights are named because a run that was deleted and trained again, by another version or with other threads, is another model.
    """
    weights = run.model_manifest.files[WEIGHTS]["sha256"][:8]
    place = {"test": "", "validation": "-validation"}.get(held_out.name, f"-{held_out.store.fingerprint[:8]}")
    return cache / f"{run.path.name}-{weights}{place}{what}.parquet"


def cached_table(file: Path, ids: NDArray[np.str_], columns: Sequence[str], compute: Callable[[], Rows]) -> NDArray[np.float64]:
    """(n, columns) for recordings in the order of `ids`, from a Parquet file that is computed once and listed in its folder's manifest.

    Parameters
    ----------
    compute
        Gives the rows where the file is not there yet.

    Raises
    ------
    DataError
        The file, or the manifest of its folder, is not as it was written.
    """
    remedy = f"Remove {file.parent}: what it holds is computed again."
    listed = Manifest.read(file.parent, FORMAT, remedy).files if (file.parent / MANIFEST).is_file() else {}
    if file.name not in listed or not file.is_file():
        names, values = compute()
        data = parquet_bytes(pd.DataFrame({"recording_id": names, **dict(zip(columns, values.T, strict=True))}))
        write_atomic(file, data)
        write_manifest(file.parent, FORMAT, {**listed, file.name: file_entry(data)})
    table = frame_of(read_parquet(Manifest.read(file.parent, FORMAT, remedy).bytes_of(file.name)))
    return np.asarray(table.set_index("recording_id").loc[ids, list(columns)], np.float64)


def _scores(run: RunFolder, held_out: HeldOut, cache: Path, device: str, crop: Crop | None) -> NDArray[np.float64]:
    def compute() -> Rows:
        look = score_part(run, held_out.store, held_out.name, device=device, crop=crop)
        return look.part.ids, widened(look.scored.scores[0], look.part.codes, held_out.vocabulary.codes, EVEN)

    file = cache_file(cache, run, held_out, "" if crop is None else f"-{crop.start:g}-{crop.seconds:g}s")
    return cached_table(file, held_out.part.ids, [f"score_{code}" for code in held_out.vocabulary.codes], compute)
