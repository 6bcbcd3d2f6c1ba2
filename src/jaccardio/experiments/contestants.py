"""From finished runs to what is ranked: each run's scores on the test part, looked at once and kept."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.thresholds import POLICIES, Thresholds
from jaccardio.experiments.evaluate_run import score_part
from jaccardio.files import read_json, write_atomic
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.folder import THRESHOLDS
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder

NORMAL_CODES = ("NORM", "normal")
"""The finding "normal ECG" in the vocabularies that have one."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The test part, on which objectives are ranked.

    Attributes
    ----------
    vocabulary
        The findings that can be learned from the training part, the columns of `labels` (n, k).
    prevalence
        (k,) share of positives in the training part.
    ids, patients
        (n,) recording ids and patient keys.
    """

    store: Store
    vocabulary: Vocabulary
    prevalence: NDArray[np.float64]
    labels: NDArray[np.int8]
    ids: NDArray[np.str_]
    patients: NDArray[np.str_]

    @classmethod
    def of(cls, store: Store, split: Split) -> "HeldOut":
        """The test part of a split, with the findings that its training part knows.

        Raises
        ------
        DataError
            The part is empty.
        """
        if not split.parts["test"]:
            raise DataError("the test part of the split is empty; run `jaccardio split` with other folds or fractions.")
        material = Material.gather(store, split)
        rows = store.rows_of(split.parts["test"])
        columns = np.array([store.vocabulary.index(code) for code in material.vocabulary.codes])
        patients = store.records["patient_key"].to_numpy()[rows]
        return cls(store, material.vocabulary, material.prevalence(), store.labels[np.ix_(rows, columns)], store.ids[rows], patients)


def contestant(name: str, note: str, runs: Sequence[RunFolder], part: HeldOut, kept: Path, device: str) -> Contestant:
    """A contestant from the runs of its seeds.

    Parameters
    ----------
    kept
        Folder of scores; those that stand there are taken, and the test part is not looked at again.
    """
    return Contestant(
        name,
        [_test_scores(run, part, kept / f"{run.path.name}.parquet", device) for run in runs],
        [Thresholds.from_dict(read_json(run.model / THRESHOLDS)) for run in runs],
        [float(read_json(run.summary_file)["seconds"]) for run in runs],
        note,
    )


def always_normal(part: HeldOut) -> Contestant:
    """The control that looks at no ECG: each finding's prevalence in training as its score, and only "normal" called present."""
    called = np.array([code in NORMAL_CODES for code in part.vocabulary.codes])
    thresholds = Thresholds(dict.fromkeys(POLICIES, np.where(called, 0.0, 1.0)))  # scores lie above 0 and below 1
    note = "control: prevalence as score, " + ("only the normal finding called" if called.any() else "nothing called")
    return Contestant("always-normal", [np.tile(part.prevalence, (len(part.labels), 1))], [thresholds], [0.0], note)


def _test_scores(run: RunFolder, part: HeldOut, file: Path, device: str) -> NDArray[np.float64]:
    if not file.is_file():
        scored = score_part(run, part.store, "test", device=device)
        columns: dict[str, object] = {"recording_id": part.store.ids[scored.rows]}
        columns |= {f"score_{code}": column for code, column in zip(scored.vocabulary.codes, scored.scores.T, strict=True)}
        buffer = io.BytesIO()
        pd.DataFrame(columns).to_parquet(buffer, index=False)
        write_atomic(file, buffer.getvalue())
    table = pd.read_parquet(file).set_index("recording_id").loc[part.ids]
    return np.asarray(table[[f"score_{code}" for code in part.vocabulary.codes]], np.float64)
