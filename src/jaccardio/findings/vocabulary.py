"""`Vocabulary`: an ordered list of findings with their names, sentences, levels and implications.

Those that ship are data: ``data/<name>.toml`` (title, implications, names of groups) beside ``data/<name>.csv`` (one row a finding).
A vocabulary of one's own is one TOML file (`vocabulary_file`). Both become the same document, which travels with stores, runs and models.
"""

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.files import sha256_json
from jaccardio.findings.labels import PRESENT
from jaccardio.findings.needed_leads import ALTERNATIVE
from jaccardio.findings.sentences import NOTHING, TEMPLATES
from jaccardio.findings.tables import DATA, table_rows
from jaccardio.findings.vocabulary_file import fold, read_document

_OPTIONAL = ("leads", "stated_by", "aliases")
"""Of a finding; left out of the document where empty, as are `Vocabulary`'s: one without them keeps the fingerprint it always had."""


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
    stated_by
        Codes of other ontologies that state the finding, ``scp:AFIB`` or ``snomed:164889003``, beside those of a mapping table.
    aliases
        Further spellings by which a table may call the finding; unlike names they may hold commas and stops.
    """

    code: str
    names: Mapping[str, str]
    levels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    leads: tuple[str, ...] = ()
    stated_by: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The English name; the first one where there is none."""
        return self.names.get("en") or next(iter(self.names.values()))

    def name_in(self, language: str) -> str:
        """The name in a language; the English one where there is none."""
        return self.names.get(language) or self.name

    def lacking(self, leads: Collection[str]) -> tuple[str, ...]:
        """The items of `leads` of which no lead is at hand, in order; empty where the finding can be judged."""
        return tuple(item for item in self.leads if not any(lead in leads for lead in item.split(ALTERNATIVE)))


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
    alone
        Codes of findings that no other may stand beside, e.g. ``normal``: where another is present they are unknown.
    denials
        Sentence per language with ``{findings}`` that says what an ECG does not show; `sentences.DENIALS` where a language has none.
    group_names
        Level -> group of two findings and more -> name per language, for sentences that speak of the group.
    """

    name: str
    title: str
    findings: tuple[Finding, ...]
    templates: Mapping[str, str]
    nothing: Mapping[str, str]
    implications: tuple[tuple[str, str], ...] = ()
    alone: tuple[str, ...] = ()
    denials: Mapping[str, str] = field(default_factory=dict)
    group_names: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @classmethod
    def load(cls, name_or_path: str | Path) -> "Vocabulary":
        """Loads a vocabulary that ships with jaccardio by its name, or one of your own by the path of its TOML file.

        Raises
        ------
        UsageError
            There is no vocabulary of that name, and no such file.
        DataError
            The file is no vocabulary; all its faults are listed.
        """
        if name_or_path in cls.available():
            return cls._shipped(str(name_or_path))
        path = Path(name_or_path)
        if not path.is_file():
            raise UsageError(
                f"unknown vocabulary {str(name_or_path)!r}; available: {', '.join(cls.available())}, or name a TOML file of your own "
                "(`jaccardio vocabulary new` writes one)."
            )
        return cls.from_dict(read_document(path, reserved=cls.available()))

    @classmethod
    def _shipped(cls, name: str) -> "Vocabulary":
        head = tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))
        findings = [
            {
                "code": row["code"],
                "names": {key.removeprefix("name_"): value for key, value in row.items() if key.startswith("name_") and value},
                "levels": {key.removeprefix("level_"): value for key, value in row.items() if key.startswith("level_") and value},
                "note": row["note"],
                "leads": row["leads"].split(),
                "stated_by": row.get("source", "").split(),
            }
            for row in table_rows(name)
        ]
        sentences = {"templates": TEMPLATES, "nothing": NOTHING}
        return cls.from_dict(head | sentences | {"name": name, "findings": findings, "group_names": head.get("groups", {})})

    @property
    def argument(self) -> str:
        """What to write after ``--vocabulary`` for this one."""
        return self.name if self.name in self.available() else f"path/to/{self.name}.toml"

    @staticmethod
    def available() -> tuple[str, ...]:
        """Names of the vocabularies that ship with jaccardio."""
        return tuple(sorted(entry.name.removesuffix(".toml") for entry in DATA.iterdir() if entry.name.endswith(".toml")))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Vocabulary":
        """The inverse of `to_dict`; extra or missing keys are an error of the file, raised as TypeError or KeyError."""
        return cls(
            name=document["name"],
            title=document["title"],
            findings=tuple(
                Finding(**finding | {key: tuple(finding.get(key, ())) for key in _OPTIONAL}) for finding in document["findings"]
            ),
            templates=document["templates"],
            nothing=document["nothing"],
            implications=tuple((pair[0], pair[1]) for pair in document["implications"]),
            alone=tuple(document.get("alone", ())),
            denials=document.get("denials", {}),
            group_names=document.get("group_names", {}),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form; travels with every store, run and model."""
        document = asdict(self)
        for finding in document["findings"]:
            _drop_empty(finding, _OPTIONAL)
        _drop_empty(document, ("alone", "denials", "group_names"))
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
        """Column of a finding by code, name in any language or alias, case and width aside.

        Raises
        ------
        UsageError
            The vocabulary has no such finding; the message names the nearest ones.
        """
        wanted = fold(name.strip())
        if wanted in self.spellings:
            return self.spellings[wanted]
        near = difflib.get_close_matches(wanted, self.spellings, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else f" Its findings: {', '.join(self.codes)}."
        raise UsageError(f"unknown finding {name!r} in vocabulary {self.name}.{hint}")

    @cached_property
    def spellings(self) -> dict[str, int]:
        """Column by every spelling that `index` finds, folded."""
        names = {fold(value): row for row, finding in enumerate(self.findings) for value in (*finding.names.values(), *finding.aliases)}
        return names | {fold(finding.code): row for row, finding in enumerate(self.findings)}

    def template(self, language: str) -> str:
        """The sentence of a language, with ``{findings}`` where names stand.

        Raises
        ------
        UsageError
            The vocabulary has no names in this language.
        """
        if language not in self.templates:
            raise UsageError(
                f"vocabulary {self.name} has no names in language {language!r}; it has {', '.join(self.templates)}. "
                f"Add names.{language} to each finding, or train with --set model.language={next(iter(self.templates), '...')}."
            )
        return self.templates[language]

    def sentence(self, present: Sequence[int], language: str = "en") -> str:
        """ "This ECG shows {finding_1}, …, {finding_n}." in the order given (paper, section 2.2); for none, the sentence that says so.

        Parameters
        ----------
        present
            Columns of the findings to state.

        Raises
        ------
        UsageError
            The vocabulary has no names in this language.
        """
        template = self.template(language)
        return template.format(findings=self.names(present, language)) if present else self.nothing[language]

    def names(self, columns: Sequence[int], language: str = "en") -> str:
        """Names of some findings as a sentence lists them, in the order given."""
        return ("、" if language == "ja" else ", ").join(self.findings[column].names[language] for column in columns)

    def captions(self, labels: NDArray[np.int8], language: str = "en") -> list[str]:
        """One sentence per row of a label matrix (n, findings), stating the findings that are present."""
        return [self.sentence([int(column) for column in np.flatnonzero(row == PRESENT)], language) for row in labels]

    def prompts(self, language: str = "en") -> list[str]:
        """One sentence per finding: the statement bank of prediction."""
        return [self.sentence([column], language) for column in range(len(self))]

    def subset(self, columns: Sequence[int]) -> "Vocabulary":
        """The same vocabulary with some findings only, in vocabulary order.

        A group that lacks a finding loses its name: whether an ECG shows it cannot be known.
        """
        kept = tuple(self.findings[column] for column in sorted(columns))
        codes = {finding.code for finding in kept}
        groups = {
            level: {
                name: names[name] for name, rows in self.groups()[level] if name in names and {self.codes[row] for row in rows} <= codes
            }
            for level, names in self.group_names.items()
        }
        return replace(
            self,
            findings=kept,
            implications=tuple(pair for pair in self.implications if codes.issuperset(pair)),
            alone=tuple(code for code in self.alone if code in codes),
            group_names={level: names for level, names in groups.items() if names},
        )

    def groups(self) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
        """Levels of the hierarchy: for each level its groups as (name, columns of its findings), in vocabulary order.

        The level ``all`` has one group a finding and always exists.
        """
        levels: dict[str, dict[str, list[int]]] = {"all": {finding.code: [row] for row, finding in enumerate(self.findings)}}
        for row, finding in enumerate(self.findings):
            for level, group in finding.levels.items():
                levels.setdefault(level, {}).setdefault(group, []).append(row)
        return {level: [(group, tuple(rows)) for group, rows in groups.items()] for level, groups in levels.items()}


def _drop_empty(part: dict[str, Any], keys: Iterable[str]) -> None:
    for key in keys:
        if not part[key]:
            del part[key]
