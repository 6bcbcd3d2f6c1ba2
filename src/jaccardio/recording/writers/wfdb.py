"""WFDB records in format 16: a text header with checksums and a signal file, little-endian, samples of the leads interleaved."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.files import write_atomic
from jaccardio.recording.recording import SIMULATED, SIMULATED_COMMENT, Recording
from jaccardio.recording.writers.counts import counts_of


def write_wfdb(path: Path, recording: Recording) -> Path:
    """Writes ``path.dat``, then ``path.hea``: where the header is, the record is whole."""
    leads, counts, scale = counts_of(recording)
    comments = (SIMULATED_COMMENT,) if SIMULATED in recording.flags else ()
    gain = repr(1 / scale).removesuffix(".0")
    header = wfdb_header(path.name, leads, counts, recording.sampling_rate, gain, comments)
    write_atomic(path.with_name(f"{path.name}.dat"), samples_interleaved(counts))
    file = path.with_name(f"{path.name}.hea")
    write_atomic(file, header.encode("ascii"))
    return file


def wfdb_header(
    name: str, leads: Sequence[str], counts: NDArray[np.int16], sampling_rate: float, counts_per_millivolt: str, comments: Sequence[str]
) -> str:
    """Text of a header.

    Parameters
    ----------
    counts
        (leads, samples).
    counts_per_millivolt
        As it shall stand there.
    """
    checksums = counts.sum(axis=1, dtype=np.int64).astype(np.int16)
    lines = [f"{name} {len(leads)} {sampling_rate:.15g} {counts.shape[1]}"]
    for lead, row, checksum in zip(leads, counts, checksums, strict=True):
        lines.append(f"{name}.dat 16 {counts_per_millivolt}(0)/mV 16 0 {row[0]} {checksum} 0 {lead}")
    return "\n".join([*lines, *(f"# {comment}" for comment in comments)]) + "\n"


def samples_interleaved(counts: NDArray[np.int16]) -> bytes:
    """Bytes of a signal file, from (leads, samples)."""
    return np.ascontiguousarray(counts.T, dtype="<i2").tobytes()
