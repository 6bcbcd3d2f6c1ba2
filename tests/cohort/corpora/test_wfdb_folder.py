"""A folder of WFDB records: pseudonyms of relative paths, nothing known."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.corpus import Source
from jaccardio.cohort.corpora.wfdb_folder import WfdbFolder
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary

PAPER26 = Vocabulary.load("paper26")


def read(folder: Path, key: bytes | None = b"k" * 32) -> list[Source]:
    return [source for source in WfdbFolder.open(folder, key, 500.0, PAPER26).sources() if isinstance(source, Source)]


def test_ids_do_not_depend_on_where_the_folder_stands(tmp_path: Path) -> None:
    for copy in ("one", "two"):
        for record in ("b", "a/b"):
            path = tmp_path / copy / f"{record}.hea"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("b 1 500 5000\n")
    one, two = read(tmp_path / "one"), read(tmp_path / "two")
    assert [source.recording_id for source in one] == [source.recording_id for source in two]
    assert len({source.recording_id for source in one}) == 2
    assert all(source.patient_key == source.recording_id and not source.closed and source.present == () for source in one)
    assert read(tmp_path / "one", b"l" * 32)[0].recording_id != one[0].recording_id


def test_a_key_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--patient-key"):
        read(tmp_path, None)
