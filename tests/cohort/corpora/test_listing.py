"""Which headers a folder holds: links, circles, capitals, and what cannot be looked into."""

import os
import zipfile
from pathlib import Path

import pytest

from jaccardio.cohort.corpora.corpus import Rejection
from jaccardio.cohort.corpora.listing import EMPTY, NO_FORMAT, ecg_files, header_files
from jaccardio.errors import DataError, UsageError
from tests.recording.readers.samples import SAMPLES, ecg_counts


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def listed(folder: Path) -> tuple[list[str], list[tuple[str, str]]]:
    headers, rejected = header_files(folder)
    return [str(path.relative_to(folder)) for path in headers], [(rejection.record, rejection.file) for rejection in rejected]


def test_a_folder_without_headers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no WFDB header"):
        header_files(make(tmp_path, "a.dat", "hea"))
    with pytest.raises(UsageError, match="no such folder"):
        header_files(tmp_path / "absent")
    with pytest.raises(UsageError, match="the root of all folders"):
        header_files(Path("/"))
    with pytest.raises(UsageError, match="is no folder; unpack it"):
        header_files(tmp_path / "a.dat")


def test_sorted_by_path_with_suffixes_of_any_case(tmp_path: Path) -> None:
    make(tmp_path, "b.hea", "a/z.HEA", "a/b/c.Hea", "a/b/c.dat", "folder.hea/d.hea")
    assert listed(tmp_path) == (["a/b/c.Hea", "a/z.HEA", "b.hea", "folder.hea/d.hea"], [])


def test_links_to_folders_are_followed_once_and_after_what_truly_lies_here(tmp_path: Path) -> None:
    folder = make(tmp_path / "corpus", "real/r.hea")
    make(tmp_path / "elsewhere", "n.hea", "below/m.hea")
    (folder / "a-link").symlink_to("real")
    (folder / "b-link").symlink_to("../elsewhere")
    (folder / "c-link").symlink_to(tmp_path / "elsewhere" / "below")
    (tmp_path / "elsewhere" / "on").symlink_to(make(tmp_path / "further", "f.hea"))
    assert listed(folder) == (["b-link/below/m.hea", "b-link/n.hea", "b-link/on/f.hea", "real/r.hea"], [])
    (tmp_path / "entry").symlink_to(folder)
    assert listed(tmp_path / "entry") == listed(folder)


def test_circles_end_and_a_link_out_to_the_whole_disk_is_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "corpus", "real/r.hea")
    make(tmp_path, "private.hea")
    (folder / "real" / "home").symlink_to(folder)
    (folder / "up").symlink_to("..")
    (folder / "root").symlink_to("/")
    assert listed(folder) == (["real/r.hea"], [("link", "root"), ("link", "up")])


def test_links_that_lead_nowhere_are_listed(tmp_path: Path) -> None:
    make(tmp_path, "a.hea")
    for name in ("ningbo", "self", "b.dat"):
        (tmp_path / name).symlink_to("self" if name == "self" else "gone")
    (tmp_path / "c.hea").symlink_to("gone.hea")
    headers, rejected = listed(tmp_path)
    assert headers == ["a.hea", "c.hea"], "a header is refused with its record, when it is read"
    assert rejected == [("link", "ningbo"), ("link", "self")]
    (tmp_path / "a.hea").unlink()
    (tmp_path / "c.hea").unlink()
    with pytest.raises(DataError, match=r"link \(ningbo\): leads nowhere"):
        header_files(tmp_path)


def test_folders_that_cannot_be_read_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/a.hea", "b/b.hea")
    scandir = os.scandir

    def refuse_b(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse_b)
    headers, rejected = header_files(tmp_path)
    assert [path.name for path in headers] == ["a.hea"]
    assert rejected == (Rejection("folder", "cannot be read (Permission denied). Check its permissions.", "b"),)


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    folder = make(tmp_path, "b\x1b.hea")
    try:
        (folder / "a\udce9.hea").touch()
    except OSError:
        pytest.skip("this disk takes UTF-8 only")
    (folder / "c\udce9").symlink_to("gone")
    assert listed(folder) == (["a\udce9.hea", "b\x1b.hea"], [("link", "c\\udce9")])


def test_what_programs_hide_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "A0001.hea", "._A0001.hea", ".snapshot/daily/A0001.hea", "ward/.git/x.hea", "__MACOSX/._A0001.hea")
    (tmp_path / ".#lock").symlink_to("user@host.1234")
    assert listed(tmp_path) == (["A0001.hea"], [])
    assert [path.name for path in ecg_files(tmp_path).ecgs] == ["A0001.hea"]
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in ("a/A0002.hea", ".git/A0003.hea", "__MACOSX/a/._A0002.hea"):
            archive.writestr(name, "")
    assert [path.name for path in ecg_files(tmp_path / "export.zip").ecgs] == ["A0002.hea"]


def test_what_belongs_to_an_ecg_is_no_file_of_its_own(tmp_path: Path) -> None:
    for write in SAMPLES.values():
        write(tmp_path, ecg_counts())
    samples = sorted(path.name for path in tmp_path.iterdir() if path.suffix not in (".dat", ".json"))
    header = tmp_path / "record.hea"
    header.write_text(header.read_text().replace("record.dat", "other.xyz"))
    (tmp_path / "record.dat").rename(tmp_path / "other.xyz")
    (tmp_path / "record.atr").write_bytes(bytes(9))  # an annotation
    store = tmp_path / "store"
    make(store, "manifest.json", "shards/shard-00000.i16", "records.parquet", "odd")
    (store / "odd").write_bytes(bytes(9))
    make(tmp_path, ".hidden", "lost.dcm")
    (tmp_path / "README").write_text("notes")
    (tmp_path / "odd.xyz").write_bytes(bytes(9))
    listing = ecg_files(tmp_path)
    assert [path.name for path in listing.ecgs] == samples
    assert {"A0001.mat", "array.npy", "record.hea", "made.dcm"} <= set(samples)
    assert listing.rejected == (Rejection("file", EMPTY, "lost.dcm"), Rejection("file", NO_FORMAT, "odd.xyz")), (
        "an empty file is a failed export"
    )
    assert listing.documents == {"no suffix": 1}
    for path in listing.ecgs:
        path.unlink()
    with pytest.raises(DataError, match=r"no ECG of a format .* in it or below it\.\n  file \(lost.dcm\).*\n  file \(odd.xyz\)"):
        ecg_files(tmp_path)
