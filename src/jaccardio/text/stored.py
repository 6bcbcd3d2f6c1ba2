"""`StoredEncoder`: sentences that were embedded elsewhere, read from the file that `jaccardio text embed` wrote."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.text.readout import Readout
from jaccardio.text.vectors import SentenceVectors


class StoredEncoder:
    """The language model that wrote a file, as far as the file goes: its vectors and fingerprint, its sentences and no others.

    Raises
    ------
    DataError
        The file holds no vectors of sentences, or is damaged.
    UsageError
        The readout names layers or tokens: what they are was settled when the file was written.
    """

    def __init__(self, path: Path, readout: Readout) -> None:
        self.name = str(path)
        readout.refuse_layers(self.name)
        self._stored = SentenceVectors.read(path)
        self.dimension, self.fingerprint = self._stored.dimension, self._stored.fingerprint
        self.centred = readout.centres(self._stored.centred)

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D).

        Raises
        ------
        UsageError
            The file lacks a sentence; the message holds no word of it, which may speak of a patient.
        """
        if lacking := self._stored.lacking(sentences):
            raise UsageError(
                f"{self.name}: lacks {len(lacking)} of {len(set(sentences))} sentences. Add them where {self._stored.name} is: "
                f"`jaccardio text embed --model {self._stored.name} --out {self.name}`, with --vocabulary and --language of the model, "
                "--store for the captions of its training ECGs, and --sentences for others."
            )
        return self._stored.matrix(sentences)
