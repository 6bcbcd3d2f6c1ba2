"""`FindingTable`: findings as symbols, without language."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.files import sha256_json
from jaccardio.findings.vocabulary import Vocabulary


class FindingTable:
    """The mean of one-hot vectors of the findings that a sentence states; the sentence for no finding is zero, a measured statement is one.

    With the linear head of the model on top this is a trainable vector per finding. It reads the vocabulary's own sentences in
    each of its languages and refuses every other one: a table cannot know what free text means.

    Parameters
    ----------
    vocabulary
        Findings, names and sentences; vectors have one dimension per finding, and after them one per further sentence.
    further
        Sentences of measured statements.
    """

    name = "table"

    def __init__(self, vocabulary: Vocabulary, further: Sequence[str] = ()) -> None:
        self.dimension = len(vocabulary) + len(further)
        self.fingerprint = f"table-{vocabulary.sha256}" + (f"-{sha256_json(list(further))}" if further else "")
        self._vocabulary = vocabulary
        self._further = {sentence: len(vocabulary) + place for place, sentence in enumerate(further)}

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """(m, findings) shares that sum to 1, or zero.

        Raises
        ------
        UsageError
            A sentence is not one of the vocabulary's.
        """
        vectors = np.zeros((len(sentences), self.dimension), dtype=np.float32)
        for row, sentence in enumerate(sentences):
            columns = self._columns(sentence)
            vectors[row, columns] = 1 / max(len(columns), 1)
        return vectors

    def _columns(self, sentence: str) -> list[int]:
        if sentence in self._further:
            return [self._further[sentence]]
        for language, template in self._vocabulary.templates.items():
            if sentence == self._vocabulary.nothing[language]:
                return []
            before, after = template.split("{findings}")
            if sentence.startswith(before) and sentence.endswith(after):
                stated = sentence.removeprefix(before).removesuffix(after)
                return [self._vocabulary.index(name) for name in stated.split("、" if language == "ja" else ", ")]
        raise UsageError(
            f"text encoder table cannot read this sentence: it knows the sentences of vocabulary {self._vocabulary.name} only. "
            "Train with a language model (minilm) to score free text."
        )
