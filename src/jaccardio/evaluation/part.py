"""`Part`: ECGs that models are judged on, and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.confusion import ratio
from jaccardio.findings.contradictions import NORMAL_CODES
from jaccardio.findings.labels import PRESENT

Group = tuple[str, tuple[int, ...]]
"""A statement of a level: its name, and the columns of its findings."""

MINIMUM_POSITIVES = 10
"""Findings with fewer are shown and left out of macro metrics: theirs are mostly chance."""


@dataclass(frozen=True, eq=False)
class Part:
    """Labels of some ECGs.

    Attributes
    ----------
    ids
        (n,) recording ids.
    patients
        (n,) patient keys.
    labels
        (n, k) int8; 1 present, 0 absent, -1 unknown.
    codes
        k findings, the columns.
    groups
        Level -> statements, as ``Vocabulary.groups()`` gives them.

    Raises
    ------
    DataError
        The arrays do not belong together, or there is no ECG.
    """

    ids: NDArray[np.str_]
    patients: NDArray[np.str_]
    labels: NDArray[np.int8]
    codes: tuple[str, ...]
    groups: Mapping[str, Sequence[Group]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.labels.ndim != 2 or not len(self.labels):
            raise DataError(f"evaluation: labels must be a table with at least one record, found shape {self.labels.shape}.")
        if not len(self.ids) == len(self.patients) == len(self.labels) or len(self.codes) != self.labels.shape[1]:
            raise DataError(
                f"evaluation: labels {self.labels.shape}, {len(self.ids)} ids, {len(self.patients)} patients and {len(self.codes)} "
                "findings do not belong together."
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def known(self) -> NDArray[np.int64]:
        """(k,) ECGs whose label of the finding is known."""
        return np.asarray((self.labels >= 0).sum(axis=0))

    @property
    def positives(self) -> NDArray[np.int64]:
        """(k,) ECGs that show the finding."""
        return np.asarray((self.labels == PRESENT).sum(axis=0))

    @property
    def prevalence(self) -> NDArray[np.float64]:
        """(k,) share of positives among the known labels; NaN where none is known."""
        return ratio(self.positives.astype(np.float64), self.known.astype(np.float64))

    @property
    def is_normal(self) -> NDArray[np.bool_]:
        """(k,) True for the finding "normal ECG"."""
        return np.array([code in NORMAL_CODES for code in self.codes])

    def left_out(self, minimum_positives: int = MINIMUM_POSITIVES) -> dict[str, str]:
        """Findings that do not enter macro metrics, each with the reason."""
        minimum, reasons = max(1, minimum_positives), {}
        for code, known, positives in zip(self.codes, self.known.tolist(), self.positives.tolist(), strict=True):
            if known == 0:
                reasons[code] = "unknown in every record"
            elif positives < minimum:
                reasons[code] = f"{positives} positive{'' if positives == 1 else 's'}, fewer than {minimum}"
            elif positives == known:
                reasons[code] = "no known negative"
        return reasons

    def evaluable(self, minimum_positives: int = MINIMUM_POSITIVES) -> NDArray[np.bool_]:
        """(k,) the findings of macro metrics: at least so many positives, and a negative."""
        left_out = self.left_out(minimum_positives)
        return np.array([code not in left_out for code in self.codes])

    def of_records(self, rows: NDArray[np.int64]) -> "Part":
        """Some of the ECGs, in the order given."""
        return replace(self, ids=self.ids[rows], patients=self.patients[rows], labels=self.labels[rows])

    def of_findings(self, columns: Sequence[int]) -> "Part":
        """Some of the findings, in the order given, with the levels whose findings are all among them."""
        place = {column: number for number, column in enumerate(columns)}
        groups = {
            level: [(name, tuple(place[column] for column in members)) for name, members in statements]
            for level, statements in self.groups.items()
            if all(column in place for _, members in statements for column in members)
        }
        codes = tuple(self.codes[column] for column in columns)
        return replace(self, labels=self.labels[:, list(columns)], codes=codes, groups=groups)

    def summary(self, minimum_positives: int = MINIMUM_POSITIVES) -> dict[str, Any]:
        """What metrics were computed on, as documents say it."""
        left_out = self.left_out(minimum_positives)
        return {
            "n_records": len(self),
            "n_patients": len(set(self.patients.tolist())),
            "n_known": int(self.known.sum()),
            "findings_in_macro": [code for code in self.codes if code not in left_out],
            "findings_left_out": left_out,
        }
