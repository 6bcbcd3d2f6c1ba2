"""`Clause`: statements joined by not, any, most and all, with a degree of truth of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FLOOR = 0.0005
"""Least degree of truth of a clause: no single statement, which may be mismeasured, rules a finding out. Chosen on the validation part
(`scripts/definitions.py`)."""

Degrees = Mapping[str, NDArray[np.float64]]


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

    how: Literal["statement", "not", "any", "most", "all"]
    code: str = ""
    parts: tuple["Clause", ...] = ()

    def degree(self, degrees: Degrees) -> NDArray[np.float64]:
        """(n,) in [0, 1] from degrees of truth t: 1 - t, 1 - the product of all 1 - t, the mean, or the geometric mean above `FLOOR`.

        In ``any``, parts that half hold support each other (noisy or, Pearl 1988). Unknown parts are left out; all unknown is
        unknown, NaN.
        """
        if self.how in ("statement", "not"):
            degree = self.parts[0].degree(degrees) if self.parts else degrees[self.code]
            return degree if self.how == "statement" else 1 - degree
        values = np.stack([part.degree(degrees) for part in self.parts])
        known = ~np.isnan(values)
        count = np.maximum(known.sum(axis=0), 1)
        if self.how == "any":
            joined = 1 - np.where(known, 1 - values, 1).prod(axis=0)
        elif self.how == "most":
            joined = np.where(known, values, 0).sum(axis=0) / count
        else:
            joined = np.exp(np.where(known, np.log(np.maximum(values, FLOOR)), 0).sum(axis=0) / count)
        return np.where(known.any(axis=0), joined, np.nan)

    def codes(self) -> tuple[str, ...]:
        """Statements that it speaks of, in order, each once."""
        return tuple(dict.fromkeys([self.code] if not self.parts else [code for part in self.parts for code in part.codes()]))
