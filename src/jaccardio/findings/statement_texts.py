"""Findings from what a hospital writes of an ECG, in English, German or Japanese: named, denied, or left in doubt.

What findings are called stands in ``data/finding-terms.csv`` (`naming`), beside the names and aliases of the vocabulary; what a term of
several SCP-ECG statements says of a vocabulary follows from its mapping table (`mapping`). ``data/assertion-cues.csv`` lists the words that
deny or doubt, in the manner of NegEx (Chapman et al. 2001, doi:10.1006/jbin.2001.1029), with the side of the finding on which they stand;
neither table was reviewed by a clinician. A cue of both sides ("not") speaks of what it follows at once, else of what comes after it, and
may mean something else on each: "does not show AF" denies, "AF does not recur" is a doubt. A cue reaches the finding next to it, at most
`REACH` words away, and those joined to that by "and" or "or"; what is joined by a comma alone is left in doubt, for a comma may end a
denial or go on with it. A cue with nothing behind it speaks of what is before it. What was is in doubt: it may be seen in this ECG or not.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.mapping import NAMED, LabelMapper, Meaning
from jaccardio.findings.naming import Span, inside, named_spans, searchable, stem, term_pattern
from jaccardio.findings.report_phrases import ABBREVIATED, FULL_STOP, normalise, read_report
from jaccardio.findings.tables import table_rows
from jaccardio.findings.vocabulary import Vocabulary

REACH = 5
"""Words between a cue and the finding that it speaks of."""

DENY, DOUBT, PLAIN, OR, AND = "deny", "doubt", "plain", "or", "and"
BEFORE, AFTER, EITHER = "before", "after", "either"

_BREAKS = re.compile(
    r"[\n\r;|。；｜]|\b(?:but|however|otherwise|except|aber|jedoch|sonst|ansonsten|bis auf)\b|ただし|しかし|その他|他は"
    r"|(?<=あり|認め)(?=[a-z一-鿿ァ-ヶ])(?![難得])",
    re.IGNORECASE,
)
"""Where what is said of one finding ends; in Japanese also where a verb has said it and no ending of the verb follows."""

_SIGNS = (
    (re.compile(r"\((?:-|ー)\)|[:=] ?(?:-|0|n|neg|negativ|negative|陰性)(?= ?(?:[,、(]|\.(?!\d)|$))"), ": no,"),
    (re.compile(r"\(?(?:±|\+/-)\)?"), " ? ,"),
)
"""What stands in a list of findings where others write "no" or a question mark: ``AF (-)``, ``LBBB = 0``, ``(±)``."""

_MINUS = str.maketrans("−‐‑–—", "-----")
_VERDACHT = re.compile(r"\bv\. ?a\.")
_CONTRACTED = re.compile(r"(?:(?<=\bcan)|(?<!\bca)n)['’]t\b")
_ZUSTAND = re.compile(r"\bz\. ?n\.")
_ENDS = re.compile(r"\s*(?:[,、]|$)")
_ABBREVIATED = re.compile(r"\b(z|n|ca|ggf|evtl|inkompl|kompl|wahrsch|fragl|prob|poss|dr|block (?:i{1,3}|[123]))\.")
_COMMAS, _JOINTS = frozenset(",、"), frozenset(",、/+")


@dataclass(frozen=True)
class Mention:
    """A finding as a text names it.

    Attributes
    ----------
    span
        In the phrase.
    codes
        What it may mean: one code of `mapping`, or several, of which one is meant.
    deniable
        Codes of the findings that are absent where this is denied; none where the term is wider or narrower than one finding: "no
        infarction" and "no ventricular couplet" are not read as denials of "inferior infarction" and "ventricular premature contraction".
    kind
        ``plain``, ``deny`` or ``doubt``.
    """

    span: Span
    codes: frozenset[str]
    deniable: frozenset[str]
    kind: str = PLAIN


@dataclass(frozen=True)
class StatementReading:
    """What one text says.

    Attributes
    ----------
    labels
        (findings,) int8 with the values of `LabelState`; what is not named is unknown.
    left_open
        (findings,) bool: doubted, said by halves ("bundle branch block"), or both said and denied, and therefore unknown.
    named
        Whether anything was recognised as a finding, of this vocabulary or another.
    unread
        Phrases in which nothing was recognised, normalised: a clinician's words about a patient, never stored or logged.
    """

    labels: NDArray[np.int8]
    left_open: NDArray[np.bool_]
    named: bool
    unread: tuple[str, ...]


@dataclass(frozen=True)
class StatementReader:
    """Reads texts into labels of one vocabulary."""

    mapper: LabelMapper
    own: tuple[tuple[str, re.Pattern[str], str], ...]
    columns: Mapping[str, int]

    @classmethod
    def for_vocabulary(cls, vocabulary: Vocabulary) -> "StatementReader":
        """The reader of a vocabulary: the terms of the table, and its own names and aliases."""
        own = [
            (stem(searchable(name)), term_pattern(searchable(name)), NAMED + finding.code)
            for finding in vocabulary.findings
            for name in (*finding.names.values(), *finding.aliases)
        ]
        columns = {
            code.removeprefix("scp:"): column for column, one in enumerate(vocabulary.findings) for code in (*one.stated_by, one.code)
        }
        return cls(LabelMapper.for_vocabulary(vocabulary), tuple(own), columns)

    def read(self, text: str) -> StatementReading:
        """Labels and unread phrases of one text.

        A finding that is named plainly is present, whatever is doubted elsewhere; one that is both named plainly and denied is unknown, as
        is one that is doubted, or named by a word that may mean another ("bundle branch block"). One that is denied is absent.
        """
        present, absent, unsure = set[int](), set[int](), set[int]()
        unread, recognised = [], False
        for phrase in phrases(text):
            mentions = asserted(phrase, self._mentions(phrase))
            recognised |= bool(mentions)
            for mention in mentions:
                meanings = [self._meaning(code) for code in mention.codes]
                stated = frozenset[int].intersection(*(meaning.present for meaning in meanings))
                named = frozenset[int]().union(*(meaning.present for meaning in meanings))
                left_open = named.union(*(meaning.unknown for meaning in meanings)) - stated
                if mention.kind == DENY:
                    absent |= {self.columns[code] for code in mention.deniable if code in self.columns}
                else:
                    (present if mention.kind == PLAIN else unsure).update(stated)
                    unsure |= left_open
            if not mentions and not _known_to_say_nothing(phrase):
                unread.append(phrase)
        labels = np.full(len(self.mapper.vocabulary), UNKNOWN, dtype=np.int8)
        labels[sorted(absent - unsure)] = ABSENT
        labels[sorted(present)] = PRESENT
        labels[sorted(present & absent)] = UNKNOWN
        labels = self.mapper.completed(labels)
        left_open = np.isin(np.arange(len(labels)), sorted(unsure | present)) & (labels == UNKNOWN)
        return StatementReading(labels, left_open, recognised, tuple(unread))

    def _meaning(self, code: str) -> Meaning:
        return self.mapper.meanings.get(code.casefold() if code.startswith(NAMED) else code, Meaning())

    def _mentions(self, phrase: str) -> list[Mention]:
        """The longest names in a phrase, by place; of equal ones the vocabulary's own."""
        named: dict[Span, frozenset[str]] = {}
        for span, codes in named_spans(phrase):
            named[span] = named.get(span, frozenset()) | codes
        found = {span: _mention(span, codes) for span, codes in named.items()}
        for span, code in [
            (match.span(), code) for first, pattern, code in self.own if first in phrase for match in pattern.finditer(phrase)
        ]:
            found[span] = Mention(span, frozenset({code}), frozenset({code.removeprefix(NAMED)}))
        return [found[span] for span in sorted(found) if not any(inside(span, other) for other in found)]


