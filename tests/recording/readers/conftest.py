"""A folder with one simulated ECG in every format."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.recording.readers.samples import SAMPLES, ecg_counts


@pytest.fixture
def counts() -> NDArray[np.int16]:
    return ecg_counts()


@pytest.fixture
def samples(tmp_path: Path, counts: NDArray[np.int16]) -> Path:
    folder = tmp_path / "samples"
    folder.mkdir()
    for write in SAMPLES.values():
        write(folder, counts)
    return folder
