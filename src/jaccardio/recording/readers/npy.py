"""NumPy arrays, ``.npy``, each with its declaration in a JSON file of the same name beside it. Nothing is unpickled."""

from pathlib import Path

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.readers.declaration import Declaration, sidecar
from jaccardio.recording.recording import Recording

_DECLARE = 'Write it as "{key}" into a JSON file of the same name beside the array; the keys are unit, sampling_rate and leads.'


def is_npy(head: bytes) -> bool:
    """Whether a file begins as NumPy's format does."""
    return head.startswith(b"\x93NUMPY")


def read_npy(path: Path, record: str) -> Recording:
    """Reads an array of one ECG, (leads, samples) or (samples, leads).

    Raises
    ------
    ReadError
        The array is damaged, of objects, of another shape, or not declared.
    """
    declaration = Declaration.of(sidecar(path, record), record, _DECLARE)
    try:
        values = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError):
        reason = "damaged, or an array of Python objects, which is never loaded"
        raise ReadError(record, "array", reason, "Save the numbers again with numpy.save.") from None
    return declaration.recording(values, record)
