"""HDF5 with one ECG: a dataset ``signal`` with the attributes ``sampling_rate``, ``unit`` and ``leads``, on it or on the file."""

from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.readers.declaration import Declaration
from jaccardio.recording.readers.record_files import MAXIMUM_BYTES
from jaccardio.recording.recording import Recording

_DECLARE = "Set it as an attribute of the dataset: file['signal'].attrs['{key}'] = ..., for example {value}."
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SIGNATURE_AT = (0, 512, 1024, 2048)  # after a block of the user's; HDF5 File Format Specification, II.A


def is_hdf5(head: bytes) -> bool:
    """Whether a file has HDF5's signature where one may stand."""
    return any(head.startswith(_SIGNATURE, place) for place in _SIGNATURE_AT)


def read_hdf5(path: Path, record: str) -> Recording:
    """Reads the dataset ``signal``, (leads, samples) or (samples, leads).

    Raises
    ------
    ReadError
        It is damaged, absent, of many ECGs, in another file, too large, or not declared.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = {key: _plain(attributes[key]) for attributes in (file.attrs, _signal(file, record).attrs) for key in attributes}
            dataset = _signal(file, record)
            if dataset.size * dataset.dtype.itemsize > MAXIMUM_BYTES:
                raise ReadError(record, "signal", f"more than {MAXIMUM_BYTES // 2**20} MiB", "Write one ECG a file.")
            values = np.asarray(dataset[()])
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        raise ReadError(record, "file", "damaged HDF5", "Copy the file again from its source.") from None
    return Declaration.of(found, record, _DECLARE).recording(values, record)


def _signal(file: Any, record: str) -> Any:
    """The dataset, if it lies in this very file: links and storage elsewhere could name any file that the process may read."""
    import h5py

    link = file.get("signal", getlink=True)
    dataset = file["signal"] if isinstance(link, h5py.HardLink) else None
    if not isinstance(dataset, h5py.Dataset):
        remedy = "Write the samples of one ECG as the dataset `signal`; a database of many ECGs is a corpus (see `ingest --help`)."
        raise ReadError(record, "signal", "there is no dataset of this name", remedy)
    if dataset.external or dataset.is_virtual:
        raise ReadError(record, "signal", "its samples lie in another file", "Write them into this one.")
    return dataset


def _plain(value: Any) -> Any:
    """An attribute as text, number, or list of texts."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode("utf-8") if isinstance(value, bytes) else value
