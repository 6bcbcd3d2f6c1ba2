"""`CentredEncoder`: sentences of all languages in one place."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jaccardio.files import sha256_json
from jaccardio.findings.sentences import language_of
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.encoder import TextEncoder

logger = logging.getLogger(__name__)


class CentredEncoder:
    """Moves sentences of other languages onto the language of the model.

    Vectors of two languages differ first of all by the language: by the difference of the means of what both say. So a sentence of
    another language loses the mean of the vocabulary's prompts in its language and gets that of the prompts in the model's. The
    sentences of the model's own language stay as they are, and what is common to them all is left to `TextProjection`. The means are
    those of a fixed list, so a vector does not depend on the sentences that come with it.

    Parameters
    ----------
    encoder
        What embeds the sentences.
    vocabulary
        Whose prompts are the lists.
    language
        That of the model's sentences.
    """

    def __init__(self, encoder: TextEncoder, vocabulary: Vocabulary, language: str) -> None:
        self.encoder, self._vocabulary, self._language = encoder, vocabulary, language
        self.name, self.dimension = encoder.name, encoder.dimension
        self.fingerprint = sha256_json({"encoder": encoder.fingerprint, "centred_on": language})
        self._moves: dict[str, NDArray[np.float32]] = {language: np.zeros(self.dimension, np.float32)}

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D)."""
        vectors = self.encoder.encode(sentences)
        languages = [language_of(sentence, self._language) for sentence in sentences]
        if all(language == self._language for language in languages):
            return vectors
        return vectors + np.stack([self._move(language) for language in languages])

    def _move(self, language: str) -> NDArray[np.float32]:
        """What is added to sentences of a language, (D,)."""
        if language not in self._moves:
            known = language in self._vocabulary.templates
            if not known:
                logger.warning(
                    "vocabulary %s has no names in language %s: sentences in it are not centred", self._vocabulary.name, language
                )
            self._moves[language] = self._mean(self._language) - self._mean(language) if known else self._moves[self._language]
        return self._moves[language]

    def _mean(self, language: str) -> NDArray[np.float32]:
        mean: NDArray[np.float32] = (
            self.encoder.encode(self._vocabulary.prompts(language)).mean(axis=0, dtype=np.float64).astype(np.float32)
        )
        return mean
