"""`Wording`: the sentences of training that speak of groups of findings and of what an ECG does not show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaccardio.errors import UsageError
from jaccardio.findings.sentences import DENIALS
from jaccardio.findings.vocabulary import Vocabulary


@dataclass(frozen=True)
class Wording:
    """How groups and denials of a vocabulary are put into words.

    Attributes
    ----------
    groups
        Name per language of each group of two findings and more, by the columns of its findings; equal groups of two levels are one.
    """

    vocabulary: Vocabulary
    groups: Mapping[tuple[int, ...], Mapping[str, str]]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> "Wording":
        """The wording of a vocabulary: its named groups by their columns."""
        groups: dict[tuple[int, ...], Mapping[str, str]] = {}
        for level, names in vocabulary.group_names.items():
            for group, columns in vocabulary.groups()[level]:
                if group in names:
                    groups.setdefault(columns, names[group])
        return cls(vocabulary, groups)

    def group(self, columns: Sequence[int], language: str = "en") -> str:
        """ "This ECG shows {name of the group}."

        Parameters
        ----------
        columns
            One of `groups`.

        Raises
        ------
        UsageError
            The vocabulary has no names in this language.
        """
        return self.vocabulary.template(language).format(findings=self.groups[tuple(columns)][language])

    def denial(self, columns: Sequence[int], language: str = "en") -> str:
        """ "This ECG shows no {finding}."

        Raises
        ------
        UsageError
            The vocabulary has no sentence for a denial in this language.
        """
        sentence = self.vocabulary.denials.get(language, DENIALS.get(language))
        if sentence is None:
            raise UsageError(
                f"vocabulary {self.vocabulary.name} has no sentence for a denial in language {language!r}; "
                "write one under [denials], or leave negations out."
            )
        return sentence.format(findings=self.vocabulary.names(columns, language))

    def sentences(self, language: str = "en") -> list[str]:
        """All sentences of the vocabulary itself: prompts, that for no finding, groups, and denials where there are words for them."""
        found = [*self.vocabulary.prompts(language), self.vocabulary.nothing[language]]
        found += [self.group(columns, language) for columns, names in self.groups.items() if language in names]
        if language in self.vocabulary.denials or language in DENIALS:
            found += [self.denial([column], language) for column in range(len(self.vocabulary))]
        return found
