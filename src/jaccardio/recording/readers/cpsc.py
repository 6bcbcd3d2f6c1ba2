"""The native files of the China Physiological Signal Challenge 2018: MATLAB 5 with a struct ``ECG`` of ``sex``, ``age`` and ``data``.

The files name neither leads, rate nor unit; these are the challenge's: I, II, III, aVR, aVL, aVF, V1-V6, 500 Hz, millivolt.
Liu F, et al. An open access database for evaluating the algorithms of electrocardiogram rhythm and morphology abnormality detection.
J Med Imaging Health Inform 2018;8:1368-73.
"""

from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers.named_signals import recording_of
from jaccardio.recording.recording import Recording

SAMPLING_RATE = 500.0


def is_cpsc(head: bytes) -> bool:
    """Whether a file is MATLAB 5; what it holds is mostly compressed and shows when it is read."""
    return head.startswith(b"MATLAB 5.0 MAT-file")


def read_cpsc(path: Path, record: str) -> Recording:
    """Reads ``ECG.data``, (12, samples) millivolt.

    Raises
    ------
    ReadError
        The file is damaged, or holds no such struct.
    """
    from scipy.io import loadmat

    try:
        data: Any = loadmat(path, variable_names=["ECG"], mat_dtype=True)["ECG"]["data"][0, 0]
    except MemoryError:
        raise
    except Exception:  # a damaged file ends anywhere in scipy's parser
        reason = "holds no struct ECG with a field data, or is damaged"
        remedy = (
            "If it is the signal of a WFDB record, use the original file: a signal in MATLAB 5 has another layout than its header says."
        )
        raise ReadError(record, "MATLAB file", reason, remedy) from None
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.dtype.kind not in "fiu" or len(data) != len(LEADS):
        raise ReadError(record, "ECG.data", "not numbers of shape (12, samples)", "Use the file as the challenge published it.")
    return recording_of(data, LEADS, SAMPLING_RATE, record)
