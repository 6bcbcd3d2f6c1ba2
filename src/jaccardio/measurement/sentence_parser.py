"""`attributes_of`, `statements_of`: free text, English or Japanese, as attributes and as statements that can be judged by measurements.

No learning: words are looked up (`jaccardio.measurement.words`) and parted into phrases at commas and conjunctions. A phrase names a
statement where it says all that one of the statement's own sentences says. So "ST elevation in II, III and aVF" is most of ``st_up.II``,
``st_up.III`` and ``st_up.aVF``, "no P waves" is ``p_absent``, and the name of a finding ("inferior infarction") has attributes, but is no
statement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jaccardio.measurement.clauses import Clause
from jaccardio.measurement.statements import measured_statements
from jaccardio.measurement.words import BREAKS, GROUPS, QUALITIES, WAVES, read_words, word_table
from jaccardio.recording.leads import LEADS

ATTRIBUTES: tuple[str, ...] = (*WAVES, *LEADS, *GROUPS, *QUALITIES, "negation")
"""What a sentence may mention, in the order of `attributes_of`."""

_WALLS = (("II", "III", "aVF"), ("V1", "V2", "V3", "V4"), ("I", "aVL", "V5", "V6"))
"""Leads that look at one wall: where a sentence names no lead, it means those of some wall."""

_NEUTRAL = frozenset({"chest", "limb", "marked", "slight"})  # say how much or where of a thing that is there
_WEAK = ("comma", "with", "but")  # part more than and and or do
_OR = ("or", "either")


def attributes_of(sentence: str) -> NDArray[np.float32]:
    """(attributes,) 1 for each of `ATTRIBUTES` that a sentence or a few mention; words that are not known are passed over."""
    mentioned = {"negation" if name == "not" else name for says in read_words(sentence) for name in says}
    return np.array([name in mentioned for name in ATTRIBUTES], dtype=np.float32)


def statements_of(sentence: str) -> tuple[Clause, ...]:
    """Clauses over measured statements, all of which a sentence or a few claim; empty where they name none."""
    statements = [clause for phrases in _sentences(read_words(sentence)) for clause in _statements(phrases)]
    return tuple(dict.fromkeys(statements))


@dataclass(frozen=True)
class _Phrase:
    """Words between two breaks; `joint` is the break before them."""

    joint: str
    says: frozenset[str] = frozenset()
    leads: tuple[str, ...] = ()
    either: bool = False  # any of the leads suffices
    any_quality: bool = False  # or of what is said: "flat or inverted"
    negated: bool = False

    def __bool__(self) -> bool:
        return bool(self.says or self.leads or self.negated)

    @property
    def about(self) -> frozenset[str]:
        return self.says & frozenset(WAVES)

    def with_word(self, says: Iterable[str]) -> "_Phrase":
        phrase = self
        for name in says:
            if name == "not":
                phrase = replace(phrase, negated=not phrase.negated)
            elif name in LEADS:
                phrase = replace(phrase, leads=tuple(dict.fromkeys((*phrase.leads, name))))
            else:
                phrase = replace(phrase, says=phrase.says | {name})
        return phrase

    def joined(self, later: "_Phrase") -> "_Phrase":
        return _Phrase(
            self.joint,
            self.says | later.says,
            tuple(dict.fromkeys((*self.leads, *later.leads))),
            self.either or later.either or (later.joint in _OR and bool(self.leads) and not (self.says and later.says)),
            self.any_quality or later.any_quality or (later.joint in _OR and bool(self.says) and bool(later.says)),
            self.negated or later.negated if later.joint in ("list", "either") else self.negated != later.negated,
        )


@dataclass(frozen=True)
class _Pattern:
    """What one of a statement's own sentences says; `true` where it says so without negation."""

    name: str
    says: frozenset[str]
    leads: frozenset[str]  # of statements about the whole ECG
    of_lead: bool
    true: bool

    def fits(self, phrase: _Phrase) -> bool:
        if not self.says <= phrase.says or (self.leads and not self.leads <= set(phrase.leads) and (phrase.leads or len(self.leads) > 1)):
            return False
        if len(self.says) > 1:
            return True
        # "There is a Q wave" does not follow from "the Q wave is narrow": a lone word must be all that is said.
        rest = phrase.says - self.says - _NEUTRAL
        return not (rest - frozenset(WAVES) if self.says <= frozenset(WAVES) else rest)


