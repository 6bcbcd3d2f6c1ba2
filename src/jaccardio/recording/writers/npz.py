"""NumPy archives with ``signal``, ``sampling_rate``, ``leads`` and ``unit``: the very float32 numbers of a recording."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.files import write_atomic
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import SIMULATED, SIMULATED_COMMENT, Recording


def write_npz(path: Path, recording: Recording) -> Path:
    """Writes ``path.npz``; see `jaccardio.recording.readers.npz`."""
    leads = np.array(LEADS)[recording.lead_mask]
    arrays: dict[str, Any] = {
        "signal": recording.signal[recording.lead_mask],
        "sampling_rate": np.array(recording.sampling_rate),
        "leads": leads,
    }
    if SIMULATED in recording.flags:
        arrays["comment"] = np.array(SIMULATED_COMMENT)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, unit=np.array("mV"), **arrays)
    file = path.with_name(f"{path.name}.npz")
    write_atomic(file, buffer.getvalue())
    return file
