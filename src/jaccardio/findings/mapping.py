"""`LabelMapper`: from the codes that annotators wrote to present, absent and unknown findings of a vocabulary.

Codes are ``ontology:code``: ``scp:AFIB``, ``axis:LAD``, ``snomed:164889003``, and ``finding:af`` for a finding named outright.
The table is data: ``data/mapping-<vocabulary>.csv``, one row per code and finding. A row's state is ``present``, ``part``
(it states the finding but covers only one of its kinds, as ST depression does of ST-T abnormality), ``unknown`` (the code leaves this
finding open), or ``nothing`` (looked at, and it says nothing of any finding). docs/vocabularies.md has the reasons.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.tables import table_rows
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.vocabulary_file import fold

OPEN = "open:"
"""Before a code that was said with a doubt: what the code states is then left open, neither present nor absent."""

NAMED = "finding:"
"""Ontology of findings called by code, name or alias of the vocabulary itself, case and width aside; needs no table."""


@dataclass(frozen=True)
class Meaning:
    """What one code says: columns of the findings it states, of those it leaves open, and of those stated of which it is only a part."""

    present: frozenset[int] = frozenset()
    unknown: frozenset[int] = frozenset()
    part: frozenset[int] = frozenset()


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
        """The mapper of a vocabulary or of a subset of one: its mapping table, if one ships, the findings' own codes, and their names.

        Rows of the table on findings outside a subset are left out.
        """
        columns = {code: column for column, code in enumerate(vocabulary.codes)}
        stated: defaultdict[str, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for row in table_rows(f"mapping-{vocabulary.name}") if vocabulary.name in Vocabulary.available() else ():
            states = stated[f"{row['ontology']}:{row['code']}"]
            if row["state"] != "nothing" and row["finding"] in columns:
                states[row["state"]].add(columns[row["finding"]])
        for column, finding in enumerate(vocabulary.findings):
            for code in finding.stated_by:
                stated[code]["present"].add(column)
        meanings = {
            code: Meaning(frozenset(states["present"] | states["part"]), frozenset(states["unknown"]), frozenset(states["part"]))
            for code, states in stated.items()
        }
        named = {NAMED + spelling: Meaning(present=frozenset({column})) for spelling, column in vocabulary.spellings.items()}
        return cls(vocabulary, meanings | named)

    def label(
        self,
        present: Sequence[str],
        absent: Sequence[str],
        *,
        closed: bool,
        annotated: frozenset[str],
        elsewhere: Mapping[int, int] = MappingProxyType({}),
    ) -> NDArray[np.int8]:
        """States of every finding in one ECG.

        A finding is present if a present code states it or implies it through another finding; else unknown if a present
        code leaves it open; else absent if an absent code names it as a whole; else, in a closed list, absent if the database
        annotates it as a whole; else unknown. A finding that stands alone in the vocabulary (normal) is unknown beside any other.

        Parameters
        ----------
        present, absent
            Codes stated of this ECG.
        closed
            Whether what is not stated is absent, as far as the database annotates it.
        annotated
            Codes that the database's annotators used at all. A finding of which they name only a part is never absent there.
        elsewhere
            State by column of findings that are known from elsewhere (echocardiography), or unknown there, whatever the codes say.

        Returns
        -------
        (findings,) int8 with the values of `LabelState`.
        """
        labels = np.full(len(self.vocabulary), UNKNOWN, dtype=np.int8)
        if closed:
            labels[sorted({column for code in annotated for column in self._meaning(code).present - self._meaning(code).part})] = ABSENT
        labels[sorted({column for code in absent for column in self._meaning(code).present - self._meaning(code).part})] = ABSENT
        labels[sorted(column for code in present for column in self._meaning(code).unknown)] = UNKNOWN
        labels[self._stated_by(present)] = PRESENT
        labels[list(elsewhere)] = list(elsewhere.values())
        return self.completed(labels)

    def completed(self, labels: NDArray[np.int8]) -> NDArray[np.int8]:
        """One row of states with what follows from it: implied findings, and unknown for one that stands alone beside another."""
        labels = labels.copy()
        codes = self.vocabulary.codes
        implications = self.vocabulary.implications
        for child, parent in implications * len(implications):  # a pass per pair reaches every parent of a parent
            if labels[codes.index(child)] == PRESENT:
                labels[codes.index(parent)] = PRESENT
        if (labels == PRESENT).sum() > 1:
            labels[[codes.index(code) for code in self.vocabulary.alone if labels[codes.index(code)] == PRESENT]] = UNKNOWN
        return labels

    def contradicted(self, present: Sequence[str], labels: NDArray[np.int8]) -> tuple[str, ...]:
        """Findings that a code states and that are unknown in the labels, because they stand alone and another finding is present."""
        stated = self._stated_by(present)
        return tuple(
            code for code in self.vocabulary.alone if (column := self.vocabulary.index(code)) in stated and labels[column] == UNKNOWN
        )

    def unmapped(self, present: Sequence[str]) -> tuple[str, ...]:
        """The codes that no row of the table speaks of, in the order given: what the vocabulary loses."""
        return tuple(code for code in present if _key(code.removeprefix(OPEN)) not in self.meanings)

    def _stated_by(self, codes: Sequence[str]) -> list[int]:
        return sorted({column for code in codes for column in self._meaning(code).present})

    def _meaning(self, code: str) -> Meaning:
        if code.startswith(OPEN):
            certain = self._meaning(code.removeprefix(OPEN))
            return Meaning(unknown=certain.present | certain.unknown)
        return self.meanings.get(_key(code), Meaning())


def _key(code: str) -> str:
    return fold(code) if code.startswith(NAMED) else code