def phrases(text: str) -> list[str]:
    """A text cut at line ends, stops, semicolons and words such as "but", as `searchable` writes it."""
    cut = []
    for part in _BREAKS.split(text.replace("?", " ? ").replace("？", " ? ")):
        whole = _ZUSTAND.sub("zustand nach", _VERDACHT.sub("verdacht auf", _CONTRACTED.sub(" not", normalise(part).translate(_MINUS))))
        for sign, words in _SIGNS:
            whole = sign.sub(words, whole)
        whole = ABBREVIATED.sub(r"\1", _ABBREVIATED.sub(r"\1", whole))
        cut += [" ".join(searchable(phrase).split()).strip(" ,:-") for phrase in FULL_STOP.split(whole)]
    return [phrase for phrase in cut if any(character.isalpha() for character in phrase)]


def asserted(phrase: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions of a phrase with what its cues make of them; a doubt weighs more than a denial."""
    kinds: list[set[str]] = [set() for _ in mentions]
    for sides, span in _cues_in(phrase):
        holders = [place for place, mention in enumerate(mentions) if mention.span[0] <= span[0] and span[1] <= mention.span[1]]
        if holders:
            kinds[holders[0]].add(next(iter(sides.values())))
            continue
        after = next((place for place, mention in enumerate(mentions) if mention.span[0] >= span[1]), None)
        before = next((place for place in reversed(range(len(mentions))) if mentions[place].span[1] <= span[0]), None)
        ahead = "," if after is None else phrase[span[1] : mentions[after].span[0]]
        behind = "," if before is None else phrase[mentions[before].span[1] : span[0]]
        if len(sides) > 1:
            side = AFTER if not behind.strip() or not _reaches(ahead) else BEFORE
        else:
            side = AFTER if _ENDS.match(phrase, span[1]) else next(iter(sides))  # "AF: no, LVH: borderline"
        start, step, between = (after, 1, ahead) if side == BEFORE else (before, -1, behind)
        if start is not None and _reaches(between):
            for place, weight in _joined(phrase, mentions, start, step, sides.get(side) or next(iter(sides.values()))):
                kinds[place].add(weight)
    for place in range(len(mentions) - 1):
        either = kinds[place : place + 2]
        if _join(phrase[mentions[place].span[1] : mentions[place + 1].span[0]]) == OR and not all(DENY in found for found in either):
            for found in either:
                found.add(DOUBT)
    return [
        replace(mention, kind=DOUBT if DOUBT in found else DENY if DENY in found else PLAIN)
        for mention, found in zip(mentions, kinds, strict=True)
    ]


def _reaches(between: str) -> bool:
    """Whether a cue reaches over the words between it and a finding."""
    return len(between.split()) <= REACH and not _COMMAS & set(between)


def _joined(phrase: str, mentions: Sequence[Mention], start: int, step: int, kind: str) -> list[tuple[int, str]]:
    """The mention that a cue speaks of and those joined to it, away from the cue."""
    reached, place = [(start, kind)], start
    while 0 <= place + step < len(mentions):
        first, second = sorted((place, place + step))
        join = _join(phrase[mentions[first].span[1] : mentions[second].span[0]])
        if join is None:
            break
        kind = kind if join in (AND, OR) else DOUBT
        place += step
        reached.append((place, kind))
    return reached


def _join(between: str) -> str | None:
    """How two neighbours are joined: ``and``, ``or``, a comma, or not at all. A word or two may stand beside it: "or old"."""
    words = between.replace(",", " , ").replace("、", " 、 ").split()
    if not 1 <= len(words) <= 3:
        return None
    known = [kind for kind, _, _, pattern in _cues() if kind in (AND, OR) and any(pattern.fullmatch(word) for word in words)]
    if known:
        return OR if OR in known else AND
    return "," if len(words) == 1 and words[0] in _JOINTS else None


@lru_cache(4096)
def _cues_in(phrase: str) -> list[tuple[dict[str, str], Span]]:
    """Cues that deny or doubt, each with its kind by the side of the finding that it speaks of: the longest ones, of two that overlap the
    second ("is not", "not seen"). Those that only shield words from being cues are left out."""
    found = [
        (kind, side, match.span())
        for kind, side, first, pattern in _cues()
        if first in phrase and kind not in (AND, OR)
        for match in pattern.finditer(phrase)
    ]
    whole = [cue for cue in found if not any(inside(cue[2], other) for _, _, other in found)]
    longest = [cue for cue in whole if not any(cue[2][0] < other[0] < cue[2][1] for _, _, other in whole)]
    found_at: dict[Span, dict[str, str]] = {}
    for kind, side, span in longest:
        if kind != PLAIN:
            found_at.setdefault(span, {}).update({BEFORE: kind, AFTER: kind} if side == EITHER else {side: kind})
    return [(found_at[span], span) for span in sorted(found_at)]


@cache
def _cues() -> list[tuple[str, str, str, re.Pattern[str]]]:
    """Kind, side, stem and pattern of every cue."""
    return [
        (
            row["kind"],
            row["side"],
            stem(searchable(cue)),
            re.compile(re.escape(cue)) if cue in ("?", "/") else term_pattern(searchable(cue), verbs=False),
        )
        for row in table_rows("assertion-cues")
        for cue in row["cues"].split("|")
    ]


@cache
def _statements() -> frozenset[str]:
    return frozenset(Vocabulary.load("ptbxl71").codes)


def _mention(span: Span, named: frozenset[str]) -> Mention:
    """What a term of the table may mean: one of the SCP-ECG statements that it names; without any, the finding of another vocabulary."""
    statements = named & _statements()
    codes = {f"scp:{code}" for code in statements} or {NAMED + code for code in named}
    one = len(statements) <= 1 and len(named - statements) <= 1
    return Mention(span, frozenset(codes), named if one else frozenset())


@lru_cache(4096)
def _known_to_say_nothing(phrase: str) -> bool:
    """Whether the glossary of reports knows a phrase that names no finding ("axis normal")."""
    return bool(read_report(phrase).chains)
