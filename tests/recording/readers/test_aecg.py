"""HL7 aECG: what is left unread."""

import re
from pathlib import Path

import numpy as np

from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import build_aecg


def test_a_further_sequence_set_is_said_not_to_be_read(tmp_path: Path) -> None:
    path = build_aecg(tmp_path)
    before = read("aecg", path)
    path.write_text(re.sub(r"(<component><sequenceSet>.*?</sequenceSet></component>)", r"\1\1", path.read_text(), flags=re.DOTALL))
    after = read("aecg", path)
    assert after.flags == ("unread: 1 further sequence sets",)
    np.testing.assert_array_equal(after.signal, before.signal)
