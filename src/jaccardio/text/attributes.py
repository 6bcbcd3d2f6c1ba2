"""`AttributedEncoder`: beside each sentence's vector the attributes that its words mention."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jaccardio.files import sha256_json
from jaccardio.measurement.sentence_parser import ATTRIBUTES, attributes_of
from jaccardio.text.encoder import TextEncoder


class AttributedEncoder:
    """The unit vector of a sentence and, beside it, the unit vector of its attributes: wave, leads, side, direction, degree, negation.

    Sentence encoders put "left" and "right", or a sentence and its denial, side by side, and "LBBB" far from "left bundle branch block";
    attributes are read off the words (`jaccardio.measurement.sentence_parser.parse`), of trained statements and free text alike. A
    sentence without known words has none, a zero vector.

    Parameters
    ----------
    encoder
        What embeds the sentences.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self.name, self.dimension = encoder.name, encoder.dimension + len(ATTRIBUTES)
        self.fingerprint = sha256_json({"encoder": encoder.fingerprint, "attributes": list(ATTRIBUTES)})

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D + attributes); errors are those of the encoder behind."""
        vectors = self._encoder.encode(sentences)
        attributes = np.array([attributes_of(sentence) for sentence in sentences], dtype=np.float32).reshape(-1, len(ATTRIBUTES))
        return np.concatenate([_unit(vectors), _unit(attributes)], axis=1)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
