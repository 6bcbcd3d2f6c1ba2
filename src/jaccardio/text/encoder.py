"""`TextEncoder`: sentences to vectors."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class TextEncoder(Protocol):
    """A frozen function from sentences to vectors.

    Attributes
    ----------
    name
        As it stands in a model's configuration.
    dimension
        Length D of a vector.
    fingerprint
        Changes whenever the vectors would: weights, tokenizer, pooling. Vectors of two fingerprints are never compared.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D), one per sentence in order; neither centred nor normalised."""
        ...


class LanguageModel(TextEncoder, Protocol):
    """A text encoder that reads free text.

    Attributes
    ----------
    centred
        Whether its languages are to be centred (`CentredEncoder`) before its vectors are compared: a setting, or a habit of its kind.
    """

    @property
    def centred(self) -> bool: ...
