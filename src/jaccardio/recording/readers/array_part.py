"""One ECG of a file of arrays, as public databases publish them: a row of an HDF5 or NumPy file, or an HDF5 file of one ECG.

Such files name neither leads nor rate nor unit: the corpus knows them from the database's documentation.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError, MissingError, ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.quality import check_signal, contradicts_einthoven
from jaccardio.recording.readers.record_files import open_regular
from jaccardio.recording.recording import Recording

LONGEST_SAMPLES = 1_000_000
"""Of one ECG; more is no shape of an ECG."""

RELATIVE = "relative-amplitude"
"""Flag of a recording whose amplitude is in no unit of voltage; no voltage and no axis of it is known."""

_COPY_AGAIN = "Download the file again."


@dataclass(frozen=True)
class ArrayPart:
    """Where one ECG stands in a file of arrays, and what the file itself does not say.

    Attributes
    ----------
    sampling_rate
        Hz.
    row
        Place along the first axis; None where the file holds one ECG.
    dataset
        Name of the array in an HDF5 file; empty for a NumPy file (.npy).
    leads_last
        Whether an ECG is (samples, 12), else (12, samples); leads in standard order either way.
    padded
        Whether zeros of all leads at both ends fill an ECG up to the array's length; they were not recorded, however short.
    relative
        None where values are millivolt; else the millivolt that one unit of an unknown scale is shown as.
    """

    sampling_rate: float
    row: int | None = None
    dataset: str = ""
    leads_last: bool = False
    padded: bool = False
    relative: float | None = None

    def read(self, path: Path, recording_id: str, patient_key: str | None = None) -> Recording:
        """Reads the ECG.

        Raises
        ------
        ReadError
            The file or the row is missing or damaged, has another shape, or is no ECG in millivolt.
        """
        values = self._values(path, recording_id)
        signal = np.ascontiguousarray(values.T if self.leads_last else values, dtype=np.float32)
        if self.padded:
            recorded = np.flatnonzero(signal.any(axis=0))
            if not recorded.size:
                raise ReadError(recording_id, "samples", "nothing but zeros", "Leave it out.")
            signal = signal[:, recorded[0] : recorded[-1] + 1]
        signal[~np.isfinite(signal)] = np.nan
        if self.relative is not None:
            signal *= np.float32(self.relative)
        checked, lead_mask, flags = check_signal(signal, np.ones(len(LEADS), dtype=np.bool_), self.sampling_rate, recording_id)
        if self.relative is not None:
            flags = (*flags, RELATIVE)
        elif contradicts_einthoven(checked, lead_mask):
            reason = "they contradict each other (lead III is not II - I): leads are not in the order published"
            raise ReadError(recording_id, "limb leads", reason, _COPY_AGAIN)
        return Recording(checked, self.sampling_rate, lead_mask, recording_id, patient_key, flags)

    def check(self, path: Path, recording_id: str) -> None:
        """Raises as `read` does where file, row or shape are not as they should be; reads no signal."""
        self._values(path, recording_id, shape_only=True)

    def _values(self, path: Path, record: str, shape_only: bool = False) -> NDArray[np.float64]:
        with open_regular(path, record, "signal file", "Download it beside the table."):
            pass  # it is a regular file of its own folder
        if path.suffix == ".npy":
            try:
                return self._part(np.load(path, mmap_mode="r", allow_pickle=False), record, shape_only)
            except (ValueError, OSError, EOFError):
                raise ReadError(record, "signal file", "no NumPy file, or damaged", _COPY_AGAIN) from None
        h5py = require_h5py()
        try:
            with h5py.File(path, "r") as file:
                return self._part(file[self.dataset], record, shape_only)
        except (OSError, KeyError, RuntimeError):
            raise ReadError(record, "signal file", f"no HDF5 file with an array {self.dataset}, or damaged", _COPY_AGAIN) from None

    def _part(self, array: Any, record: str, shape_only: bool) -> NDArray[np.float64]:
        shape = array.shape if self.row is None else array.shape[1:]
        while len(shape) > 2 and shape[0] == 1:
            shape = shape[1:]
        leads, samples = reversed(shape[-2:]) if self.leads_last and len(shape) == 2 else (*shape, 0, 0)[:2]
        if len(shape) != 2 or leads != len(LEADS) or not 0 < samples <= LONGEST_SAMPLES or array.dtype.kind not in "fiu":
            raise ReadError(record, "signal file", f"an array of {array.dtype.name} of shape {array.shape}", "It must hold twelve leads.")
        if self.row is not None and not 0 <= self.row < array.shape[0]:
            raise ReadError(record, "signal file", f"no row {self.row}, it has {array.shape[0]}", _COPY_AGAIN)
        if shape_only:
            return np.empty(0)
        values = array[()] if self.row is None else array[self.row]
        return np.asarray(values, dtype=np.float64).reshape(shape)


def require_h5py() -> Any:
    """The package h5py.

    Raises
    ------
    MissingError
        It is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingError("this database is in HDF5, which needs the package h5py: pip install 'jaccardio[corpora]'.") from error
    return h5py


def hdf5_column(path: Path, dataset: str) -> list[int]:
    """A column of whole numbers in an HDF5 file.

    Raises
    ------
    DataError
        The file is damaged or has no such column.
    MissingError
        The package h5py is not installed.
    """
    try:
        with require_h5py().File(path, "r") as file:
            column = file[dataset][()]
            if column.ndim != 1 or column.dtype.kind not in "iu":
                raise KeyError
            return [int(value) for value in column]
    except (OSError, KeyError, AttributeError, RuntimeError):
        raise DataError(f"{path}: no HDF5 file with a column {dataset}, or damaged. Download it again.") from None
