"""What people write into label, sex and other cells, in English, German and Japanese, and what it means; docs/your-data.md lists it.

A word is read after Unicode normalisation (NFKC: full-width letters count as plain ones), case aside. Nothing outside these tables is read.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from functools import lru_cache

from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN

NOT_STATED = frozenset(
    {
        *("", "na", "n/a", "#n/a", "<na>", "nan", "null", ".", "?", "unknown", "missing", "not available"),
        *("unbekannt", "k.a.", "k. a."),
        *("不明", "未検", "未検査", "未実施", "未測定"),
    }
)
"""Words for "not known", in any column."""

NO_PATIENT = NOT_STATED | {"-", "−", "none", "nat"}
"""Words in place of a patient id; whoever has none is nobody's sibling."""

_CIRCLES = ("○", "〇", "◯")
_TICKS = ("✓", "✔")
_PRESENT = (
    *("1", "true", "t", "yes", "y", "present", "positive", "pos", "+", "(+)", "x", *_TICKS),
    *("wahr", "ja", "j", "vorhanden", "positiv"),
    *("はい", "陽性", "有", "有り", "あり", *_CIRCLES),
)
_ABSENT = (
    *("0", "false", "f", "no", "n", "absent", "negative", "neg", "(-)", "(−)"),
    *("falsch", "nein", "nicht vorhanden", "negativ"),
    *("いいえ", "陰性", "無", "無し", "なし"),
)
LABELS: Mapping[str, int] = dict.fromkeys(NOT_STATED, UNKNOWN) | dict.fromkeys(_ABSENT, ABSENT) | dict.fromkeys(_PRESENT, PRESENT)
"""Words that mean one thing in a label column."""

ABSENT_BESIDE: Mapping[str, Collection[str]] = {"-": ("+",), "−": ("+",), "×": _CIRCLES, "✗": _TICKS, "✘": _TICKS}
"""Marks that mean absent beside their opposite in the same column; alone they may mean anything."""

SEXES: Mapping[str, str | None] = (
    dict.fromkeys((*NOT_STATED, "other", "divers", "d", "その他"))
    | dict.fromkeys(("female", "f", "woman", "weiblich", "w", "frau", "女", "女性", "♀"), "female")
    | dict.fromkeys(("male", "m", "man", "männlich", "mann", "herr", "男", "男性", "♂"), "male")
)

NO_FINDING = frozenset({"none", "keine", "なし", "所見なし"})
"""Words of a list column for "annotated, and none of the findings"."""


@lru_cache(4096)  # a large table repeats few words
def plain(cell: str) -> str:
    """A cell as the tables above write it; ``1.0`` and ``1,0``, as programs write whole numbers of a column with gaps, become ``1``."""
    word = unicodedata.normalize("NFKC", cell).strip().casefold()
    return whole(word) or word


def whole(cell: str) -> str | None:
    """Digits of a whole number written as such or as ``101.0``; None for anything else. Leading zeros stay: ``00123`` is an identifier."""
    match = re.fullmatch(r"(\d+)|(0|[1-9]\d*)[.,]0*", cell)
    return match and (match[1] or match[2])


THOUSANDS = "three zeros behind a point or comma, which may be decimals or thousands (12.000), so that two patients are one; export as text"


def may_be_thousands(cell: str) -> bool:
    """Whether a patient id may be a whole number with decimals, which `patient_number` drops, or one with a separator of thousands."""
    return re.fullmatch(r"[1-9]\d{0,2}[.,]000", _visible(cell)) is not None


def patient_number(cell: str) -> str:
    """A patient id as tables of different programs agree on it, ``101.0`` as ``101``, and as people see it; empty where none is stated."""
    patient = _visible(cell)
    return "" if patient.casefold() in NO_PATIENT else whole(patient) or patient


def _visible(cell: str) -> str:
    visible = "".join(sign for sign in cell if unicodedata.category(sign) != "Cf")  # no byte-order mark, no blank without width
    return unicodedata.normalize("NFKC", visible).strip()


def label_states(words: Collection[str]) -> dict[str, int | str]:
    """State of each word of one label column, or the reason why the column does not tell what it means.

    Parameters
    ----------
    words
        Distinct words of the column, as `plain` returns them.

    Returns
    -------
    Per word a value of `LabelState`, or a sentence without the word, unless it is a mark of the tables above.
    """
    states: dict[str, int | str] = {}
    for word in words:
        opposites = ABSENT_BESIDE.get(word, ())
        if any(opposite in words for opposite in opposites):
            states[word] = ABSENT
        elif opposites:
            states[word] = f"{word} may mean absent or not recorded; write 0, or leave the cell empty"
        elif word == "x" and any(LABELS.get(other) == PRESENT for other in words if other != "x"):
            states[word] = "x beside another word for present may mean anything; write 1, 0 or nothing"
        else:
            unread = "neither 1 (present) nor 0 (absent) nor empty (unknown), nor a known word for one of them"
            states[word] = LABELS.get(word, unread)
    return states
