"""`create_text_encoder`: a text encoder by name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.cache import CachedEncoder
from jaccardio.text.encoder import TextEncoder
from jaccardio.text.huggingface import HuggingFaceEncoder
from jaccardio.text.random import RandomVectors
from jaccardio.text.table import FindingTable

ENCODERS: Mapping[str, Callable[[Vocabulary, Sequence[str]], TextEncoder]] = {"table": FindingTable, "random": lambda *_: RandomVectors()}
"""Text encoders that are no language model, by name."""


def create_text_encoder(name_or_path: str, vocabulary: Vocabulary, cache: Path | None = None, further: Sequence[str] = ()) -> TextEncoder:
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
    further
        Sentences beyond those of the vocabulary, those of measured statements: the table reads them too.

    Raises
    ------
    MissingError
        The model is not on this machine; the message says what to install. There is no silent fallback.
    UsageError
        The name is none of these.
    """
    if name_or_path in ENCODERS:
        return ENCODERS[name_or_path](vocabulary, further)
    return CachedEncoder(HuggingFaceEncoder(name_or_path), cache)
