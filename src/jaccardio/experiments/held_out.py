"""`HeldOut`: ECGs that no run has seen, on which runs are judged: the test part, or an external hospital."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import POLICIES, Thresholds
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.training.material import Material


def part_of(store: Store, rows: NDArray[np.int64], vocabulary: Vocabulary) -> Part:
    """The ECGs in some rows of a store, with the findings of a vocabulary that the store knows.

    A statement of a level that lacks one of its findings in the store is left out: whether an ECG shows it cannot be known.
    """
    columns = [store.vocabulary.index(code) for code in vocabulary.codes]
    place = {column: number for number, column in enumerate(columns)}
    groups = {
        level: kept
        for level, statements in store.vocabulary.groups().items()
        if (kept := [(name, tuple(place[column] for column in members)) for name, members in statements if place.keys() >= set(members)])
    }
    patients = store.records["patient_key"].to_numpy(str)[rows]
    return Part(store.ids[rows], patients, store.labels[rows][:, columns], tuple(vocabulary.codes), groups)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """ECGs to judge runs on.

    Attributes
    ----------
    name
        ``test``, ``validation``, on which choices are made, or ``all`` of an external hospital's store.
    vocabulary
        The findings of the part: those that can be learned from the training part and that the store knows.
    prevalence
        (k,) share of positives in the training part.
    """

    store: Store
    name: str
    vocabulary: Vocabulary
    prevalence: NDArray[np.float64]
    part: Part

    @classmethod
    def of(cls, store: Store, split: Split, name: str = "test") -> "HeldOut":
        """A part of a split, with the findings that its training part knows.

        Raises
        ------
        DataError
            The part is empty.
        """
        if not split.parts[name]:
            raise DataError(f"the {name} part of the split is empty; run `jaccardio split` with other folds or fractions.")
        material = Material.gather(store, split)
        part = part_of(store, store.rows_of(split.parts[name]), material.vocabulary)
        return cls(store, name, material.vocabulary, material.prevalence(), part)

    def external(self, store: Store) -> "HeldOut":
        """An external hospital's whole store, with the findings that it shares with this one.

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
        vocabulary = self.vocabulary.subset(shared)
        return HeldOut(store, "all", vocabulary, self.prevalence[shared], part_of(store, np.arange(len(store)), vocabulary))

    def of_findings(self, codes: Sequence[str]) -> "HeldOut":
        """The same ECGs with some of the findings, in the order of the vocabulary."""
        columns = sorted(self.vocabulary.index(code) for code in codes)
        vocabulary, part = self.vocabulary.subset(columns), self.part.of_findings(columns)
        return replace(self, vocabulary=vocabulary, prevalence=self.prevalence[columns], part=part)

    def of_records(self, rows: NDArray[np.int64]) -> "HeldOut":
        """Some of the ECGs, in the order given."""
        return replace(self, part=self.part.of_records(rows))

    def always_normal(self) -> Scored:
        """The control that looks at no ECG: each finding's prevalence in training as its score, and only "normal" predicted present."""
        normal = self.part.is_normal
        thresholds = Thresholds(dict.fromkeys(POLICIES, np.where(normal, 0.0, 1.0)))  # scores lie above 0 and below 1
        note = "control: prevalence as score, " + ("only the normal finding predicted" if normal.any() else "nothing predicted")
        return Scored("always-normal", [np.tile(self.prevalence, (len(self.part), 1))], [thresholds], note=note, seconds=[0.0])