@lru_cache(maxsize=1)
def _patterns() -> tuple[_Pattern, ...]:
    found: dict[_Pattern, None] = {}
    for code, statement in measured_statements().items():
        name, _, lead = code.partition(".")
        if lead not in ("", LEADS[0]):
            continue
        extra = word_table()["paraphrases"].get(f"{name}.{{lead}}" if lead else name, ())
        for sentences, truth in (((*statement.sentences.values(), *extra), True), (statement.denials.values(), False)):
            for sentence in sentences:
                whole = _Phrase("")
                for says in read_words(sentence):
                    whole = whole.with_word(word for word in says if word not in BREAKS)
                group = set(whole.says) & set(GROUPS)
                leads = frozenset() if lead or group else frozenset(whole.leads)
                found[_Pattern(name, whole.says, leads, bool(lead), truth != whole.negated)] = None
    return tuple(pattern for pattern in found if pattern.says)


@lru_cache(maxsize=4096)
def _fitting(phrase: _Phrase) -> tuple[_Pattern, ...]:
    """Patterns of which no other that fits says more, one a statement."""
    fitting = [pattern for pattern in _patterns() if pattern.fits(phrase)]
    most = [pattern for pattern in fitting if not any(pattern.says < other.says for other in fitting)]
    return tuple({pattern.name: pattern for pattern in most}.values())


def _sentences(words: Iterable[tuple[str, ...]]) -> Iterable[list[_Phrase]]:
    """Phrases, sentence by sentence; a further wave begins a phrase too, once something is said of the one before."""
    phrases: list[_Phrase] = []
    phrase = _Phrase("stop")
    for says in words:
        kind = next((name for name in says if name in BREAKS), None)
        rest = [name for name in says if name not in BREAKS]
        if says[:1] == ("not",) and kind:  # "ST上昇を伴わない": the negation belongs to what was said
            phrase, rest = phrase.with_word(rest), []
        elif says == ("not",) and phrases and not phrase and phrase.joint == "list":  # "Q波もST上昇もない"
            phrases[-1], rest = phrases[-1].with_word(rest), []
        elif says == ("not",) and not phrase and phrase.joint == "comma":  # ", not in V2": against what was said
            phrase = replace(phrase, joint="but")
        if kind is not None:
            if phrase:
                phrases.append(phrase)
                phrase = _Phrase(kind)
            elif phrase.joint in _WEAK:
                phrase = replace(phrase, joint=kind)
            if kind == "stop":
                yield phrases
                phrases, phrase = [], _Phrase("stop")
        elif set(rest) & set(WAVES) - phrase.says and phrase.about and (phrase.says - phrase.about or _fitting(phrase)):
            phrases.append(phrase)
            phrase = _Phrase("more")
        phrase = phrase.with_word(rest)
    yield [*phrases, phrase] if phrase else phrases


def _statements(phrases: list[_Phrase]) -> list[Clause]:
    """The clauses of one sentence."""
    clauses: list[Clause] = []
    for phrase in _share_leads(_telling(_list_negation(phrases))):
        clause = _clause(phrase)
        if clauses and phrase.joint in _OR and not phrase.negated:
            clause = Clause("any", parts=(clauses.pop(), clause))
        clauses.append(clause)
    return clauses


def _telling(phrases: list[_Phrase]) -> list[_Phrase]:
    """Phrases that each name a statement: those given, completed from their neighbours or joined."""
    found: list[_Phrase] = []
    waiting: _Phrase | None = None  # names no statement yet
    for phrase, after in zip_longest(phrases, phrases[1:]):
        if waiting is None and found:
            if not phrase.says and found[-1].leads:
                if phrase.joint == "but" and phrase.leads:  # "but not in V3"
                    found.append(replace(found[-1], leads=phrase.leads, negated=phrase.negated))
                else:  # "II, III and aVF"
                    found[-1] = found[-1].joined(phrase)
                continue
            phrase = _continued(found[-1], phrase, after)
        whole = phrase if waiting is None else _together(waiting, phrase)
        if _fitting(whole) and not _goes_on(whole, after):
            found.append(whole)
            waiting = None
        elif found and waiting is None and phrase.joint == "more":
            found[-1] = found[-1].joined(phrase)
        else:
            waiting = whole
    if waiting is not None and found and not waiting.says:  # leads at the end
        found[-1] = found[-1].joined(waiting)
    return found


