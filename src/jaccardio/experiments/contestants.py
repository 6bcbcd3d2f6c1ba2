"""From finished runs to what is ranked: each run's scores on what it has not seen, looked at once and kept."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.checksums import MANIFEST, Manifest, file_entry, write_manifest
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.thresholds import POLICIES, Thresholds
from jaccardio.experiments.evaluate_run import Window, score_part
from jaccardio.files import write_atomic
from jaccardio.findings.contradictions import NORMAL_CODES
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.folder import THRESHOLDS, VOCABULARY, WEIGHTS
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder

KEPT_FORMAT = "jaccardio-scores-1"

Columns = tuple[NDArray[np.str_], dict[str, NDArray[np.float64]]]
"""Recording ids (n,) and named columns (n,) of numbers."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """ECGs that no run has seen, on which runs are ranked: the test part, or another hospital.

    Attributes
    ----------
    part
        ``test``, or ``all`` of another hospital's store.
    vocabulary
        The findings that can be learned from the training part and that the store knows, the columns of `labels` (n, k).
    prevalence
        (k,) share of positives in the training part.
    ids, patients
        (n,) recording ids and patient keys.
    """

    store: Store
    part: str
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
        return cls._gather(store, "test", material.vocabulary, material.prevalence(), store.rows_of(split.parts["test"]))

    def elsewhere(self, store: Store) -> "HeldOut":
        """Another hospital's whole store, with the findings that it shares with this one.

        Raises
        ------
        DataError
            There is none.
        """
        shared = [column for column, code in enumerate(self.vocabulary.codes) if code in store.vocabulary.codes]
        if not shared:
            raise DataError(
                f"{store.path}: its findings ({store.vocabulary.name}) and those of {self.store.path} ({self.vocabulary.name}) have none "
                f"in common. Run `jaccardio relabel {store.path.name} --vocabulary {self.vocabulary.argument}` first."
            )
        return self._gather(store, "all", self.vocabulary.subset(shared), self.prevalence[shared], np.arange(len(store)))

    def of_findings(self, codes: Sequence[str]) -> "HeldOut":
        """The same ECGs with some of the findings, in the order of the vocabulary."""
        columns = sorted(self.vocabulary.index(code) for code in codes)
        return replace(
            self, vocabulary=self.vocabulary.subset(columns), prevalence=self.prevalence[columns], labels=self.labels[:, columns]
        )

    @classmethod
    def _gather(
        cls, store: Store, part: str, vocabulary: Vocabulary, prevalence: NDArray[np.float64], rows: NDArray[np.int64]
    ) -> "HeldOut":
        columns = np.array([store.vocabulary.index(code) for code in vocabulary.codes])
        patients = store.records["patient_key"].to_numpy()[rows]
        return cls(store, part, vocabulary, prevalence, store.labels[np.ix_(rows, columns)], store.ids[rows], patients)


def contestant(
    name: str, note: str, runs: Sequence[RunFolder], part: HeldOut, kept: Path, device: str, window: Window | None = None
) -> Contestant:
    """A contestant from the runs of its seeds.

    Parameters
    ----------
    kept
        Folder of scores; those that stand there are taken, and the part is not looked at again.
    window
        What of each ECG the models see; None is all.
    """
    thresholds = []
    for run in runs:
        model = run.model_manifest
        vocabulary = Vocabulary.from_dict(model.json_of(VOCABULARY))
        columns = [vocabulary.index(code) for code in part.vocabulary.codes]
        thresholds.append(Thresholds.from_dict(model.json_of(THRESHOLDS)).of(columns))
    return Contestant(
        name,
        [_kept_scores(run, part, kept, device, window) for run in runs],
        thresholds,
        [float(run.summary["seconds"]) for run in runs],
        note,
    )


def always_normal(part: HeldOut) -> Contestant:
    """The control that looks at no ECG: each finding's prevalence in training as its score, and only "normal" called present."""
    called = np.array([code in NORMAL_CODES for code in part.vocabulary.codes])
    thresholds = Thresholds(dict.fromkeys(POLICIES, np.where(called, 0.0, 1.0)))  # scores lie above 0 and below 1
    note = "control: prevalence as score, " + ("only the normal finding called" if called.any() else "nothing called")
    return Contestant("always-normal", [np.tile(part.prevalence, (len(part.labels), 1))], [thresholds], [0.0], note)


def kept_file(kept: Path, run: RunFolder, part: HeldOut, what: str = "") -> Path:
    """Where what a run says of a part is kept: named by the run, its weights, for another hospital also by its store, and by what it says.

    The weights are named because a run that was deleted and trained again, by another version or with other threads, is another model.
    """
    weights = run.model_manifest.files[WEIGHTS]["sha256"][:8]
    place = "" if part.part == "test" else f"-{part.store.fingerprint[:8]}"
    return kept / f"{run.path.name}-{weights}{place}{what}.parquet"


def kept_table(file: Path, ids: NDArray[np.str_], columns: Sequence[str], compute: Callable[[], Columns]) -> NDArray[np.float64]:
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
    listed = Manifest.read(file.parent, KEPT_FORMAT, remedy).files if (file.parent / MANIFEST).is_file() else {}
    if file.name not in listed or not file.is_file():
        names, found = compute()
        buffer = io.BytesIO()
        pd.DataFrame({"recording_id": names, **found}).to_parquet(buffer, index=False)
        write_atomic(file, buffer.getvalue())
        write_manifest(file.parent, KEPT_FORMAT, {**listed, file.name: file_entry(buffer.getvalue())})
    table = pd.read_parquet(io.BytesIO(Manifest.read(file.parent, KEPT_FORMAT, remedy).bytes_of(file.name)))
    return np.asarray(table.set_index("recording_id").loc[ids, list(columns)], np.float64)


def _kept_scores(run: RunFolder, part: HeldOut, kept: Path, device: str, window: Window | None) -> NDArray[np.float64]:
    def scores() -> Columns:
        scored = score_part(run, part.store, part.part, device=device, window=window)
        columns = {f"score_{code}": column for code, column in zip(scored.vocabulary.codes, scored.scores.T, strict=True)}
        return part.store.ids[scored.rows], columns

    file = kept_file(kept, run, part, "" if window is None else f"-{window.start:g}-{window.seconds:g}s")
    return kept_table(file, part.ids, [f"score_{code}" for code in part.vocabulary.codes], scores)
