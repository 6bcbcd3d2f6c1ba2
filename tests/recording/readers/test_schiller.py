"""Schiller XML: what is special to it."""

from pathlib import Path

import pytest

from jaccardio.errors import ReadError
from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import build_schiller


@pytest.mark.parametrize("place", ["<exponent>1</exponent>", "<units>UV</units>"])
def test_an_exponent_other_than_that_of_the_sample_is_refused(place: str, tmp_path: Path) -> None:
    path = build_schiller(tmp_path)
    text = path.read_text()
    assert place in text
    path.write_text(text.replace(place, place.replace("<exponent>1</exponent>", "") + "<exponent>3</exponent>"))
    with pytest.raises(ReadError, match="exponent: not 1"):
        read("schiller", path)
