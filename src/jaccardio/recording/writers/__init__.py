"""Writers: from a `Recording` to a file that holds the ECG and nothing that tells whose it is. One file a format, one line in `WRITERS`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.recording.recording import Recording
from jaccardio.recording.writers.dicom import write_dicom
from jaccardio.recording.writers.npz import write_npz
from jaccardio.recording.writers.wfdb import write_wfdb

WRITERS: Mapping[str, Callable[[Path, Recording], Path]] = {"wfdb": write_wfdb, "dicom": write_dicom, "npz": write_npz}
"""Each writes the leads that a recording holds, at its own rate, to a path without suffix, and returns the file to read it by."""
