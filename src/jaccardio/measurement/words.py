"""`read_words`: what the words of an English or Japanese sentence say, word by word, by the table ``data/words.toml``."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources

from jaccardio.recording.leads import LEADS

WAVES = (
    "P",
    "PR",
    "QRS",
    "Q",
    "QS",
    "R",
    "S",
    "ST",
    "T",
    "QT",
    "RR",
    "rhythm",
    "rate",
    "axis",
    "baseline",
    "beat",
    "voltage",
    "spike",
    "pause",
)
"""What a sentence may be about."""

QUALITIES = (
    *("left", "right", "up", "down", "large", "low", "wide", "narrow", "marked", "slight"),
    *("complete", "incomplete", "first", "second", "third"),
    *("regular", "irregular", "fast", "slow", "early", "late", "many", "alternating", "varying", "gradual"),
    *("different", "usual", "every", "terminal", "apart", "sawtooth", "fine", "notched", "shape", "block", "branch"),
    *("run", "above", "growing", "falling", "rising", "mirror", "strain", "beside", "biphasic"),
)
"""What it may say of it."""

GROUPS = ("chest", "limb")
"""Kinds of leads that some statements are about; the other groups stand for their leads alone."""

BREAKS = ("stop", "comma", "with", "but", "and", "or", "list", "either")
"""What parts phrases; ``list`` and ``either`` are the and and or of a Japanese list, whose negation stands at its end."""

_DASH = "[-‐‑‒–—―−~〜ー]"
_RANGE = re.compile(
    rf"between\s+V(?P<a>[1-6])\s+and\s+V(?P<b>[1-6])|V(?P<c>[1-6])\s*(?:{_DASH}|to|through|thru|から|至)\s*V?(?P<d>[1-6])(?!\d)",
    re.IGNORECASE,
)
_LEAD = re.compile(r"(?i:V[1-6])(?!\d)|(?i:aV[RLF])(?![A-Za-z])|I{1,3}(?![A-Za-z']|\s+(?i:see|think|find|want|would|am|have)\b)")
_SENTENCE_END = re.compile(r"\.(?=\s|$)")


def read_words(text: str) -> Iterator[tuple[str, ...]]:
    """What each known word says, in order: waves, qualities, groups, leads, ``not`` or one of `BREAKS`; other words are passed over."""
    text = _plain(text)
    place = 0
    while place < len(text):
        found = _word_at(text, place)
        if found is None:
            place += 1
        else:
            place, says = found
            yield says


def _plain(text: str) -> str:
    """Full-width and Roman characters as plain ones, one kind of prime, no hyphen between letters, capitals where all are small, "isn't" as
    "is not"."""
    text = re.sub("[’‘′`´]", "'", unicodedata.normalize("NFKC", text))
    text = re.sub(r"(?i)(?<=[a-z])n't\b", " not", text)
    text = text.upper() if text.islower() else text
    return re.sub(r"(?<=[A-Za-z])-(?=[A-Za-z])(?!aV)", " ", text)


def _word_at(text: str, place: int) -> tuple[int, tuple[str, ...]] | None:
    """End and meaning of the longest word that begins at a place; None within another word, or where no known one begins."""
    ends = _SENTENCE_END.match(text, place)
    if ends is not None:
        return ends.end(), ("stop",)
    if place and text[place].isascii() and text[place].isalpha() and re.match("[A-Za-z']", text[place - 1]):
        return None
    between = _RANGE.match(text, place)
    if between is not None:
        first, last = sorted(int(number) for number in between.groups() if number)
        return between.end(), tuple(f"V{number}" for number in range(first, last + 1))
    lead = _LEAD.match(text, place)
    if lead is not None:
        return lead.end(), (_LEAD_NAMES[lead[0].lower()],)
    for pattern, says in _lexicon().get(text[place].lower(), ()):
        word = pattern.match(text, place)
        if word is not None:
            return word.end(), says
    return None


_LEAD_NAMES: Mapping[str, str] = {lead.lower(): lead for lead in LEADS}


@lru_cache(maxsize=1)
def word_table() -> Mapping[str, Mapping[str, list[str]]]:
    """Words of both languages by what they say; under ``paraphrases`` further sentences for a statement, by code."""
    return tomllib.loads((resources.files("jaccardio.measurement") / "data" / "words.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def _lexicon() -> Mapping[str, list[tuple[re.Pattern[str], tuple[str, ...]]]]:
    """Words by first character, longest first."""
    words = [
        (word, tuple(says.replace("nothing", "").split()))
        for language in ("en", "ja")
        for says, words in word_table()[language].items()
        for word in words
    ]
    found: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}
    for word, says in sorted(words, key=lambda entry: -len(entry[0])):
        found.setdefault(word[0].lower(), []).append((_pattern(word), says))
    return found


def _pattern(word: str) -> re.Pattern[str]:
    """English words end where their letters end, with or without s; a wave's letter alone must be a capital."""
    core = r"\s+".join(re.escape(part) for part in word.rstrip("*").split(" "))
    if not word.rstrip("*")[-1].isascii() or not word.rstrip("*")[-1].isalpha():
        return re.compile(core, re.IGNORECASE)
    end = "[a-z]*" if word.endswith("*") else "s?"
    return re.compile(rf"{core}{end}(?![A-Za-z'])", 0 if len(word) <= 2 and word.isupper() else re.IGNORECASE)
