"""`Vocabulary`: an ordered list of findings with their names, sentences, levels and implications.

Vocabularies are data: ``data/<name>.toml`` (title, sentences, implications, wording) beside ``data/<name>.csv`` (one row a finding).
"""

import csv
import difflib
import io
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.files import sha256_json
from jaccardio.findings.labels import PRESENT
from jaccardio.findings.needed_leads import unmet

_DATA = resources.files("jaccardio.findings") / "data"


def shipped_head(name: str) -> dict[str, Any]:
    """What ``data/<name>.toml`` says: title, implications, and the wording of all kinds of sentences."""
    return tomllib.loads((_DATA / f"{name}.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes
    ----------
    code
        Stable short name, used in files and columns.
    names
        Name per language (``en``, ``ja``), as it stands in a sentence: no comma, no final stop.
    levels
        Group of this finding per level of the vocabulary's hierarchy, e.g. ``{"diagnostic": "IMI", "sub": "IMI", "super": "MI"}``;
        empty where the vocabulary has no levels.
    note
        What a reader must know: proxies, definition.
    leads
        Leads without which an ECG can neither show nor deny the finding; all items are needed, each a lead or alternatives (``V5/V6``).
        Empty: any lead is enough.
    """

    code: str
    names: Mapping[str, str]
    levels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    leads: tuple[str, ...] = ()

    def lacking(self, leads: Collection[str]) -> tuple[str, ...]:
        """The items of `Finding.leads` that are not met by the leads at hand; empty where the finding can be judged."""
        return unmet(self.leads, leads)


@dataclass(frozen=True)
class Vocabulary:
    """Ordered findings, the sentences that speak of them, and what follows from what.

    Attributes
    ----------
    name
        E.g. ``paper26``.
    findings
        In the order of label matrices and sentences.
    templates
        Sentence per language with ``{findings}``, e.g. ``This ECG shows {findings}.``
    nothing
        Sentence per language for an ECG known to show none of the findings.
    implications
        Pairs (finding, finding that follows), e.g. ``("bigeminy", "vpc")``.
    """

    name: str
    title: str
    findings: tuple[Finding, ...]
    templates: Mapping[str, str]
    nothing: Mapping[str, str]
    implications: tuple[tuple[str, str], ...] = ()

    @classmethod
    def load(cls, name: str) -> "Vocabulary":
        """Loads a vocabulary that ships with jaccardio.

        Raises
        ------
        UsageError
            There is no vocabulary of that name.
        """
        if name not in cls.available():
            raise UsageError(f"unknown vocabulary {name!r}; available: {', '.join(cls.available())}.")
        head = shipped_head(name)
        rows = csv.DictReader(io.StringIO((_DATA / f"{name}.csv").read_text("utf-8")))
        findings = tuple(
            Finding(
                code=row["code"],
                names={key.removeprefix("name_"): value for key, value in row.items() if key.startswith("name_") and value},
                levels={key.removeprefix("level_"): value for key, value in row.items() if key.startswith("level_") and value},
                note=row["note"],
                leads=tuple(row["leads"].split()),
            )
            for row in rows
        )
        implications = tuple((pair[0], pair[1]) for pair in head.get("implications", []))
        return cls(name, head["title"], findings, head["templates"], head["nothing"], implications)

    @staticmethod
    def available() -> tuple[str, ...]:
        """Names of the vocabularies that ship with jaccardio."""
        return tuple(sorted(entry.name.removesuffix(".toml") for entry in _DATA.iterdir() if entry.name.endswith(".toml")))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Vocabulary":
        """The inverse of `to_dict`; extra or missing keys are an error of the file, raised as TypeError or KeyError."""
        return cls(
            name=document["name"],
            title=document["title"],
            findings=tuple(Finding(**{**finding, "leads": tuple(finding.get("leads", ()))}) for finding in document["findings"]),
            templates=document["templates"],
            nothing=document["nothing"],
            implications=tuple((pair[0], pair[1]) for pair in document["implications"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form; travels with every store, run and model. A finding that needs no particular lead has no key ``leads``."""
        document = asdict(self)
        for finding in document["findings"]:
            if not finding["leads"]:
                del finding["leads"]
        return document

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of the whole vocabulary."""
        return sha256_json(self.to_dict())

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes in order."""
        return tuple(finding.code for finding in self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def index(self, name: str) -> int:
        """Column of a finding by code or by name in any language, case aside.

        Raises
        ------
        UsageError
            The vocabulary has no such finding; the message names the nearest ones.
        """
        wanted = name.strip().casefold()
        if wanted in self._columns:
            return self._columns[wanted]
        near = difflib.get_close_matches(wanted, self._columns, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else f" Its findings: {', '.join(self.codes)}."
        raise UsageError(f"unknown finding {name!r} in vocabulary {self.name}.{hint}")

    @cached_property
    def _columns(self) -> dict[str, int]:
        names = {value.casefold(): row for row, finding in enumerate(self.findings) for value in finding.names.values()}
        return names | {finding.code.casefold(): row for row, finding in enumerate(self.findings)}

    def sentence(self, present: Sequence[int], language: str = "en") -> str:
        """ "This ECG shows {finding_1}, …, {finding_n}." in vocabulary order (paper, section 2.2); for none, the sentence that says so.

        Parameters
        ----------
        present
            Columns of the findings to state.
        """
        if not present:
            return self.nothing[language]
        return self.templates[language].format(findings=self.names(present, language))

    def names(self, columns: Sequence[int], language: str = "en") -> str:
        """Names of some findings as a sentence lists them, in vocabulary order."""
        separator = "、" if language == "ja" else ", "
        return separator.join(self.findings[column].names[language] for column in sorted(columns))

    def captions(self, labels: NDArray[np.int8], language: str = "en") -> list[str]:
        """One sentence per row of a label matrix (n, findings), stating the findings that are present."""
        return [self.sentence([int(column) for column in np.flatnonzero(row == PRESENT)], language) for row in labels]

    def prompts(self, language: str = "en") -> list[str]:
        """One sentence per finding: the statement bank of prediction."""
        return [self.sentence([column], language) for column in range(len(self))]

    def subset(self, columns: Sequence[int]) -> "Vocabulary":
        """The same vocabulary with some findings only, in vocabulary order."""
        kept = tuple(self.findings[column] for column in sorted(columns))
        codes = {finding.code for finding in kept}
        implications = tuple(pair for pair in self.implications if codes.issuperset(pair))
        return Vocabulary(self.name, self.title, kept, self.templates, self.nothing, implications)

    def groups(self) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
        """Levels of the hierarchy: for each level its groups as (name, columns of its findings), in vocabulary order.

        The level ``all`` has one group a finding and always exists.
        """
        levels: dict[str, dict[str, list[int]]] = {"all": {finding.code: [row] for row, finding in enumerate(self.findings)}}
        for row, finding in enumerate(self.findings):
            for level, group in finding.levels.items():
                levels.setdefault(level, {}).setdefault(group, []).append(row)
        return {level: [(group, tuple(rows)) for group, rows in groups.items()] for level, groups in levels.items()}
