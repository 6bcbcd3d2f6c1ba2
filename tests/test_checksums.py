"""What is read back is what was written, or refused."""

import json
from pathlib import Path

import pytest

from jaccardio.checksums import MANIFEST, Manifest, file_entry, is_sealed, read_as_written, read_sealed, seal, write_manifest
from jaccardio.errors import DataError, UsageError
from jaccardio.files import read_json, write_json

FORM = "jaccardio-test-1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_text('{"x": 1}')
    (tmp_path / "b.bin").write_bytes(b"\0" * 9)
    write_manifest(tmp_path, FORM, {name: file_entry((tmp_path / name).read_bytes()) for name in ("a.json", "b.bin")})
    return tmp_path


def test_listed_files_are_read_and_every_changed_byte_is_named(folder: Path) -> None:
    manifest = Manifest.read(folder, FORM, "Copy it again.")
    assert manifest.json_of("a.json") == {"x": 1}
    manifest.verify()
    for name in ("a.json", "b.bin"):
        whole = (folder / name).read_bytes()
        for changed in (whole[:-1], whole + b" ", bytes([whole[0] ^ 1]) + whole[1:], None):
            (folder / name).unlink()
            if changed is not None:
                (folder / name).write_bytes(changed)
            with pytest.raises(DataError, match=rf"{name}.*Copy it again\."):
                manifest.verify()
            (folder / name).write_bytes(whole)
    with pytest.raises(DataError, match="new"):
        manifest.bytes_of("new")


def test_every_byte_of_a_manifest_counts(folder: Path) -> None:
    whole = (folder / MANIFEST).read_bytes()
    for place in range(0, len(whole), 7):
        (folder / MANIFEST).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            same = read_json(folder / MANIFEST) == json.loads(whole)  # white space
        except DataError:
            same = False
        if not same:
            with pytest.raises(DataError, match=MANIFEST):
                Manifest.read(folder, FORM, "")


def test_a_seal_is_of_the_content_and_not_of_its_layout(tmp_path: Path) -> None:
    document = seal({"a": [1, 2.5, None, "心"], "b": {"c": True}})
    write_json(tmp_path / "x.json", document)
    assert read_sealed(tmp_path / "x.json", "") == document
    write_json(tmp_path / "x.json", document | {"b": {"c": False}})
    with pytest.raises(DataError, match=r"x\.json.*Do this\."):
        read_sealed(tmp_path / "x.json", "Do this.")
    others: tuple[object, ...] = ({}, [], None, "sha256", {"sha256": "0"}, {"a": "\ud800", "sha256": "0"})
    assert not any(is_sealed(other) for other in others)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_json_nested_without_end_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(DataError, match="not a JSON document"):
        Manifest.read(folder, FORM, "")


def test_files_of_others_are_read_as_they_are_and_ours_only_as_written(folder: Path, tmp_path: Path) -> None:
    assert read_as_written(folder / "a.json", "") == b'{"x": 1}'
    (folder / "other.csv").write_text("not listed")
    assert read_as_written(folder / "other.csv", "") == b"not listed"
    (folder / "a.json").write_text('{"x": 2}')
    with pytest.raises(DataError, match="changed since it was written"):
        read_as_written(folder / "a.json", "")
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text().replace("bytes", "bites"))
    with pytest.raises(DataError, match=MANIFEST):
        read_as_written(folder / "other.csv", "")
    (folder / MANIFEST).write_text('{"name": "of another program"}')
    assert read_as_written(folder / "a.json", "") == b'{"x": 2}'


def test_no_manifest_replaces_that_of_something_else(folder: Path) -> None:
    with pytest.raises(UsageError, match="holds something else"):
        write_manifest(folder, "jaccardio-other-1", {})
    write_manifest(folder, FORM, {})
