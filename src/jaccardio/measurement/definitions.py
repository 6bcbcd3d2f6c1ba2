"""`Definition`: a finding in terms of statements, as a textbook gives it, so that it can be scored without one label of it.

A file of definitions is TOML, one table a finding::

    [CLBBB]
    source = "Surawicz 2009 (doi:10.1161/CIRCULATIONAHA.108.191095)"
    shows = [
      "qrs_wide",
      "not positive.V1",
      { most = ["r_late.I", "r_late.V5", "r_late.V6"] },
    ]

Each clause of ``shows`` must hold. A clause is a statement, ``not`` and a statement, or a table with one key: ``any`` (one of the list
suffices), ``most`` (the share of the list that holds), ``all``; their items are clauses again.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError, UsageError
from jaccardio.measurement.statements import measured_statements

FLOOR = 0.02
"""Least degree of truth of a clause: no single statement, which may be mismeasured, rules a finding out."""

Degrees = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Clause:
    """A statement or several joined.

    Attributes
    ----------
    how
        ``statement``, ``not``, ``any``, ``most`` or ``all``.
    code
        The statement, of ``statement`` and ``not``.
    parts
        The clauses joined, of the others.
    """

    how: Literal["statement", "not", "any", "most", "all"]
    code: str = ""
    parts: tuple["Clause", ...] = ()

    def degree(self, degrees: Degrees) -> NDArray[np.float64]:
        """(n,) in [0, 1] from degrees of truth by code: 1 - t, the largest, the mean, or the geometric mean above `FLOOR`; NaN is unknown.

        Unknown parts are left out of ``most`` and ``all``, and of ``any`` where another part is known; all unknown is unknown.
        """
        if not self.parts:
            return degrees[self.code] if self.how == "statement" else 1 - degrees[self.code]
        values = np.stack([part.degree(degrees) for part in self.parts])
        known = ~np.isnan(values)
        count = np.maximum(known.sum(axis=0), 1)
        if self.how == "any":
            joined = np.where(known, values, -np.inf).max(axis=0)
        elif self.how == "most":
            joined = np.where(known, values, 0).sum(axis=0) / count
        else:
            joined = np.exp(np.where(known, np.log(np.maximum(values, FLOOR)), 0).sum(axis=0) / count)
        return np.where(known.any(axis=0), joined, np.nan)

    def codes(self) -> tuple[str, ...]:
        """Statements that it speaks of, in order, each once."""
        return tuple(dict.fromkeys([self.code] if not self.parts else [code for part in self.parts for code in part.codes()]))


@dataclass(frozen=True)
class Definition:
    """What an ECG with a finding shows.

    Attributes
    ----------
    finding
        Its code, or a name of the user's.
    clause
        All that must hold.
    source
        Where the definition comes from.
    """

    finding: str
    clause: Clause
    source: str

    def score(self, degrees: Degrees) -> NDArray[np.float64]:
        """(n,) how well ECGs fit, in [0, 1], from the degrees of truth of statements by code; NaN where none of them is known."""
        return self.clause.degree(degrees)


def read_definitions(text: str, origin: str) -> dict[str, Definition]:
    """Definitions of a TOML document by finding.

    Raises
    ------
    DataError
        Not TOML, or a clause or statement that cannot be read; the message names finding and clause.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{origin}: not TOML: {error}.") from error
    return {finding: _definition(finding, table, origin) for finding, table in document.items()}


def definitions_of(findings: Sequence[str]) -> dict[str, Definition]:
    """The definitions that jaccardio ships, ``data/definitions.toml``, of some findings by code.

    Raises
    ------
    UsageError
        One of them has none.
    """
    shipped = _shipped()
    if missing := [finding for finding in findings if finding not in shipped]:
        raise UsageError(f"no definition of {', '.join(missing)} is shipped; write one into a file and name it with --define.")
    return {finding: shipped[finding] for finding in findings}


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Definition]:
    file = resources.files("jaccardio.measurement") / "data" / "definitions.toml"
    return read_definitions(file.read_text("utf-8"), file.name)


def _definition(finding: str, table: object, origin: str) -> Definition:
    if not isinstance(table, dict) or set(table) - {"source", "shows"} or not isinstance(table.get("shows"), list) or not table["shows"]:
        raise DataError(f'{origin}: [{finding}]: write shows = [...], a list of statements, and source = "...".')
    try:
        return Definition(finding, Clause("all", parts=_clauses(table["shows"])), str(table.get("source", "")))
    except ValueError as error:
        raise DataError(f"{origin}: [{finding}]: {error}.") from error


def _clauses(items: Sequence[object]) -> tuple[Clause, ...]:
    return tuple(_clause(item) for item in items)


def _clause(item: object) -> Clause:
    if isinstance(item, str):
        code = item.removeprefix("not ").strip()
        if code not in measured_statements():
            raise ValueError(f"{code!r} is no statement; `jaccardio measure --statements` lists them")
        return Clause("not" if item.startswith("not ") else "statement", code)
    if isinstance(item, dict) and len(item) == 1:
        how, parts = next(iter(item.items()))
        if how in ("any", "most", "all") and isinstance(parts, list) and parts:
            return Clause(how, parts=_clauses(parts))
    raise ValueError(f"{item!r}: a clause is a statement, or {{ any = [...] }}, {{ most = [...] }} or {{ all = [...] }}")
