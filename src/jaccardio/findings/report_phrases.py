"""What the report of an ECG says, by a glossary of report phrases: ``data/report-phrases.csv``, not reviewed by a clinician.

The glossary is made for the reports of PTB-XL (English and German, some Swedish; umlauts broken, case mangled). A report is cut at full
stops into phrases; German machines write several statements without a stop between them, so a phrase may be a chain of patterns. A
phrase is read only where patterns cover it whole: of one that goes on in words unknown to the glossary ("... not excluded", "... in
childhood") nothing is believed. What is not said, or said with a doubt, is unknown and never absent.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.needed_leads import spell_leads
from jaccardio.findings.tables import table_rows
from jaccardio.findings.vocabulary_file import fold
from jaccardio.recording.leads import LEADS

SLOT = "{}"
"""Where a list of leads stands in a pattern and in its sentences."""

AT = "@"
"""Between the code of a statement and its leads where it is said of leads: ``st_depressed@I+aVL``."""

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "á": "ss", "#": "ue"})
"""German letters as two, whether PTB-XL has them whole (``für``), written out (``fuer``) or broken (``f#r``, ``schweiáausbruch``)."""

ABBREVIATED = re.compile(r"\b(supraventr|intraventr|ventr|moegl|neg|path|teilw)\.")
"""Words whose stop ends no phrase."""

FULL_STOP = re.compile(r"(?<!\d)\.|\.(?!\d)")
_EDITED = "edit:"
"""Before codes that annotators wrote into the report: labels, which are no words of the report."""

_ITEM = r"(?:limb leads|chest leads|av[rlf]\b|i{1,3}\b|v[1-6](?:[-,](?=v?[1-6])v?[1-6])*\b)"
_LEAD_LIST = re.compile(rf"(?<=\bin ){_ITEM}(?:(?:, ?| and |,? ){_ITEM})*")
_GROUPS = {"limb leads": LEADS[:6], "chest leads": LEADS[6:]}


@dataclass(frozen=True)
class Phrase:
    """One row of the glossary: a statement and the ways in which reports put it.

    Attributes
    ----------
    code
        Stable short name.
    patterns
        Normalised text; ``{}`` stands for a list of leads.
    sentences
        Per language (``en``, ``ja``) what is said or denied, never with a "no" of its own: a negated phrase makes it false. Empty where
        the phrase says nothing of the ECG ("unconfirmed report").
    negated, hedged
        Whether the phrase denies its sentence; whether it leaves it in doubt.
    findings
        Codes of ``ptbxl71`` that the phrase names.
    """

    code: str
    patterns: tuple[str, ...]
    sentences: dict[str, str]
    negated: bool
    hedged: bool
    findings: tuple[str, ...]

    @property
    def truth(self) -> int:
        """`LabelState` of the sentence in an ECG whose report has the phrase; in doubt is unknown."""
        if self.hedged:
            return UNKNOWN
        return ABSENT if self.negated else PRESENT


@dataclass(frozen=True)
class Reading:
    """What was read of one report.

    Attributes
    ----------
    said
        Codes of the statements read, each once, in order; with leads where made of leads (``st_depressed@I+aVL``).
    chains
        The patterns met, in order, a tuple for each phrase read.
    unread
        Phrases that the glossary does not cover, normalised. They are a clinician's words about a patient: never stored or logged.
    """

    said: tuple[str, ...]
    chains: tuple[tuple[str, ...], ...]
    unread: tuple[str, ...]


@cache
def report_phrases() -> dict[str, Phrase]:
    """The glossary by code."""
    return {
        row["code"]: Phrase(
            code=row["code"],
            patterns=tuple(row["patterns"].split("|")),
            sentences={language: row[language] for language in ("en", "ja") if row[language]},
            negated=row["negated"] == "true",
            hedged=row["hedged"] == "true",
            findings=tuple(filter(None, row["findings"].split("|"))),
        )
        for row in table_rows("report-phrases")
    }


def read_report(report: str) -> Reading:
    """Reads one report; an empty one says nothing.

    Parameters
    ----------
    report
        As the database has it: any case, umlauts whole or broken.
    """
    said: dict[str, None] = {}
    chains: list[tuple[str, ...]] = []
    unread: list[str] = []
    for phrase, leads in _phrases(report):
        patterns = _chain(phrase.split())
        if patterns is None:
            unread.append(phrase)
            continue
        chains.append(tuple(pattern for pattern, _ in patterns))
        left = iter(leads)
        for pattern, code in patterns:
            where = [next(left) for _ in range(pattern.count(SLOT))]
            if report_phrases()[code].sentences:
                said[AT.join([code, *where])] = None
    return Reading(tuple(said), tuple(chains), tuple(unread))


def truths(said: Sequence[str], language: str = "en") -> dict[str, int]:
    """Truth per sentence from the codes that a store keeps of one report.

    A sentence that is both said and denied is unknown; one that is said, and put with a doubt elsewhere, is said.

    Raises
    ------
    DataError
        A code of another version of the glossary.
    """
    states: dict[str, set[int]] = {}
    for code in said:
        states.setdefault(sentence_of(code, language), set()).add(_phrase(code).truth)
    return {sentence: known.pop() if len(known := found - {UNKNOWN}) == 1 else UNKNOWN for sentence, found in states.items()}


def sentence_of(code: str, language: str = "en") -> str:
    """The sentence of a code, with its leads where it has any.

    Parameters
    ----------
    code
        As in `Reading.said`.
    """
    leads = [where.split("+") for where in code.split(AT)[1:]]
    spelt = [spell_leads(listed) if language == "en" else "、".join(listed) for listed in leads]
    return _phrase(code).sentences[language].format(*spelt)


def truth_matrix(said: Sequence[Sequence[str] | None], language: str = "en", at_least: int = 1) -> tuple[list[str], NDArray[np.int8]]:
    """Sentences of many reports and their truth in each.

    Parameters
    ----------
    said
        Per record the codes of its report, None where it has none, as the column ``report_phrases`` of a store.
    at_least
        Records in which a sentence must be true or false to be listed.

    Returns
    -------
    The sentences, and (records, sentences) int8 with the values of `LabelState`.
    """
    rows = [truths(() if codes is None else codes, language) for codes in said]
    uses = Counter(sentence for row in rows for sentence, truth in row.items() if truth != UNKNOWN)
    sentences = [sentence for sentence in dict.fromkeys(chain.from_iterable(rows)) if uses[sentence] >= at_least]
    matrix = np.full((len(rows), len(sentences)), UNKNOWN, dtype=np.int8)
    columns = {sentence: column for column, sentence in enumerate(sentences)}
    for number, row in enumerate(rows):
        for sentence in row.keys() & columns.keys():
            matrix[number, columns[sentence]] = row[sentence]
    return sentences, matrix


def normalise(text: str) -> str:
    """Lower case, German letters written out, white space as one blank."""
    return " ".join(fold(text).translate(_LETTERS).split())


def _phrases(report: str) -> Iterator[tuple[str, list[str]]]:
    """Each phrase with ``{}`` for every list of leads, and the leads of these lists (``I+aVL``)."""
    text = ABBREVIATED.sub(r"\1", normalise(report.replace(SLOT, " ")).partition(_EDITED)[0])
    for phrase in FULL_STOP.split(text):
        leads = ["+".join(_leads(found)) for found in _LEAD_LIST.findall(phrase)]
        words = [word.strip(",;:") for word in _LEAD_LIST.sub(f" {SLOT} ", phrase).split()]
        if any(words):
            yield " ".join(filter(None, words)), leads


def _leads(listed: str) -> list[str]:
    """Standard names, in standard order, of a list such as ``i, avl, v3-6`` or ``limb leads and v4,5,6``."""
    found: set[str] = set()
    for word in re.findall(r"limb leads|chest leads|av[rlf]|i{1,3}|v[1-6](?:[-,]v?[1-6])*", listed):
        if word in _GROUPS:
            found.update(_GROUPS[word])
        elif word.startswith("v"):
            for part in word.replace("v", "").split(","):
                first, last = part[0], part[-1]
                found.update(f"V{number}" for number in range(int(first), int(last) + 1))
        else:
            found.add(word.upper().replace("AV", "aV"))
    return [lead for lead in LEADS if lead in found]


def _phrase(code: str) -> Phrase:
    name = code.partition(AT)[0]
    if name not in report_phrases():
        raise DataError(f"report phrase {name!r} is not in the glossary of this version of jaccardio. Run `jaccardio ingest` again.")
    return report_phrases()[name]


def _chain(words: Sequence[str]) -> list[tuple[str, str]] | None:
    """Patterns with their codes that cover the words without a gap, long ones first; None where there is no such chain."""
    patterns = _patterns()
    chains: list[list[tuple[str, str]] | None] = [None] * len(words) + [[]]
    for begin in reversed(range(len(words))):
        for pattern, code in patterns.get(words[begin], ()):
            end = begin + len(pattern)
            if end <= len(words) and chains[end] is not None and tuple(words[begin:end]) == pattern:
                chains[begin] = [(" ".join(pattern), code), *(chains[end] or [])]
                break
    return chains[0]


@cache
def _patterns() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Words of every pattern with its code, by the first word, longest first."""
    listed: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for phrase in report_phrases().values():
        for pattern in phrase.patterns:
            words = tuple(filter(None, (word.strip(",;:") for word in normalise(pattern).split())))
            listed.setdefault(words[0], []).append((words, phrase.code))
    return {first: sorted(patterns, key=lambda item: -len(item[0])) for first, patterns in listed.items()}
