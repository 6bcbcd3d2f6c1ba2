"""Which classes of a vocabulary can be compared with another database's codes: what transfer between label sets rests on."""

from dataclasses import dataclass

from jaccardio.findings.coverage import annotated_counts
from jaccardio.findings.mapping import LabelMapper, Meaning
from jaccardio.findings.vocabulary import Vocabulary


@dataclass(frozen=True)
class Overlap:
    """What a database's codes say of one class, most frequent code first.

    Attributes
    ----------
    stated
        Codes that state the class; without one the class cannot be compared.
    left_open
        Codes that leave open whether the class is present: their ECGs are unknown.
    """

    stated: tuple[str, ...]
    left_open: tuple[str, ...]


def class_overlap(vocabulary: Vocabulary, level: str, database: str) -> dict[str, Overlap]:
    """Overlap of each class of a level with the codes that a database's annotators used.

    A code states a class if it states one of its findings, or if it gathers several findings without saying which and all of them are in
    the class: plain right bundle branch block leaves CRBBB and IRBBB open and states CD.

    Parameters
    ----------
    level
        A level of `Vocabulary.groups`; ``all`` for the findings themselves.
    database
        As `annotated_counts` names it, e.g. ``cpsc_2018``.

    Returns
    -------
    Class -> its overlap, in vocabulary order.
    """
    meanings = LabelMapper.for_vocabulary(vocabulary).meanings
    said = {code: meanings.get(code, Meaning()) for code in annotated_counts(database)}
    overlaps = {}
    for name, members in vocabulary.groups()[level]:
        columns = frozenset(members)
        stated = tuple(code for code, meaning in said.items() if _states(meaning, columns))
        left_open = tuple(code for code, meaning in said.items() if code not in stated and meaning.unknown & columns)
        overlaps[name] = Overlap(stated, left_open)
    return overlaps


def codes_outside(vocabulary: Vocabulary, database: str) -> tuple[str, ...]:
    """Codes of a database that say nothing of any finding, most frequent first."""
    meanings = LabelMapper.for_vocabulary(vocabulary).meanings
    return tuple(code for code in annotated_counts(database) if meanings.get(code, Meaning()) == Meaning())


def _states(meaning: Meaning, columns: frozenset[int]) -> bool:
    gathers = not meaning.present and len(meaning.unknown) > 1 and meaning.unknown <= columns
    return bool(meaning.present & columns) or gathers
