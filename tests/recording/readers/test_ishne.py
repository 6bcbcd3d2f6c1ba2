"""ISHNE Holter: checksum of the header, declared length."""

from dataclasses import replace
from pathlib import Path

import pytest

from jaccardio.errors import ReadError
from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import Sample, build_ishne


def test_a_wrong_checksum_is_refused_and_none_is_not(tmp_path: Path) -> None:
    path = build_ishne(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[:8] + b"\0\0" + data[10:])
    assert read("ishne", path).lead_mask.all()
    path.write_bytes(data[:8] + b"\1\2" + data[10:])
    with pytest.raises(ReadError, match="checksum of the header"):
        read("ishne", path)


@pytest.mark.parametrize(("declared", "read_at_all"), [(1000, True), (12_000, True), (999, False), (1001, False)])
def test_declared_length(declared: int, read_at_all: bool, tmp_path: Path) -> None:
    """Of one lead, or of all of them together, as some writers have it."""
    path = build_ishne(tmp_path, replace(Sample(), declared=declared))
    if read_at_all:
        assert read("ishne", path).signal.shape == (12, 1000)
    else:
        with pytest.raises(ReadError, match=f"1000 a lead found, {declared} declared"):
            read("ishne", path)
