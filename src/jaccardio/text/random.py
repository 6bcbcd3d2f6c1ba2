"""`RandomVectors`: the control that knows sentences apart and nothing else about them."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class RandomVectors:
    """A fixed random unit vector per sentence, from a generator seeded by the sentence's SHA-256.

    What a language model adds to a trained score is the difference to this encoder: equal sentences get equal vectors, and
    similar sentences are as unrelated as any two.

    Parameters
    ----------
    dimension
        Length of a vector; 384, as MiniLM's, by default.
    """

    name = "random"

    def __init__(self, dimension: int = 384) -> None:
        self.dimension = dimension
        self.fingerprint = f"random-sha256-philox-{dimension}"

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """(m, D) unit vectors."""
        vectors = np.empty((len(sentences), self.dimension), dtype=np.float32)
        for row, sentence in enumerate(sentences):
            seed = int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:16])
            vector = np.random.Generator(np.random.Philox(seed)).standard_normal(self.dimension)
            vectors[row] = vector / np.linalg.norm(vector)
        return vectors
