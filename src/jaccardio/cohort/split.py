"""`Split`: which recordings train, validate and test. No patient and no waveform stands on two sides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from jaccardio.cohort.store import Store
from jaccardio.cohort.stratify import stratify
from jaccardio.errors import DataError, UsageError
from jaccardio.files import read_json, sha256_json, write_json
from jaccardio.findings.labels import PRESENT

PARTS = ("train", "validation", "test")
FILE = "split.json"
VALIDATION_FOLD, TEST_FOLD = 9, 10
FRACTIONS = (0.7, 0.1, 0.2)


@dataclass(frozen=True)
class Split:
    """Recording ids per part.

    Attributes
    ----------
    method
        How it was made: name and arguments, and what was left out.
    parts
        Ids of ``train``, ``validation`` and ``test``, in store order.
    """

    method: dict[str, Any]
    parts: dict[str, tuple[str, ...]]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of method and parts."""
        return sha256_json(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"method": self.method, "parts": {part: list(ids) for part, ids in self.parts.items()}}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Split":
        """The inverse of `to_dict`.

        Raises
        ------
        DataError
            The document is no split.
        """
        try:
            return cls(dict(document["method"]), {part: tuple(map(str, document["parts"][part])) for part in PARTS})
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("this is no split: it needs `method` and `parts` with train, validation and test.") from error


def split_by_folds(store: Store, validation_fold: int = VALIDATION_FOLD, test_fold: int = TEST_FOLD) -> Split:
    """Split along the corpus's own folds; all other folds train.

    A recording whose waveform stands in a later part too (train before validation before test) is left out and counted.

    Raises
    ------
    UsageError
        A recording has no fold, one of the two folds is not there, or both are the same.
    DataError
        A part would be empty, or the corpus's folds tear a patient apart.
    """
    folds = store.records["fold"]
    if folds.isna().any():
        raise UsageError(f"{store.path}: {int(folds.isna().sum())} of {len(store)} recordings have no fold. Split by --fractions.")
    there = sorted(int(fold) for fold in folds.unique())
    if validation_fold == test_fold:
        raise UsageError(f"fold {test_fold} cannot be both validation and test.")
    for fold in (validation_fold, test_fold):
        if fold not in there:
            remedy = "Split by --fractions 0.7,0.1,0.2."
            if len(there) >= len(PARTS):
                remedy = f"Use for example --validation-fold {there[-2]} --test-fold {there[-1]}."
            raise UsageError(f"{store.path}: no recording stands in fold {fold}; its folds are {', '.join(map(str, there))}. {remedy}")
    fold = folds.to_numpy(np.int64)
    parts = np.where(fold == test_fold, 2, np.where(fold == validation_fold, 1, 0))
    latest = pd.Series(parts).groupby(store.records["waveform"].to_numpy()).transform("max").to_numpy()
    kept = parts == latest
    method = {"name": "folds", "validation_fold": validation_fold, "test_fold": test_fold, "left_out": int((~kept).sum())}
    split = _split(store, method, np.where(kept, parts, -1))
    check_disjoint(store, split)
    return split


def split_by_fractions(store: Store, fractions: tuple[float, float, float] = FRACTIONS, seed: int = 0) -> Split:
    """Multi-label stratified split over patients; patients who share a waveform stay together.

    Parameters
    ----------
    fractions
        Shares of train, validation and test.

    Raises
    ------
    UsageError
        The fractions are not three positive numbers that add up to 1.
    DataError
        There are too few patients to fill every part.
    """
    if len(fractions) != len(PARTS) or not all(fraction > 0 for fraction in fractions) or abs(sum(fractions) - 1) > 1e-6:
        raise UsageError(
            f"fractions {', '.join(f'{fraction:g}' for fraction in fractions)}: three positive shares that add up to 1 are needed."
        )
    if seed < 0:
        raise UsageError(f"seed {seed}: a whole number from 0 is needed.")
    groups = _groups(store.records)
    method = {"name": "fractions", "fractions": list(fractions), "seed": seed}
    return _split(store, method, stratify(store.labels, groups, fractions, seed))


def default_split(store: Store, seed: int = 0) -> Split:
    """The corpus's own folds where every recording has one, else 70 / 10 / 20.

    The last two folds are validation and test, as in PTB-XL: 1-8 / 9 / 10.
    """
    folds = store.records["fold"]
    if folds.isna().any() or folds.nunique() < len(PARTS):
        return split_by_fractions(store, seed=seed)
    *_, validation, test = sorted(int(fold) for fold in folds.unique())
    return split_by_folds(store, validation, test)


def load_or_make_split(store: Store, say: Callable[[str], None]) -> Split:
    """The store's split; where it has none, the default one is made, kept, and said.

    Raises
    ------
    DataError
        The split that is there is damaged, or there are too few patients for one.
    """
    split = load_split(store)
    if split is None:
        split = default_split(store)
        save_split(store, split)
        method = ", ".join(f"{key} {value}" for key, value in split.method.items())
        say(f"{store.path}: had no split; made the default one ({method})")
    return split


