"""One simulated ECG in every format, written by code that shares nothing with the readers."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from tests.recording.readers.vendor_samples import BUILDERS, Sample

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
RATE = 500
Counts = NDArray[np.int16]


def ecg_counts() -> Counts:
    """(12, 1500) counts of 1 microvolt, 3 s; the limb leads obey Einthoven to the count."""
    time = np.arange(3 * RATE) / RATE
    waves = np.array([np.rint((300 + 60 * row) * np.sin(2 * np.pi * time * (1 + row / 10)) + 5 * row) for row in range(12)])
    waves[:2] = 2 * np.rint(waves[:2] / 2)
    one, two = waves[0], waves[1]
    waves[2:6] = [two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return waves.astype(np.int16)


def wfdb(folder: Path, counts: Counts) -> Path:
    lines = [f"record 12 {RATE} {counts.shape[1]}"]
    for lead, row in zip(LEADS, counts, strict=True):
        lines.append(f"record.dat 16 1000/mV 16 0 {row[0]} {int(row.sum(dtype=int)) & 0xFFFF} 0 {lead}")
    (folder / "record.dat").write_bytes(counts.T.astype("<i2").tobytes())
    (folder / "record.hea").write_text("\n".join(lines) + "\n")
    return folder / "record.hea"


def csv(folder: Path, counts: Counts) -> Path:
    rows = "\n".join(",".join(map(str, row)) for row in counts.T.tolist())
    (folder / "table.csv").write_text(f"# unit: uV\n# sampling_rate: {RATE}\n{','.join(LEADS)}\n{rows}\n")
    return folder / "table.csv"


def npy(folder: Path, counts: Counts) -> Path:
    np.save(folder / "array.npy", counts)
    (folder / "array.json").write_text(json.dumps({"unit": "uV", "sampling_rate": RATE, "leads": LEADS}))
    return folder / "array.npy"


def npz(folder: Path, counts: Counts) -> Path:
    np.savez_compressed(folder / "arrays.npz", signal=counts, sampling_rate=RATE, leads=LEADS, unit="uV")
    return folder / "arrays.npz"


def hdf5(folder: Path, counts: Counts) -> Path:
    with h5py.File(folder / "one.h5", "w") as file:
        dataset = file.create_dataset("signal", data=counts, compression="gzip")
        dataset.attrs.update({"unit": "uV", "sampling_rate": RATE, "leads": list(LEADS)})
    return folder / "one.h5"


def cpsc(folder: Path, counts: Counts) -> Path:
    ecg = {"sex": "Male", "age": np.array([[74]]), "data": counts / 1000}
    savemat(folder / "A0001.mat", {"ECG": ecg}, do_compression=True)
    return folder / "A0001.mat"


def vendor(build: Callable[..., Path]) -> Callable[[Path, Counts], Path]:
    """A writer of `vendor_samples`, with counts of 1 microvolt."""
    return lambda folder, counts: build(folder, Sample(counts=counts, microvolt=1.0))


SAMPLES: Mapping[str, Callable[[Path, Counts], Path]] = {
    "WFDB": wfdb,
    "CSV": csv,
    "NPY": npy,
    "NPZ": npz,
    "HDF5": hdf5,
    "CPSC .mat": cpsc,
    "DICOM": vendor(BUILDERS["dicom"]),
    "HL7 aECG": vendor(BUILDERS["aecg"]),
    "SCP-ECG": vendor(BUILDERS["scp"]),
    "MUSE XML": vendor(BUILDERS["muse"]),
    "CardioSoft XML": vendor(BUILDERS["cardiosoft"]),
    "Sierra XML": vendor(BUILDERS["sierra"]),
    "Schiller XML": vendor(BUILDERS["schiller"]),
    "MFER": vendor(BUILDERS["mfer"]),
    "ISHNE": vendor(BUILDERS["ishne"]),
    "EDF": vendor(BUILDERS["edf"]),
}
"""Writers by the name of the format; each returns the file to read."""
