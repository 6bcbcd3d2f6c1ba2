"""Pseudonyms: reproducible under one key, unrelated without it; the key file is private."""

import stat
from pathlib import Path

import pytest

from jaccardio.cohort.pseudonyms import load_or_create_key, pseudonym
from jaccardio.errors import DataError, UsageError


def test_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "patient.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path) == key
    assert load_or_create_key(tmp_path / "other.key") != key


@pytest.mark.parametrize("content", ["", "00" * 31, "not hexadecimal", "é" * 64])
def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match="not a key"):
        load_or_create_key(path)
    assert path.read_text("utf-8") == content


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load_or_create_key(tmp_path)


def test_pseudonyms_depend_on_key_namespace_and_identifier_only() -> None:
    one = pseudonym(b"k" * 32, "patient", "00123")
    assert one == pseudonym(b"k" * 32, "patient", "00123")
    others = {pseudonym(b"l" * 32, "patient", "00123"), pseudonym(b"k" * 32, "record", "00123"), pseudonym(b"k" * 32, "patient", "123")}
    assert one not in others
    assert len(others) == 3
    assert len(one) * 5 >= 128
    assert set(one) <= set("abcdefghijklmnopqrstuvwxyz234567")
