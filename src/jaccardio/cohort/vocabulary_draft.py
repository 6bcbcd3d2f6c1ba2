"""A vocabulary drafted from a manifest: one finding for each column that says present or absent, or for each value of the list column."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from jaccardio.cohort.corpora.columns import LIST_COLUMN, RESERVED, list_items
from jaccardio.cohort.corpora.manifest import table_in
from jaccardio.cohort.corpora.table import read_table
from jaccardio.cohort.corpora.words import NO_FINDING, NOT_STATED, label_states, plain
from jaccardio.errors import DataError, UsageError
from jaccardio.files import write_atomic
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.vocabulary import Finding, Vocabulary
from jaccardio.findings.vocabulary_file import STOPS, TABLE_WORDS, fold, name_fault, own_name_fault, text_fault

MOST_FINDINGS = 2000
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")
"""Kana and Chinese characters."""

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Draft:
    """What was written.

    Attributes
    ----------
    language
        Of the names: ``ja`` where any of them holds Japanese script, else ``en``.
    left_out
        Columns, or how many values of the list column, that became no finding.
    """

    vocabulary: Vocabulary
    language: str
    left_out: tuple[str, ...]


def draft_vocabulary(manifest: Path, out: Path) -> Draft:
    """Writes a vocabulary to be corrected by hand: codes and names from the table, with counts.

    A finding that a shipped vocabulary has under this name, or paper26 under this code, takes name and needed leads from there.

    Parameters
    ----------
    manifest
        The table, or the folder that holds it, as ``jaccardio ingest --corpus manifest`` takes it.
    out
        TOML file to write; its name becomes that of the vocabulary.

    Raises
    ------
    UsageError
        `out` exists or cannot name a vocabulary, or there is no such table.
    DataError
        The table cannot be read, or holds no finding.
    """
    if out.exists():
        raise UsageError(f"{out}: exists already, and may hold corrections. Name another file, or remove it.")
    if fault := own_name_fault(out.stem, Vocabulary.available()):
        raise UsageError(f"{out}: the name of a vocabulary {fault}")
    path = table_in(manifest) if manifest.is_dir() else manifest
    table, faults = read_table(path)
    faults.refuse()
    rows = [cells for _, cells in table.rows]
    list_column = next((column for column in table.header if column.casefold() == LIST_COLUMN), None)
    spellings, left_out = _marked(table.header, rows) if list_column is None else _listed(list_column, rows)
    if not spellings and list_column is not None:
        raise DataError(f"{path.name}: no finding: the column {list_column} names none.")
    if not spellings:
        raise DataError(
            f"{path.name}: no finding: neither a column {LIST_COLUMN} nor one that says only present (1), absent (0) or nothing."
        )
    if len(spellings) > MOST_FINDINGS:
        raise DataError(f"{path.name}: {len(spellings)} findings. Free text is no list of findings: {MOST_FINDINGS} are the most.")
    language = "ja" if any(JAPANESE.search(spelling) for spelling in spellings) else "en"
    write_atomic(out, _toml(path.name, spellings, language).encode())
    return Draft(Vocabulary.load(out), language, left_out)


def _marked(header: Sequence[str], rows: Rows) -> tuple[dict[str, str], tuple[str, ...]]:
    """Findings as the table calls them with the rows that state them, in words; and what became none."""
    spellings, left_out = {}, []
    for column in (column for column in header if column.casefold() not in RESERVED):
        words = Counter(plain(row[column]) for row in rows)
        states = label_states(words)
        present, absent, unknown = (sum(words[word] for word in words if states[word] == state) for state in (PRESENT, ABSENT, UNKNOWN))
        if present + absent and present + absent + unknown == len(rows) and _name(column):
            spellings[column] = f"present in {present} rows, absent in {absent}, unknown in {unknown}"
        else:
            left_out.append(column if column.isprintable() else repr(column))
    return spellings, tuple(left_out)


def _listed(column: str, rows: Rows) -> tuple[dict[str, str], tuple[str, ...]]:
    """As `_marked`."""
    spelt: dict[str, Counter[str]] = {}
    for row in rows:
        values = {fold(value): value for value in list_items(row[column])}
        for key, value in values.items():
            if plain(value) not in NOT_STATED | NO_FINDING:
                spelt.setdefault(key, Counter())[value] += 1
    texts = {counts.most_common(1)[0][0]: counts.total() for counts in spelt.values()}
    spellings = {text: f"present in {rows_of} rows" for text, rows_of in texts.items() if _name(text)}
    unnamed = len(texts) - len(spellings)
    return spellings, (f"{unnamed} values of the column {LIST_COLUMN} that cannot be names",) if unnamed else ()


def _toml(table: str, spellings: Mapping[str, str], language: str) -> str:
    lines = [
        f"# Findings of {json.dumps(table, ensure_ascii=False)}, to be corrected by hand: names as they should stand in a sentence, what",
        "# follows from what, and the leads that each finding needs (without a line `leads`: I, II and V1-V6; `leads = []`: any one lead).",
        "# docs/your-data.md explains every key; `jaccardio vocabulary check` says what is wrong with this file.",
        "implications = []",
    ]
    taken = set(map(fold, spellings))
    shipped = _shipped()
    for number, (spelling, rows) in enumerate(spellings.items(), start=1):
        known = shipped.get(fold(spelling))
        name = _name(spelling)
        if known is not None and fold(known.names[language]) not in taken:
            name = known.names[language]
        others = taken - {fold(spelling)}
        if fold(name) in others:
            name = f"{name} ({number})"
        code = _code(spelling, number, others)
        taken |= {fold(name), fold(code)}
        lines += ["", f"[[findings]]  # {rows}", f"code = {_string(code)}", f"names = {{ {language} = {_string(name)} }}"]
        if fold(spelling) not in (fold(name), fold(code)):
            lines.append(f"aliases = [{_string(spelling)}]")
        if known is not None:
            lines.append(f"leads = [{', '.join(map(_string, known.leads))}]")
    return "\n".join(lines) + "\n"


def _shipped() -> dict[str, Finding]:
    """Findings by the names that the shipped vocabularies give them, and by the codes of paper26, which are words."""
    by_spelling: dict[str, Finding] = {}
    for name in Vocabulary.available():
        for finding in Vocabulary.load(name).findings:
            codes = [finding.code] if name == "paper26" else []
            for spelling in (*codes, *finding.names.values()):
                by_spelling.setdefault(fold(spelling), finding)
    return by_spelling


def _name(spelling: str) -> str:
    """A spelling without what cannot stand in a sentence; empty where nothing can be made of it."""
    name = " ".join(STOPS.sub(" ", spelling).split())
    return "" if text_fault(spelling) or name_fault(name) else name


def _code(spelling: str, number: int, taken: Collection[str]) -> str:
    """An ASCII code from a spelling: ``Left axis`` is ``left_axis``; from letters that have none, a number."""
    plain = unicodedata.normalize("NFKD", spelling)
    letters = [character for character in plain if character.isalpha()]
    slug = re.sub(r"[^a-z0-9]+", "_", "".join(character for character in plain.lower() if not unicodedata.combining(character))).strip("_")
    code = slug[:36] if slug and all(letter.isascii() for letter in letters) else f"f{number:03d}"
    candidates = chain([code], (f"{code}_{further}" for further in count(2)))
    return next(candidate for candidate in candidates if candidate not in taken and candidate not in TABLE_WORDS)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
