"""`CachedEncoder`: each distinct sentence is embedded once, and kept on disk between runs."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError, MissingError
from jaccardio.text.encoder import LanguageModel
from jaccardio.text.vectors import SentenceVectors

logger = logging.getLogger(__name__)


class CachedEncoder:
    """A language model that remembers.

    The cache is one file of `SentenceVectors` per encoder fingerprint, ``text-<fingerprint>.safetensors``. A file that is damaged is
    computed again; a folder that cannot be read or written is said once and done without.

    Parameters
    ----------
    encoder
        What embeds a sentence that was never seen.
    folder
        Where the cache is kept; None: in memory only.
    """

    def __init__(self, encoder: LanguageModel, folder: Path | None) -> None:
        self._encoder, self.name, self.dimension, self.centred = encoder, encoder.name, encoder.dimension, encoder.centred
        self.fingerprint = encoder.fingerprint
        self._path = None if folder is None else folder / f"text-{encoder.fingerprint[:32]}.safetensors"
        self._known = SentenceVectors.of(encoder)
        if self._path is not None:
            try:
                kept = SentenceVectors.read(self._path)
            except DataError:
                return
            if (kept.fingerprint, kept.dimension) == (encoder.fingerprint, encoder.dimension):
                self._known.vectors = kept.vectors

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D); only sentences never seen reach the encoder behind."""
        if new := self._known.lacking(sentences):
            self._known.add(new, self._encoder.encode(new))
            if self._path is not None:
                try:
                    self._known.write(self._path)
                except (OSError, MissingError) as error:
                    logger.warning(
                        "%s: not written (%s); sentences will be embedded again. JACCARDIO_CACHE names another.", self._path, error
                    )
                    self._path = None
        return self._known.matrix(sentences)
