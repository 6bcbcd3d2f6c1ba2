"""One ECG of a corpus's file of arrays; the layouts are tested with their corpora."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import ReadError
from jaccardio.recording.readers.array_part import ArrayPart


def test_names_of_fields_are_in_no_message(tmp_path: Path) -> None:
    np.save(tmp_path / "ecgs.npy", np.zeros((12, 500), dtype=[("Mustermann", "<f4")]))
    with pytest.raises(ReadError, match=r"an array of void32 of shape \(12, 500\)"):
        ArrayPart(500.0).read(tmp_path / "ecgs.npy", "one")
