"""`Definition`: a finding in terms of statements, as a textbook gives it, so that it can be scored without one label of it.

A file of definitions is TOML, one table a finding::

    [CLBBB]
    source = "Surawicz 2009 (doi:10.1161/CIRCULATIONAHA.108.191095)"
    shows = [
      "qrs_wide",
      "not positive.V1",
      { most = ["r_late.I", "r_late.V5", "r_late.V6"] },
    ]

Each clause of ``shows`` must hold. A clause is a statement, ``not`` and a statement, a sentence that names statements in words, English or
Japanese ("ST elevation in II, III and aVF"), or a table with one key: ``any`` (one of the list suffices), ``most`` (the share of the list
that holds), ``all``; their items are clauses again.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.clauses import Clause, Degrees
from jaccardio.measurement.sentence_parser import statements_of
from jaccardio.measurement.statements import measured_statements

DEFINED_VOCABULARIES = ("ptbxl71", "paper26")
"""Vocabularies of whose findings definitions are shipped."""

_CODE = re.compile(r"[a-z0-9_]+(\.\w*)?", re.ASCII)  # a code with a slip in it is no sentence


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
        Not TOML, no finding, a clause or statement that cannot be read, or a statement that must hold and must not; the message names
        finding and clause.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{origin}: not TOML: {error}.") from error
    if not document:
        raise DataError(f"{origin}: defines no finding; write a table for each, [NAME] and shows = [...].")
    return {finding: _definition(finding, table, origin) for finding, table in document.items()}


def load_definitions(path: Path) -> dict[str, Definition]:
    """As `read_definitions`, of a file.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is no text, or as `read_definitions`.
    """
    try:
        return read_definitions(path.read_text("utf-8-sig"), str(path))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UsageError(f"{path}: no such file of definitions.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text; save it as UTF-8.") from error


def definition_of_sentence(sentence: str) -> Definition | None:
    """Free text as a definition: all statements that it names must hold; None where it names none.

    "ST elevation in II, III and aVF with wide QRS" asks for most of three statements and one more; the name of a finding is none.
    """
    clause = _said(sentence)
    return None if clause is None else Definition(sentence, clause, "free text")


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


def defined_in(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Codes of the findings whose definitions are shipped: in a vocabulary of one's own a code may mean something else, so it has none."""
    return tuple(vocabulary.codes) if vocabulary.name in DEFINED_VOCABULARIES else ()


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Definition]:
    file = resources.files("jaccardio.measurement") / "data" / "definitions.toml"
    return read_definitions(file.read_text("utf-8"), file.name)


def _definition(finding: str, table: object, origin: str) -> Definition:
    if not isinstance(table, dict) or set(table) - {"source", "shows"} or not isinstance(table.get("shows"), list) or not table["shows"]:
        raise DataError(f'{origin}: [{finding}]: write shows = [...], a list of statements, and source = "...".')
    try:
        clause = Clause("all", parts=tuple(map(_clause, table["shows"])))
        needed, denied = ({part.code for part in clause.parts if part.how == how} for how in ("statement", "not"))
        if both := " and ".join(sorted(needed & denied)):
            raise ValueError(f"{both} must hold and must not; remove one of the two clauses")
        return Definition(finding, clause, str(table.get("source", "")))
    except ValueError as error:
        raise DataError(f"{origin}: [{finding}]: {error}{'' if str(error).endswith('?') else '.'}") from error


def _clause(item: object) -> Clause:
    if isinstance(item, str):
        code = item.removeprefix("not ").strip()
        if code in measured_statements():
            return Clause("not" if item.startswith("not ") else "statement", code)
        clause = None if _CODE.fullmatch(code) else _said(item)
        if clause is None:
            near = "".join(f"; did you mean {name}?" for name in get_close_matches(code, measured_statements(), n=1))
            raise ValueError(f"{item!r} is no statement and names none in words; `jaccardio measure --statements` lists them{near}")
        return clause
    if isinstance(item, dict) and len(item) == 1:
        how, parts = next(iter(item.items()))
        if how in ("any", "most", "all") and isinstance(parts, list) and parts:
            return Clause(how, parts=tuple(map(_clause, parts)))
    raise ValueError(f"{item!r}: a clause is a statement, or {{ any = [...] }}, {{ most = [...] }} or {{ all = [...] }}")


def _said(sentence: str) -> Clause | None:
    """All that a sentence claims, None where it names no statement."""
    clauses = statements_of(sentence)
    return None if not clauses else clauses[0] if len(clauses) == 1 else Clause("all", parts=clauses)
