"""GE MUSE XML: checksums, leads recorded at other times."""

import re
from pathlib import Path

import pytest

from jaccardio.errors import ReadError
from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import build_muse


@pytest.mark.parametrize(
    ("pattern", "new", "reason"),
    [
        (r"<LeadDataCRC32>\d+", "<LeadDataCRC32>1", "checksum"),
        ("<LeadTimeOffset>0", "<LeadTimeOffset>2500", "not recorded at the same time"),
        ("<WaveformType>Rhythm", "<WaveformType>Median", "no waveform of the rhythm"),
        ("MICROVOLTS", "FURLONGS", "no unit of voltage"),
    ],
)
def test_refusals(pattern: str, new: str, reason: str, tmp_path: Path) -> None:
    path = build_muse(tmp_path)
    path.write_text(re.sub(pattern, new, path.read_text()))
    with pytest.raises(ReadError, match=reason):
        read("muse", path)


def test_without_checksums_and_with_an_electrode_off(tmp_path: Path) -> None:
    path = build_muse(tmp_path)
    text = re.sub(r"<LeadDataCRC32>\d+</LeadDataCRC32>", "", path.read_text())
    path.write_text(text.replace("<LeadOff>FALSE", "<LeadOff>TRUE"))
    flags = read("muse", path).flags
    assert {"lead-off:V1", "lead-off:II"} <= set(flags)


def test_a_further_rhythm_is_said_not_to_be_read(tmp_path: Path) -> None:
    path = build_muse(tmp_path)
    before = read("muse", path)
    path.write_text(re.sub(r"(<Waveform>\s*<WaveformType>Rhythm.*?</Waveform>)", r"\1\1", path.read_text(), flags=re.DOTALL))
    after = read("muse", path)
    assert after.flags == ("unread: 1 further rhythms", *before.flags)
    assert (after.signal == before.signal).all()
