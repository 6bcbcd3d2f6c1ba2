"""Philips Sierra XML: versions, compression, calibration pulse."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import ReadError
from jaccardio.recording.readers.sierra import VERSIONS
from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import Sample, build_sierra


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(version: str, tmp_path: Path) -> None:
    """1.03 is written with XLI, the limb leads as what is left of Einthoven's law."""
    recording = read("sierra", build_sierra(tmp_path, version=version))
    np.testing.assert_array_equal(np.rint(recording.signal.astype(np.float64) * 200), Sample().counts)


@pytest.mark.parametrize("version", ["1.03", "1.04"])
def test_the_calibration_pulse_is_cut_off(version: str, tmp_path: Path) -> None:
    pulse = np.repeat([0, 200, 0], [50, 100, 50]).astype(np.int16)
    counts = np.hstack([Sample().counts, np.tile(pulse, (12, 1))])
    recording = read("sierra", build_sierra(tmp_path, replace(Sample(), counts=counts), version=version))
    assert recording.flags == ("calibration: 0.4 s",)
    np.testing.assert_array_equal(np.rint(recording.signal.astype(np.float64) * 200), Sample().counts)


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="version: not one that is supported"):
        read("sierra", build_sierra(tmp_path, version="2.00"))


@pytest.mark.parametrize(
    ("old", "new", "reason"), [('"Base64"', '"Hex"', "encoding"), (">[A-Za-z0-9+/=]{99}", ">%", "not Base64"), ("leadlabels", "x", "")]
)
def test_refusals(old: str, new: str, reason: str, tmp_path: Path) -> None:
    path = build_sierra(tmp_path)
    path.write_text(re.sub(old, new, path.read_text()))
    if reason:
        with pytest.raises(ReadError, match=reason):
            read("sierra", path)
    else:
        assert read("sierra", path).lead_mask.all(), "STD-12 names its leads"


def test_a_chunk_cut_off_is_refused(tmp_path: Path) -> None:
    path = build_sierra(tmp_path, version="1.03")
    text = path.read_text()
    end = text.index("</parsedwaveforms>")
    path.write_text(text[: end - 400] + text[end:])
    with pytest.raises(ReadError, match="truncated: 11 of 12 leads"):
        read("sierra", path)
