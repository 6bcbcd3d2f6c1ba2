"""`SentenceVectors`: vectors of sentences on disk, as the cache keeps them and `jaccardio text embed` writes them.

One safetensors file: ``vectors`` (m, D) float32, and in its metadata the sentences, the text encoder that made them, and the SHA-256 of
all of this.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from jaccardio.errors import DataError
from jaccardio.files import write_atomic
from jaccardio.text.encoder import LanguageModel


@dataclass
class SentenceVectors:
    """Sentences and their vectors.

    Attributes
    ----------
    name, fingerprint, dimension, centred
        Of the language model that made the vectors; see `LanguageModel`.
    vectors
        (D,) float32 by sentence, in the order in which they came.
    """

    name: str
    fingerprint: str
    dimension: int
    centred: bool
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def of(cls, encoder: LanguageModel) -> "SentenceVectors":
        """No sentences yet, of this encoder."""
        return cls(encoder.name, encoder.fingerprint, encoder.dimension, encoder.centred)

    @classmethod
    def read(cls, path: Path) -> "SentenceVectors":
        """Reads a file.

        Raises
        ------
        DataError
            It holds no vectors of sentences, or is not as it was written.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                matrix, metadata = file.get_tensor("vectors"), file.metadata()
            document = {key: json.loads(value) for key, value in metadata.items()}
            whole = document.pop("sha256") == _sha256(document, matrix)
            sentences, read = document.pop("sentences"), cls(**document)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{path}: no vectors of sentences, or damaged. Write it again with `jaccardio text embed`.") from error
        if not whole:
            raise DataError(f"{path}: damaged, its SHA-256 is not the one that it was written with. Copy it again.")
        read.vectors.update(zip(sentences, matrix, strict=True))
        return read

    def write(self, path: Path) -> None:
        """Writes the file atomically."""
        matrix = np.stack(list(self.vectors.values()))
        document = {name: getattr(self, name) for name in ("name", "fingerprint", "dimension", "centred")}
        document |= {"sentences": list(self.vectors)}
        document |= {"sha256": _sha256(document, matrix)}
        metadata = {key: json.dumps(value, ensure_ascii=False) for key, value in document.items()}
        write_atomic(path, safetensors.numpy.save({"vectors": matrix}, metadata=metadata))

    def lacking(self, sentences: Sequence[str]) -> list[str]:
        """The distinct sentences that have no vector yet, in order."""
        return [sentence for sentence in dict.fromkeys(sentences) if sentence not in self.vectors]

    def add(self, sentences: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Takes the vectors (m, D) of sentences."""
        self.vectors.update(zip(sentences, matrix, strict=True))

    def matrix(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (m, D) of sentences that all have one."""
        if not sentences:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.stack([self.vectors[sentence] for sentence in sentences])


def _sha256(document: Mapping[str, Any], matrix: NDArray[np.float32]) -> str:
    described = json.dumps({key: document[key] for key in sorted(document)}, ensure_ascii=False)
    return hashlib.sha256(described.encode() + matrix.tobytes()).hexdigest()
