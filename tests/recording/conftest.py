"""Simulated WFDB records for the tests of readers and plots."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.recording.leads import LEADS

WriteRecord = Callable[..., Path]


@pytest.fixture
def counts() -> NDArray[np.int16]:
    """(12, 1000) counts of 1 microvolt whose limb leads obey Einthoven and Goldberger to within rounding; simulated."""
    time = np.arange(1000) / 100
    waves = [np.rint((300 + 60 * row) * np.sin(2 * np.pi * time * (1 + row / 10)) + 5 * row) for row in range(12)]
    one, two = waves[0], waves[1]
    waves[2:6] = [two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.rint(waves).astype(np.int16)


@pytest.fixture
def write_record(tmp_path: Path) -> WriteRecord:
    """Function that writes a format 16 record and returns its header's path; `head` bytes precede the samples."""

    def write(
        counts: NDArray[np.int16],
        leads: Sequence[str] = LEADS,
        *,
        name: str = "made",
        rate: str = "100",
        storage: str = "16",
        gain: str = "1000.0(0)/mV",
        suffix: str = ".dat",
        head: bytes = b"",
        comments: str = "",
    ) -> Path:
        lines = [f"{name} {len(leads)} {rate} {counts.shape[1]}"]
        for lead, row in zip(leads, counts, strict=True):
            lines.append(f"{name}{suffix} {storage} {gain} 16 0 {row[0]} {int(row.sum(dtype=np.int64)) & 0xFFFF} 0 {lead}")
        (tmp_path / f"{name}{suffix}").write_bytes(head + counts.T.astype("<i2").tobytes())
        header = tmp_path / f"{name}.hea"
        header.write_text("\n".join(lines) + "\n" + comments, encoding="utf-8")
        return header

    return write


@pytest.fixture
def header(write_record: WriteRecord, counts: NDArray[np.int16]) -> Path:
    """Header of a sound record; tests damage it."""
    return write_record(counts)
