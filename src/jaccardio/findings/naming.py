"""Whether a sentence names a finding: so that what is left out of training is left out in every language and under every name.

``data/finding-terms.csv`` lists what the findings of the shipped vocabularies are called: codes, language (``en``, ``de``, ``ja``, or
``abbr`` for abbreviations and SCP codes), terms; not reviewed by a clinician. Groups have rows of their own with the codes of all their
findings. ``*`` in a term stands for any letters, as in German compounds (``*infarkt*``).
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from jaccardio.findings.report_phrases import normalise
from jaccardio.findings.tables import table_rows
from jaccardio.findings.vocabulary import Finding

ANY_LETTERS = "*"
SEPARATOR = r"[\s\-‐-―/_.]"
"""Between the words of a term there may be any number of these or none."""

HYPHENS = str.maketrans("", "", "-‐‑‒–—―")

VERB = rf"(?:(?:is|are|was|were)\b{SEPARATOR}*)?(?:not\b{SEPARATOR}*)?"
"""The verb of a term, which may be left out or denied."""

NO_LETTER_BEFORE, NO_LETTER_AFTER = "(?<![a-z0-9])", "(?![a-z0-9])"

LONG = 5
"""Letters from which a last word may be declined (``-s``, ``-en``); an abbreviation takes only a plural s."""


def names_finding(sentence: str, finding: Finding) -> bool:
    """Whether a sentence names a finding or a group that it belongs to, as a whole word, case, hyphens and spaces aside.

    The longest name wins: "incomplete right bundle branch block" does not name the complete one, and "anterior infarction" not the group
    of infarctions; "myocardial infarction" alone names every infarction. Denying a finding names it too.

    Parameters
    ----------
    sentence
        English, German or Japanese; a phrase or an abbreviation will do.
    finding
        Of any vocabulary. One of the user's own is known by its names and aliases, and by the table where that has one of them.
    """
    names = tuple(searchable(name) for name in (*finding.names.values(), *finding.aliases))
    text = searchable(sentence)
    return any(_names(spelling, _codes_of(finding.code, names), names) for spelling in {text, text.translate(HYPHENS)})


def _names(text: str, codes: frozenset[str], names: tuple[str, ...]) -> bool:
    matches = [(span, not named.isdisjoint(codes)) for span, named in named_spans(text)]
    matches += [(match.span(), True) for name in names for match in term_pattern(name).finditer(text)]
    return any(meant and not any(inside(span, other) for other, _ in matches) for span, meant in matches)


def without_named(sentences: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    """The sentences that name none of some findings, in order: what may be said in training where these are left out."""
    left_out = list(findings)
    return [sentence for sentence in sentences if not any(names_finding(sentence, finding) for finding in left_out)]


Span = tuple[int, int]


def inside(span: Span, other: Span) -> bool:
    """Whether a span lies in another, longer one."""
    return other[0] <= span[0] and span[1] <= other[1] and span != other


@lru_cache(4096)
def named_spans(text: str) -> list[tuple[Span, frozenset[str]]]:
    """Where terms of the table stand in a text, as `searchable` writes it, and the codes that they name."""
    near = [(term, codes) for term, codes, first in _table() if first in text]
    return [(match.span(), codes) for term, codes in near for match in term_pattern(term).finditer(text)]


@cache
def _codes_of(code: str, names: tuple[str, ...]) -> frozenset[str]:
    """The codes of the table that a finding goes by: its own where the table has it, else those of its names."""
    if any(code in codes for _, codes, _ in _table()):
        return frozenset({code})
    near = [(term, codes, name) for term, codes, first in _table() for name in names if first in name]
    return frozenset[str]().union(*(codes for term, codes, name in near if term_pattern(term).fullmatch(name)))


@cache
def _table() -> list[tuple[str, frozenset[str], str]]:
    """Every term, as it is searched, the codes that it names, and its `stem`."""
    rows = [(term, frozenset(row["codes"].split("|"))) for row in table_rows("finding-terms") for term in row["terms"].split("|")]
    return [(searchable(term), codes, stem(searchable(term))) for term, codes in rows]


def stem(term: str) -> str:
    """First letters of a term: a text without them needs no search."""
    return re.split(rf"{SEPARATOR}|\{ANY_LETTERS}", term.lstrip("*-_"))[0]


@cache
def term_pattern(term: str, verbs: bool = True) -> re.Pattern[str]:
    """A term as a whole word; letters of Chinese and Japanese know no word boundary.

    What ``*`` stands for at the beginning is no part of the match, so "Hinterwandinfarkt" is longer than ``*infarkt*`` and wins. "T waves
    are inverted" is also "T waves inverted", "T waves were not inverted", unless `verbs` is false.
    """
    words = [word for word in re.split(SEPARATOR, term.removeprefix(ANY_LETTERS)) if word]
    body = f"{SEPARATOR}*".join(
        VERB if verbs and word in ("is", "are") else re.escape(word).replace(re.escape(ANY_LETTERS), "[a-z]*") for word in words
    )
    first, last = words[0][0], words[-1][-1]
    before = NO_LETTER_BEFORE if first.isascii() and not term.startswith(ANY_LETTERS) else ""
    ending = "" if not last.isalpha() else "(?:s|es|e|en|n|er)?" if len(words[-1]) >= LONG else "s?"
    return re.compile(f"{before}{body}{ending}{NO_LETTER_AFTER}" if last.isascii() else f"{before}{body}")


def searchable(text: str) -> str:
    """A text as it is searched: normalised, and British as American (ischaemic, ischemic; German ischämisch likewise)."""
    return normalise(text).replace("ae", "e")
