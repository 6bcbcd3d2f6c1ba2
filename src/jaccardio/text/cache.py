"""`CachedEncoder`: each distinct sentence is embedded once, and kept on disk between runs."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from jaccardio.errors import MissingError
from jaccardio.files import write_atomic
from jaccardio.text.encoder import TextEncoder

logger = logging.getLogger(__name__)


def user_cache() -> Path | None:
    """Folder in which sentence vectors are kept between runs: ``$JACCARDIO_CACHE``, else ``jaccardio`` in the user's cache folder.

    None for an account without a home.
    """
    if chosen := os.environ.get("JACCARDIO_CACHE"):
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jaccardio"
    except RuntimeError:
        return None


class CachedEncoder:
    """A text encoder that remembers.

    The cache is one safetensors file per encoder fingerprint, ``text-<fingerprint>.safetensors``: the vectors, with the
    sentences and the SHA-256 of both in its metadata. A file that is damaged is computed again; a folder that cannot be read or written
    is said once and done without.

    Parameters
    ----------
    encoder
        What embeds a sentence that was never seen.
    folder
        Where the cache is kept; None: in memory only.
    """

    def __init__(self, encoder: TextEncoder, folder: Path | None) -> None:
        self._encoder = encoder
        self._path = None if folder is None else folder / f"text-{encoder.fingerprint[:32]}.safetensors"
        self._vectors = {} if self._path is None else _read(self._path, encoder.dimension)

    @property
    def name(self) -> str:
        """Name of the encoder behind."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the encoder behind."""
        return self._encoder.fingerprint

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D); only sentences never seen reach the encoder behind."""
        new = [sentence for sentence in dict.fromkeys(sentences) if sentence not in self._vectors]
        if new:
            self._vectors.update(zip(new, self._encoder.encode(new), strict=True))
            if self._path is not None:
                try:
                    _write(self._path, self._vectors)
                except (OSError, MissingError) as error:
                    logger.warning(
                        "%s: not written (%s); sentences will be embedded again. JACCARDIO_CACHE names another.", self._path, error
                    )
                    self._path = None
        if not sentences:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.stack([self._vectors[sentence] for sentence in sentences])


def _write(path: Path, vectors: Mapping[str, NDArray[np.float32]]) -> None:
    sentences, matrix = json.dumps(list(vectors), ensure_ascii=False), np.stack(list(vectors.values()))
    metadata = {"sentences": sentences, "sha256": _sha256(sentences, matrix)}
    write_atomic(path, safetensors.numpy.save({"vectors": matrix}, metadata=metadata))


def _read(path: Path, dimension: int) -> dict[str, NDArray[np.float32]]:
    try:
        with safe_open(path, framework="numpy") as file:
            matrix, metadata = file.get_tensor("vectors"), file.metadata()
        whole = metadata["sha256"] == _sha256(metadata["sentences"], matrix) and matrix.shape[1] == dimension
    except (OSError, SafetensorError, KeyError, TypeError):
        return {}
    return dict(zip(json.loads(metadata["sentences"]), matrix, strict=True)) if whole else {}


def _sha256(sentences: str, matrix: NDArray[np.float32]) -> str:
    return hashlib.sha256(sentences.encode() + matrix.tobytes()).hexdigest()
