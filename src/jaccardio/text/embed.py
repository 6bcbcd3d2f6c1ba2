"""Embeds sentences into a file, for machines without the language model."""

from collections.abc import Sequence
from pathlib import Path

from jaccardio.errors import UsageError
from jaccardio.locks import locked
from jaccardio.progress import Progress
from jaccardio.text.encoder import LanguageModel
from jaccardio.text.vectors import SentenceVectors

CHUNK = 256
WRITES = 50
"""At most so often the file is written, whole each time, or after each chunk of `CHUNK` sentences where that is less often."""


def embed_sentences(encoder: LanguageModel, sentences: Sequence[str], out: Path, progress: Progress | None = None) -> tuple[int, int]:
    """Adds the vectors of sentences to a file of `SentenceVectors`; those that it has are not embedded again.

    It is written after each chunk, so that an interrupted call goes on where it was.

    Returns
    -------
    How many sentences the file has now, and how many of them are new.

    Raises
    ------
    UsageError
        The file holds vectors of another text encoder, or the encoder cannot read a sentence.
    DataError
        The file is there and holds no vectors, or is damaged.
    """
    with locked(out.with_name(f".{out.name}.lock"), str(out)):
        stored = SentenceVectors.read(out) if out.exists() else SentenceVectors.of(encoder)
        if stored.fingerprint != encoder.fingerprint:
            raise UsageError(f"{out}: holds vectors of another text encoder, {stored.name}, or of other settings. Choose another --out.")
        new = stored.lacking(sentences)
        step = max(CHUNK, -(-len(new) // WRITES))
        for start in range(0, len(new), step):
            chunk = new[start : start + step]
            stored.add(chunk, encoder.encode(chunk))
            stored.write(out)
            if progress is not None:
                progress(start + len(chunk), len(new))
    return len(stored.vectors), len(new)
