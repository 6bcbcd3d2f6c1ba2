"""Hostile archives: nothing outside, no bombs, no links, no passwords, no archives within."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.cohort.corpora.listing import NO_FORMAT, ecg_files
from jaccardio.errors import ReadError
from jaccardio.recording.readers import read_ecg
from tests.recording.readers.samples import SAMPLES

LINK = 0o120777 << 16


def test_what_may_not_be_read(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    data = SAMPLES["CSV"](tmp_path, counts).read_bytes()
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.csv", data)
        for name in ("../up.csv", "a/../../up.csv", "/root.csv", "c:/drive.csv", "..\\down.csv"):
            archive.writestr(name, data)
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = LINK
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.csv", data + b"\n" * 2**26)
        archive.writestr("inner.zip", small_zip())
        archive.writestr("odd.bin", b"\0" * 100)
        archive.writestr(".hidden", b"\0")
        archive.writestr("notes.txt", "text")
    listing = ecg_files(path)
    assert [file.relative_to(path).as_posix() for file in listing.ecgs] == ["good.csv"]
    with pytest.raises(ReadError, match=r"export.zip: file: an archive of files. Name one file of it, such as export.zip/0001.xml"):
        read_ecg(path)
    assert read_ecg(path / "good.csv").lead_mask.all()
    reasons = {rejection.file.removeprefix("export.zip/"): rejection.reason.split(".")[0] for rejection in listing.rejected}
    outside = "its name leads out of the archive"
    assert {name: reason for name, reason in reasons.items() if reason == outside}.keys() == {
        *("../up.csv", "a/../../up.csv", "/root.csv", "c:/drive.csv", "../down.csv"),
    }
    assert reasons["link.csv"] == "a link"
    assert reasons["bomb.csv"] == "inflates to more than 64 MiB"
    assert reasons["inner.zip"] == "archive: lies within an archive"
    assert reasons["odd.bin"] == NO_FORMAT.split(".")[0]
    assert listing.documents == {".txt": 1}
    for name, words in (("link.csv", "a link"), ("bomb.csv", "inflates"), ("../up.csv", "archive")):
        with pytest.raises(ReadError, match=words):
            read_ecg(path / name)
    assert not (tmp_path.parent / "up.csv").exists()


def small_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("x", "")
    return made.getvalue()


def test_a_password_and_damage(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(SAMPLES["CSV"](tmp_path, counts), "a.csv")
    whole = path.read_bytes()
    at = whole.index(b"PK\x01\x02") + 8
    path.write_bytes(whole[:at] + struct.pack("<H", 1) + whole[at + 2 :])
    with pytest.raises(ReadError, match="has a password"):
        read_ecg(path / "a.csv")
    path.write_bytes(whole[:5000] + b"\0" + whole[5001:])
    with pytest.raises(ReadError, match="archive: damaged"):
        read_ecg(path / "a.csv")
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReadError, match="archive: damaged"):
        read_ecg(path / "a.csv")
    with pytest.raises(ReadError, match="header: does not exist"):
        read_ecg(path.with_name("gone.zip") / "a.csv")


@pytest.mark.parametrize("name", ["a/x.npy", "x.npy"])
def test_an_archive_that_begins_with_an_array_is_a_folder_unless_numpy_wrote_it(
    name: str, tmp_path: Path, counts: NDArray[np.int16]
) -> None:
    array, path = SAMPLES["NPY"](tmp_path, counts), tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(array, name)
        archive.write(array.with_suffix(".json"), name.replace(".npy", ".json"))
    np.testing.assert_array_equal(read_ecg(path / name).signal, read_ecg(array).signal)
    assert ecg_files(path).ecgs == (path / name,)
    np.savez(tmp_path / "other.npz", ecg=counts, rate=500)
    with pytest.raises(ReadError, match=r"there is no array of this name"):
        read_ecg(tmp_path / "other.npz")


def test_names_with_the_separator_of_windows(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    table, path = SAMPLES["CSV"](tmp_path, counts), tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Ward 3\\", "")
        archive.write(table, "Ward 3\\a.csv")
    assert ecg_files(path).ecgs == (path / "Ward 3/a.csv",)
    np.testing.assert_array_equal(read_ecg(path / "Ward 3" / "a.csv").signal, read_ecg(table).signal)
