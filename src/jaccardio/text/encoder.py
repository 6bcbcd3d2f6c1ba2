"""`TextEncoder`: sentences to vectors; `create_text_encoder` makes one by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.vocabulary import Vocabulary


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


def create_text_encoder(name_or_path: str, vocabulary: Vocabulary, cache: Path | None = None) -> TextEncoder:
    """Makes a text encoder.

    Parameters
    ----------
    name_or_path
        ``minilm``: all-MiniLM-L6-v2, 384 dimensions. ``table``: a vector per finding without any language. ``random``: fixed
        random vectors, the control. Else the folder or the hub id of a Hugging Face model, e.g. ``Qwen/Qwen3-8B``.
    vocabulary
        Findings and sentences; the table reads them.
    cache
        Folder in which vectors of language models are kept between runs; None keeps them in memory only.

    Raises
    ------
    MissingError
        The model is not on this machine; the message says what to install. There is no silent fallback.
    UsageError
        The name is none of these.
    """
    if name_or_path == "table":
        from jaccardio.text.table import FindingTable

        return FindingTable(vocabulary)
    if name_or_path == "random":
        from jaccardio.text.random import RandomVectors

        return RandomVectors()
    from jaccardio.text.cache import CachedEncoder
    from jaccardio.text.huggingface import HuggingFaceEncoder

    return CachedEncoder(HuggingFaceEncoder(name_or_path), cache)
