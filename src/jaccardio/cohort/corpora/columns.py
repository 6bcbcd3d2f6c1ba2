"""What the columns of a manifest are, and how the words in its columns of findings are read."""

import difflib
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from jaccardio.cohort.corpora.faults import Faults
from jaccardio.cohort.corpora.table import SourceTable
from jaccardio.cohort.corpora.words import label_states, plain
from jaccardio.errors import UsageError
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary

LIST_COLUMN = "findings"
_SEPARATORS = re.compile("[;|；｜、]")
_BRACKETS = re.compile(r"\[(.*)\]", re.DOTALL)
_IN_BRACKETS = re.compile(r"""'([^']*)'|"([^"]*)"|([^\s,'"][^,]*)""")
REQUIRED = ("path", "patient_id")
OPTIONAL = ("fold", "site", "date", "age", "sex")
RESERVED = (*REQUIRED, *OPTIONAL, LIST_COLUMN)
STATES = {PRESENT: "present", ABSENT: "absent", UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Columns:
    """What the columns of a manifest are.

    Attributes
    ----------
    known
        Name in the table by ours, case aside: ``{"path": "Path"}``.
    findings
        Column of the vocabulary by name in the table.
    dropped
        Names that were left out.
    """

    known: Mapping[str, str]
    findings: Mapping[str, int]
    dropped: tuple[str, ...]

    @property
    def listed(self) -> bool:
        """Whether findings stand in a list column."""
        return LIST_COLUMN in self.known

    @classmethod
    def of(cls, table: SourceTable, vocabulary: Vocabulary, drop: tuple[str, ...], faults: Faults) -> "Columns":
        """Reads a header.

        To `faults` go columns that nobody knows, doubled, missing, or to drop and not there, and findings written in both ways.
        """
        dropped = tuple(column for column in table.header if column.casefold() in {name.casefold() for name in drop})
        for name in drop:
            if name.casefold() not in {column.casefold() for column in dropped}:
                faults.add(1, None, f"there is no column {name} to drop; its columns: {', '.join(table.header)}")
        known: dict[str, str] = {}
        findings: dict[str, int] = {}
        for column in table.header:
            if column in dropped:
                continue
            if column.casefold() in RESERVED:
                if known.setdefault(column.casefold(), column) != column:
                    faults.add(1, column, f"another column is named {column.casefold()}")
                continue
            try:
                index = vocabulary.index(column)
            except UsageError:
                near = nearest(column, vocabulary, RESERVED)
                unknown = f"no known column and no finding of {vocabulary.name}{near} (or leave it out: --drop {shlex.quote(column)})"
                faults.add(1, column, unknown)
                continue
            if index in findings.values():
                faults.add(1, column, f"the finding {vocabulary.codes[index]} has two columns")
            findings[column] = index
        for column in REQUIRED:
            if column not in known:
                faults.add(1, None, f"the column {column} is missing")
        if findings and LIST_COLUMN in known:
            faults.add(1, None, f"findings stand in the column {LIST_COLUMN} and in columns of their own; keep one of the two")
        return cls(known, findings, dropped)


@dataclass(frozen=True)
class LabelColumn:
    """How one finding's column is read.

    Attributes
    ----------
    states
        Per word, as `plain` returns it, a value of `LabelState`, or the reason why it cannot be read.
    counts
        Number of cells per word.
    """

    states: Mapping[str, int | str]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, column: str, table: SourceTable, faults: Faults) -> "LabelColumn":
        """Reads a column; cells that cannot be read go to `faults`."""
        words = [plain(cells[column]) for _, cells in table.rows]
        counts = Counter(words)
        states = label_states(counts)
        for (number, _), word in zip(table.rows, words, strict=True):
            state = states[word]
            if isinstance(state, str):
                faults.add(number, column, state)
        return cls(states, counts)


def list_items(cell: str) -> list[str]:
    """The entries of a cell of the list column: ``af; lvh``, or a list as Python, JSON and NumPy write it, ``['af', 'lvh']``."""
    listed = _BRACKETS.fullmatch(cell.strip())
    items = ["".join(match.groups("")) for match in _IN_BRACKETS.finditer(listed[1])] if listed else _SEPARATORS.split(cell)
    return [item.strip() for item in items if item.strip()]


def words_read(labels: Mapping[str, LabelColumn]) -> list[str]:
    """One line for the columns that write alike: ``af, vpc: 'ja' 12 -> present, 'nein' 40 -> absent, empty 3 -> unknown``."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for column, read in labels.items():
        alike.setdefault(tuple(sorted(read.counts)), []).append(column)
    lines = []
    for words, columns in alike.items():
        states = labels[columns[0]].states
        counts = {word: sum(labels[column].counts[word] for column in columns) for word in words}
        ordered = sorted(words, key=lambda word: (list(STATES).index(int(states[word])), -counts[word]))
        said = ", ".join(f"{repr(word) if word else 'empty'} {counts[word]} -> {STATES[int(states[word])]}" for word in ordered)
        doubt = "" if ABSENT in states.values() else "; no cell says absent, and what is empty stays unknown"
        lines.append(f"column{'s' if len(columns) > 1 else ''} {', '.join(columns)}: {said}{doubt}")
    return lines


def nearest(name: str, vocabulary: Vocabulary, others: tuple[str, ...] = ()) -> str:
    """``; did you mean af?`` for the findings, or `others`, whose names are near; empty where none is."""
    names = {known.casefold(): finding.code for finding in vocabulary.findings for known in (finding.code, *finding.names.values())}
    names |= {other: other for other in others}
    near = list(dict.fromkeys(names[match] for match in difflib.get_close_matches(name.casefold(), names, n=3)))
    return f"; did you mean {', '.join(near)}?" if near else ""
