"""EDF and EDF+: scale, declared length, interruptions."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import ReadError
from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import Sample, build_edf


@pytest.mark.parametrize("unit", ["uV", "mV"])
@pytest.mark.parametrize("offset", [0, 1000])
def test_physical_range(unit: str, offset: int, tmp_path: Path) -> None:
    recording = read("edf", build_edf(tmp_path, Sample(), unit=unit, offset=offset))
    np.testing.assert_allclose(recording.signal, (Sample().counts - float(offset)) * 0.005, atol=2e-5)


def test_a_file_shorter_or_longer_than_declared_is_refused(tmp_path: Path) -> None:
    path = build_edf(tmp_path)
    data = path.read_bytes()
    for changed in (data[:-2], data + b"\0\0"):
        path.write_bytes(changed)
        with pytest.raises(ReadError, match=r"bytes, its header declares|damaged"):
            read("edf", path)


def test_an_interrupted_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"EDF\+D|damaged"):
        read("edf", build_edf(tmp_path, kind="EDF+D"))


def test_plain_edf_and_an_unknown_unit(tmp_path: Path) -> None:
    path = build_edf(tmp_path, kind="")
    assert read("edf", path).lead_mask.all()
    path.write_bytes(path.read_bytes().replace(b"uV      ", b"mmHg    "))
    with pytest.raises(ReadError, match="no unit of voltage"):
        read("edf", path)