def _together(waiting: _Phrase, phrase: _Phrase) -> _Phrase:
    """A phrase with the one before, which named no statement.

    "The P wave is normal, the QRS complex is wide", "no LBBB, wide QRS", "no infarction, ST elevation": what was said and is no part of a
    statement lends the next leads alone.
    """
    whole, alone = waiting.joined(phrase), replace(phrase, leads=phrase.leads or waiting.leads)
    if waiting.about:
        used = any(waiting.says <= pattern.says for pattern in _fitting(whole))
    elif waiting.says:
        used = any(waiting.says & pattern.says for pattern in _fitting(whole))
    else:
        used = phrase.joint not in _WEAK or not waiting.negated
    return whole if used or not _fitting(alone) else alone


def _goes_on(phrase: _Phrase, after: _Phrase | None) -> bool:
    """Whether the next phrase makes another statement of this one: "an early beat | with a different QRS complex"."""
    if after is None or (after.joint not in ("with", "more") and _fitting(after)):
        return False
    return any(phrase.says < pattern.says - _NEUTRAL for pattern in _fitting(phrase.joined(after)))


def _list_negation(phrases: list[_Phrase]) -> list[_Phrase]:
    """A Japanese list is negated at its end."""
    spread = phrases[:]
    for place in range(len(spread) - 1, 0, -1):
        if spread[place].joint in ("list", "either") and spread[place].negated and spread[place - 1].about and spread[place].about:
            spread[place - 1] = replace(spread[place - 1], negated=True)
    return spread


def _continued(before: _Phrase, phrase: _Phrase, after: _Phrase | None) -> _Phrase:
    """A phrase with what it leaves out: "wide and notched" speaks of the wave before, "no Q waves or ST elevation" denies both."""
    if phrase.about or not phrase.says:
        return replace(phrase, negated=phrase.negated or (before.negated and phrase.joint == "or" and bool(phrase.says)))
    if after is not None and phrase.joint in _WEAK and after.joint not in _WEAK:
        return phrase  # ", wide and notched QRS": it belongs to what follows
    full = replace(phrase, says=phrase.says | before.about, negated=phrase.negated or (before.negated and phrase.joint not in _WEAK))
    return full if _fitting(full) else phrase


def _share_leads(phrases: list[_Phrase]) -> list[_Phrase]:
    """Leads for statements of a lead that name none: of the next phrase, if it claims or denies alike, or else of the one before."""
    shared = phrases[:]
    for places, step in ((range(len(shared) - 2, -1, -1), 1), (range(1, len(shared)), -1)):
        for place in places:
            phrase, other = shared[place], shared[place + step]
            alike = step == -1 or phrase.negated == other.negated
            if not phrase.leads and alike and any(pattern.of_lead for pattern in _fitting(phrase)):
                shared[place] = replace(phrase, leads=other.leads, either=other.either)
    return shared


def _clause(phrase: _Phrase) -> Clause:
    """All that a phrase says, or any of it after an or; statements that the same words name are alternatives."""
    groups: dict[frozenset[str], list[Clause]] = {}
    for pattern in _fitting(phrase):
        groups.setdefault(pattern.says, []).append(_claim(pattern, pattern.true != phrase.negated, phrase))
    how: Literal["any", "all"] = "all" if phrase.negated else "any"
    return _joined("any" if phrase.any_quality and not phrase.negated else "all", [_joined(how, claims) for claims in groups.values()])


def _claim(pattern: _Pattern, true: bool, phrase: _Phrase) -> Clause:
    if not pattern.of_lead:
        return Clause("statement" if true else "not", pattern.name)
    if phrase.leads:
        return _of_leads("any" if phrase.either and true else "most" if true else "all", true, pattern.name, phrase.leads)
    if not true:
        return _of_leads("all", true, pattern.name, [lead for wall in _WALLS for lead in wall])
    return Clause("any", parts=tuple(_of_leads("most", true, pattern.name, wall) for wall in _WALLS))


def _of_leads(how: Literal["any", "most", "all"], true: bool, name: str, leads: Sequence[str]) -> Clause:
    return _joined(how, [Clause("statement" if true else "not", f"{name}.{lead}") for lead in leads])


def _joined(how: Literal["any", "most", "all"], clauses: Sequence[Clause]) -> Clause:
    return clauses[0] if len(clauses) == 1 else Clause(how, parts=tuple(clauses))