def training_subset(store: Store, split: Split, fraction: float, seed: int) -> Split:
    """The same split with a share of its training part, drawn by patients and stratified by findings; validation and test stay whole.

    Parameters
    ----------
    fraction
        Share of the training ECGs to keep, above 0 and at most 1; 1 gives the split itself.
    seed
        Which subset.

    Raises
    ------
    UsageError
        The fraction is out of range.
    DataError
        The share is so small that no ECG is left.
    """
    if not 0 < fraction <= 1:
        raise UsageError(f"fraction {fraction:g} of the training part: above 0 and at most 1 is needed.")
    if fraction == 1:
        return split
    rows = np.sort(store.rows_of(split.parts["train"]))
    patients = np.unique(store.records["patient_key"].to_numpy(str)[rows], return_inverse=True)[1]
    kept = stratify(store.labels[rows], patients, (fraction, 1 - fraction), seed) == 0
    if not kept.any():
        raise DataError(f"{fraction:g} of {len(rows)} training ECGs: no ECG is left. Use a larger fraction.")
    method = split.method | {"training_fraction": fraction, "subset": seed}
    return Split(method, split.parts | {"train": tuple(store.ids[rows[kept]].tolist())})


def check_disjoint(store: Store, split: Split) -> None:
    """Checks that no recording, patient or waveform stands in two parts.

    Raises
    ------
    DataError
        Names what is shared, between which parts, with the first case; or an id is not in the store.
    """
    rows = {part: store.rows_of(ids) for part, ids in split.parts.items()}
    for part, ids in split.parts.items():
        if len(set(ids)) != len(ids):
            raise DataError(f"the split's {part} part lists a recording twice. Make the split again.")
    for kind, column in (("recording", "recording_id"), ("patient", "patient_key"), ("waveform", "waveform")):
        values = store.records[column].to_numpy(object)
        members = {part: set(values[found]) for part, found in rows.items()}
        for one, other in combinations(split.parts, 2):
            shared = sorted(members[one] & members[other])
            if shared:
                raise DataError(
                    f"{len(shared)} {kind}s stand both in {one} and in {other}, the first is {shared[0]}. Split by `--fractions`, "
                    "which keeps patients and identical waveforms together, or correct the folds."
                )


def audit(store: Store, split: Split) -> pd.DataFrame:
    """Prevalence of each finding per part, over the recordings where it is known.

    Returns
    -------
    One row a finding (index: code): `<part>_known`, `<part>_positive`, `<part>_prevalence` for each part, and `deviation`,
    the largest distance of a part's prevalence from that of all parts together; NaN where a part knows nothing of the finding.
    """
    table = pd.DataFrame(index=pd.Index(store.vocabulary.codes, name="finding"))
    rows = {part: store.rows_of(ids) for part, ids in split.parts.items()}
    overall = _prevalence(store.labels[np.concatenate(list(rows.values()))])
    for part, found in rows.items():
        labels = store.labels[found]
        table[f"{part}_known"] = (labels >= 0).sum(axis=0)
        table[f"{part}_positive"] = (labels == PRESENT).sum(axis=0)
        table[f"{part}_prevalence"] = _prevalence(labels)
    distances = [np.abs(table[f"{part}_prevalence"].to_numpy() - overall) for part in rows]
    table["deviation"] = np.max(distances, axis=0)
    return table


def save_split(store: Store, split: Split) -> Path:
    """Writes the store's current split, replacing an older one; finished runs keep their own copies."""
    path = store.path / FILE
    write_json(path, split.to_dict() | {"fingerprint": split.fingerprint})
    return path


def load_split(store: Store) -> Split | None:
    """The store's current split, None if none was made.

    Raises
    ------
    DataError
        The file is damaged.
    """
    path = store.path / FILE
    if not path.exists():
        return None
    document = read_json(path)
    split = Split.from_dict(document) if isinstance(document, dict) else None
    if split is None or document.get("fingerprint") != split.fingerprint:
        raise DataError(f"{path}: the split is damaged. Run `jaccardio split` again.")
    return split


def _split(store: Store, method: dict[str, Any], parts: NDArray[np.int64]) -> Split:
    ids = {name: tuple(store.ids[parts == number].tolist()) for number, name in enumerate(PARTS)}
    for name, members in ids.items():
        if not members:
            raise DataError(f"{store.path}: no recording is left for {name}: too few independent patients. Use more ECGs or other shares.")
    return Split(method, ids)


def _groups(records: pd.DataFrame) -> NDArray[np.int64]:
    """Group per record: connected by patient or by identical waveform, directly or through others."""
    patients, waveforms = pd.factorize(records["patient_key"])[0], pd.factorize(records["waveform"])[0]
    nodes = 1 + int(patients.max()) + 1 + int(waveforms.max())
    edges = coo_array((np.ones(len(records), dtype=np.int8), (patients, 1 + patients.max() + waveforms)), shape=(nodes, nodes))
    component = connected_components(edges, directed=False)[1]
    return np.unique(component[patients], return_inverse=True)[1].astype(np.int64)


def _prevalence(labels: NDArray[np.int8]) -> NDArray[np.float64]:
    known = (labels >= 0).sum(axis=0)
    positive = (labels == PRESENT).sum(axis=0)
    prevalence: NDArray[np.float64] = np.divide(positive, known, out=np.full(len(known), np.nan), where=known > 0)
    return prevalence
