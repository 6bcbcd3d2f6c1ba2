"""NumPy archives, ``.npz``, with the arrays ``signal``, ``sampling_rate``, ``leads`` and ``unit``, as `jaccardio convert` writes them."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.readers.declaration import KEYS, Declaration
from jaccardio.recording.readers.record_files import MAXIMUM_BYTES
from jaccardio.recording.recording import Recording

_DECLARE = "Save it beside the signal: numpy.savez(file, signal=..., sampling_rate=500, leads=[...], unit='uV'); {key} is missing."
_NAME_AT, _LENGTH_AT = 30, 26  # of a member's name in its local header (APPNOTE.TXT 4.3.7)
_LENGTHS_OF_64_BITS = b"\x01\x00"  # extra field behind the name (4.5.3)


def is_npz(head: bytes) -> bool:
    """Whether a file is a zip archive that begins with an array, as NumPy writes it: in no folder, with lengths of 64 bits or one of the
    names that are read. Other archives of ``.npy`` files are folders of ECGs."""
    end = _NAME_AT + int.from_bytes(head[_LENGTH_AT : _LENGTH_AT + 2], "little")
    name, extra = head[_NAME_AT:end].decode("latin-1"), head[end : end + 2]
    array = head.startswith(b"PK\x03\x04") and name.endswith(".npy") and "/" not in name
    return array and (extra == _LENGTHS_OF_64_BITS or name.removesuffix(".npy") in ("signal", "comment", *KEYS))


def read_npz(path: Path, record: str) -> Recording:
    """Reads an archive of one ECG.

    Raises
    ------
    ReadError
        It is damaged, inflates to more than `MAXIMUM_BYTES`, or an array is absent or of Python objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAXIMUM_BYTES:
                raise ReadError(record, "archive", f"inflates to more than {MAXIMUM_BYTES // 2**20} MiB", "Save one ECG a file.")
        with np.load(path, allow_pickle=False) as arrays:
            found = {key: arrays[key].tolist() for key in (*KEYS, "comment") if key in arrays}
            values = arrays.get("signal")
    except (ValueError, OSError, EOFError, SyntaxError, KeyError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error):
        reason = "damaged, or with arrays of Python objects, which are never loaded"
        raise ReadError(record, "archive", reason, "Save the numbers again with numpy.savez.") from None
    if values is None:
        raise ReadError(record, "signal", "there is no array of this name", "Save the samples as signal=...")
    return Declaration.of(found, record, _DECLARE).recording(values, record)
