"""Keys and pseudonyms."""

import os
import stat
from pathlib import Path

import pytest

from jaccardio.cohort.pseudonyms import KEY_BYTES, Pseudonyms, load_key, new_key, pseudonym, save_key
from jaccardio.errors import DataError, UsageError


def test_a_new_key_is_saved_for_its_owner_and_read_again(tmp_path: Path) -> None:
    path, key = tmp_path / "keys" / "patient.key", new_key()
    assert load_key(path) is None
    save_key(path, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path) == key
    assert new_key() != key
    with pytest.raises(UsageError, match="in the meantime"):
        save_key(path, new_key())
    assert load_key(path) == key


@pytest.mark.parametrize("content", ["", "no key", "ab" * 31, "ab" * 33, "ab" * 5000])
def test_other_files_are_no_keys(tmp_path: Path, content: str) -> None:
    path = tmp_path / "patient.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(DataError, match="not a key"):
        load_key(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "patient.key"
    save_key(path, new_key())
    path.chmod(mode)
    with pytest.raises(UsageError, match="chmod 600"):
        load_key(path)
    path.chmod(0o400)
    assert load_key(path) is not None


def test_only_a_regular_file_is_a_key_and_none_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/urandom")):
        with pytest.raises(UsageError, match=r"no regular file|cannot be read"):
            load_key(path)


def test_pseudonyms_depend_on_key_namespace_and_identifier_only() -> None:
    one = pseudonym(b"k" * 32, "patient", "00123")
    assert one == pseudonym(b"k" * 32, "patient", "00123")
    others = {pseudonym(b"l" * 32, "patient", "00123"), pseudonym(b"k" * 32, "record", "00123"), pseudonym(b"k" * 32, "patient", "123")}
    assert len(others | {one}) == 4
    assert len(one) == 32
    assert set(one) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_equal_numbers_of_two_sites_are_two_patients_and_sites_have_codes() -> None:
    ids = Pseudonyms(b"k" * KEY_BYTES)
    assert ids.patient("north", "1") != ids.patient("south", "1") != ids.patient("", "1")
    assert ids.record("north", "1", "a") != ids.record("south", "1", "a")
    assert ids.site("Klinikum Nord").startswith("site-")
    assert ids.site("Klinikum Nord") != ids.site("Klinikum Süd")
    assert ids.site("simulated site-a") == "simulated site-a"
    assert "kkkk" not in repr(ids)
