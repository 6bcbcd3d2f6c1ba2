"""A folder of ECGs: pseudonyms of relative paths, nothing known."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.corpora.folder import open_folder
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary

PAPER26 = Vocabulary.load("paper26")


def read(folder: Path, key: bytes | None = b"k" * 32) -> list[Source]:
    return [source for source in open_folder(folder, key, 500.0, PAPER26).entries if isinstance(source, Source)]


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


def test_headers_of_one_name_are_one_record_and_a_rejection_without_path(tmp_path: Path) -> None:
    for name in ("a.hea", "a.HEA", "b.hea"):
        (tmp_path / name).touch()
    if len(list(tmp_path.iterdir())) < 3:
        pytest.skip("this disk does not tell letters of different case apart")
    first, second, other = open_folder(tmp_path, b"k" * 32, 500.0, PAPER26).entries
    assert isinstance(first, Source)
    assert isinstance(second, Rejection)
    assert isinstance(other, Source)
    assert (second.record, second.file) == (first.recording_id, "a.hea")
    assert "a.hea" not in second.reason


def test_a_name_that_is_no_utf_8_has_a_pseudonym(tmp_path: Path) -> None:
    (tmp_path / "a.hea").touch()
    try:
        (tmp_path / "\udce9.hea").touch()
    except OSError:
        pytest.skip("this disk takes UTF-8 only")
    assert len({source.recording_id for source in read(tmp_path)}) == 2
