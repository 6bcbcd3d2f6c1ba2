"""`Wording`: the sentences of training that speak of groups of findings and of what an ECG does not show.

They stand in ``data/<name>.toml`` and are read from the vocabulary that ships under that name. A store's own copy of its vocabulary
holds captions and prompts only, which is what models and predictions need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary, shipped_head


@dataclass(frozen=True)
class Wording:
    """How groups and denials of a vocabulary are put into words.

    Attributes
    ----------
    denials
        Sentence per language with ``{findings}``, e.g. ``This ECG shows no {findings}.``
    groups
        Name per language of each group of two findings and more, by the columns of its findings; equal groups of two levels are one.
    """

    vocabulary: Vocabulary
    denials: Mapping[str, str]
    groups: Mapping[tuple[int, ...], Mapping[str, str]]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> "Wording":
        """The wording that ships for a vocabulary or a subset of it; there is none for a vocabulary of another name.

        A group of which the subset lacks a finding is left out: whether an ECG shows it cannot be known.
        """
        if vocabulary.name not in Vocabulary.available():
            return cls(vocabulary, {}, {})
        head, whole = shipped_head(vocabulary.name), Vocabulary.load(vocabulary.name)
        column_of = {code: column for column, code in enumerate(vocabulary.codes)}
        groups: dict[tuple[int, ...], Mapping[str, str]] = {}
        for level, names in head.get("groups", {}).items():
            for group, rows in whole.groups()[level]:
                codes = [whole.codes[row] for row in rows]
                if group in names and column_of.keys() >= set(codes):
                    groups.setdefault(tuple(column_of[code] for code in codes), names[group])
        return cls(vocabulary, head["denials"], groups)

    def group(self, columns: Sequence[int], language: str = "en") -> str:
        """ "This ECG shows {name of the group}."

        Parameters
        ----------
        columns
            One of `groups`.
        """
        return self.vocabulary.templates[language].format(findings=self.groups[tuple(columns)][language])

    def denial(self, columns: Sequence[int], language: str = "en") -> str:
        """ "This ECG shows no {finding}."

        Raises
        ------
        UsageError
            No denial ships for this vocabulary.
        """
        if language not in self.denials:
            raise UsageError(f"vocabulary {self.vocabulary.name} has no sentence for a denial in language {language}; leave negations out.")
        return self.denials[language].format(findings=self.vocabulary.names(columns, language))
