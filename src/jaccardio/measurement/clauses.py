"""`Clause`: statements joined by not, any, most and all, with a degree of truth of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FLOOR = 0.0005
"""Least degree of truth of a clause: no single statement, which may be mismeasured, rules a finding out. Chosen on the validation part
(`scripts/definitions.py`)."""

Degrees = Mapping[str, NDArray[np.float64]]
Kind = Literal["statement", "not", "any", "most", "all"]


@dataclass(frozen=True)
class Clause:
    """A statement or several joined.

    Attributes
    ----------
    how
        ``statement``, ``not``, ``any``, ``most`` or ``all``.
    code
        The statement, of ``statement`` and of ``not`` where that denies one.
    parts
        The clauses joined, of the others; the one that ``not`` denies.
    """

    how: Kind
    code: str = ""
    parts: tuple["Clause", ...] = ()

    def degree(self, degrees: Degrees) -> NDArray[np.float64]:
        """(n,) in [0, 1] from degrees of truth t: 1 - t, 1 - the product of all 1 - t, the mean, or the geometric mean above `FLOOR`.

        In ``any``, parts that half hold support each other (noisy or, Pearl 1988). Unknown parts are left out; all unknown is
        unknown, NaN.
        """
        degree: NDArray[np.float64] = Clauses([self]).degrees(degrees)[0]
        return degree

    def codes(self) -> tuple[str, ...]:
        """Statements that it speaks of, in order, each once."""
        return tuple(dict.fromkeys([self.code] if not self.parts else [code for part in self.parts for code in part.codes()]))

    def joined(self) -> tuple["Clause", ...]:
        """What its degree follows from: its parts, or the statement that it denies; nothing of a statement."""
        return (Clause("statement", self.code),) if self.how == "not" and not self.parts else self.parts


class Clauses:
    """One clause or more, judged together: all of one height and kind at once. One at a time would take longer than the network does."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        heights: dict[Clause, int] = {}

        def height(clause: Clause) -> int:
            if clause not in heights:
                heights[clause] = 1 + max((height(part) for part in clause.joined()), default=-1)
            return heights[clause]

        for clause in clauses:
            height(clause)
        groups: dict[tuple[int, Kind], list[Clause]] = {}
        for clause, level in sorted(heights.items(), key=lambda item: item[1]):
            groups.setdefault((level, clause.how), []).append(clause)
        row_of = {clause: row for row, clause in enumerate((clause for group in groups.values() for clause in group), 1)}
        self._rows = [row_of[clause] for clause in clauses]
        self._codes = [clause.code for clause in groups.pop((0, "statement"))]
        self._steps = [(how, [row_of[clause] for clause in group], _parts(group, row_of)) for (_, how), group in groups.items()]

    def degrees(self, degrees: Degrees) -> NDArray[np.float64]:
        """(clauses, n), each as `Clause.degree` says."""
        known = np.stack([degrees[code] for code in self._codes])
        joined = sum(len(rows) for _, rows, _ in self._steps)
        values = np.concatenate([np.full_like(known[:1], np.nan), known, np.empty((joined, known.shape[1]))])
        for how, rows, parts in self._steps:
            values[rows] = _join(how, values[parts])
        return values[self._rows]


def _parts(clauses: Sequence[Clause], row_of: Mapping[Clause, int]) -> NDArray[np.int64]:
    """Rows of the parts of each clause, (parts, clauses); row 0, which is unknown, where one has fewer than another."""
    parts = np.zeros((max(len(clause.joined()) for clause in clauses), len(clauses)), dtype=np.int64)
    for column, clause in enumerate(clauses):
        parts[: len(clause.joined()), column] = [row_of[part] for part in clause.joined()]
    return parts


def _join(how: Kind, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(clauses, n) of one kind from their parts, (parts, clauses, n)."""
    joined: NDArray[np.float64]
    if how == "not":
        joined = 1 - values[0]
        return joined
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    if how == "any":
        joined = 1 - np.where(known, 1 - values, 1).prod(axis=0)
    elif how == "most":
        joined = np.where(known, values, 0).sum(axis=0) / count
    else:
        joined = np.exp(np.where(known, np.log(np.maximum(values, FLOOR)), 0).sum(axis=0) / count)
    return np.where(known.any(axis=0), joined, np.nan)
