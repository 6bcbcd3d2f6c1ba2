"""`LabelMapper`: from the codes that annotators wrote to present, absent and unknown findings of a vocabulary.

Codes are ``ontology:code``: ``scp:AFIB``, ``axis:LAD``, ``snomed:164889003``, and ``finding:af`` for a finding named outright.
The table is data: ``data/mapping-<vocabulary>.csv``, one row per code and finding. A row's state is ``present``, ``unknown``
(the code leaves this finding open), or ``nothing`` (looked at, and it says nothing of any finding). docs/vocabularies.md has the reasons.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary

NAMED = "finding:"
"""Ontology of findings called by code or name of the vocabulary itself, case aside; needs no table."""


@dataclass(frozen=True)
class Meaning:
    """What one code says: columns of the findings it states, and of those it leaves open."""

    present: frozenset[int] = frozenset()
    unknown: frozenset[int] = frozenset()


@dataclass(frozen=True)
class LabelMapper:
    """Codes of one ECG to one row of a label matrix.

    Attributes
    ----------
    vocabulary
        Whose findings are the columns.
    meanings
        Per code what it says; codes without an entry could not be mapped.
    """

    vocabulary: Vocabulary
    meanings: Mapping[str, Meaning]

    @classmethod
    def for_vocabulary(cls, vocabulary: Vocabulary) -> "LabelMapper":
        """The mapper of a vocabulary that ships with jaccardio, or of a subset of one; rows on findings outside the subset are left out.

        Raises
        ------
        UsageError
            No mapping table ships for this vocabulary.
        """
        table = resources.files("jaccardio.findings") / "data" / f"mapping-{vocabulary.name}.csv"
        if not table.is_file():
            raise UsageError(
                f"there is no mapping table for vocabulary {vocabulary.name!r}; available: {', '.join(Vocabulary.available())}."
            )
        columns = {code: column for column, code in enumerate(vocabulary.codes)}
        stated: dict[str, dict[str, set[int]]] = {}
        for row in csv.DictReader(io.StringIO(table.read_text("utf-8"))):
            states = stated.setdefault(f"{row['ontology']}:{row['code']}", {"present": set(), "unknown": set()})
            if row["state"] != "nothing" and row["finding"] in columns:
                states[row["state"]].add(columns[row["finding"]])
        meanings = {code: Meaning(frozenset(states["present"]), frozenset(states["unknown"])) for code, states in stated.items()}
        named = {
            NAMED + name.casefold(): Meaning(present=frozenset({column}))
            for column, finding in enumerate(vocabulary.findings)
            for name in (finding.code, *finding.names.values())
        }
        return cls(vocabulary, meanings | named)

    def label(self, present: Sequence[str], absent: Sequence[str], *, closed: bool, annotated: frozenset[str]) -> NDArray[np.int8]:
        """States of every finding in one ECG.

        A finding is present if a present code states it or implies it through another finding; else unknown if a present
        code leaves it open; else absent if an absent code names it; else, in a closed list, absent if the database
        annotates it at all; else unknown.

        Parameters
        ----------
        present, absent
            Codes stated of this ECG.
        closed
            Whether what is not stated is absent, as far as the database annotates it.
        annotated
            Codes that the database's annotators used at all.

        Returns
        -------
        (findings,) int8 with the values of `LabelState`.
        """
        labels = np.full(len(self.vocabulary), UNKNOWN, dtype=np.int8)
        if closed:
            labels[self._stated_by(annotated)] = ABSENT
        labels[self._stated_by(absent)] = ABSENT
        labels[sorted(column for code in present for column in self._meaning(code).unknown)] = UNKNOWN
        labels[self._stated_by(present)] = PRESENT
        codes = self.vocabulary.codes
        for child, parent in self._implications_upwards():
            if labels[codes.index(child)] == PRESENT:
                labels[codes.index(parent)] = PRESENT
        return labels

    def unmapped(self, present: Sequence[str]) -> tuple[str, ...]:
        """The codes that no row of the table speaks of, in the order given: what the vocabulary loses."""
        return tuple(code for code in present if _key(code) not in self.meanings)

    def _stated_by(self, codes: Sequence[str] | frozenset[str]) -> list[int]:
        return sorted({column for code in codes for column in self._meaning(code).present})

    def _meaning(self, code: str) -> Meaning:
        return self.meanings.get(_key(code), Meaning())

    def _implications_upwards(self) -> list[tuple[str, str]]:
        """Implications repeated until chains are closed: a pass per pair reaches every parent of a parent."""
        return list(self.vocabulary.implications) * len(self.vocabulary.implications)


def _key(code: str) -> str:
    return code.casefold() if code.startswith(NAMED) else code
