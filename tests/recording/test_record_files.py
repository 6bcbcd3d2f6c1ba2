"""Only regular files of a record's own folder are opened, by any case of their suffix."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.readers.record_files import find, header_of, open_regular, record_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("1.2.3", "1.2.3"),
        ("a/1.2.3.hea", "1.2.3"),
        ("1.2.3.DAT", "1.2.3"),
        ("x.mat", "x"),
        ("x", "x"),
        ("E1.mat.hea", "E1.mat"),
        (".", ""),
    ],
)
def test_names_of_records(path: str, name: str) -> None:
    assert record_name(Path(path)) == name


def test_files_are_found_by_their_own_name_first(tmp_path: Path) -> None:
    for name in ("a.hea", "a.HEA", "B.Hea", "c.Hea", "C.hEA"):
        (tmp_path / name).touch()
    if len(list(tmp_path.iterdir())) < 5:
        pytest.skip("this disk does not tell letters of different case apart")
    assert header_of(tmp_path / "a").name == "a.hea"
    assert header_of(tmp_path / "a.HEA").name == "a.HEA"
    assert header_of(tmp_path / "b.dat").name == "B.Hea"
    with pytest.raises(ReadError, match="2 files have this name"):
        header_of(tmp_path / "c")
    assert find(tmp_path, "absent.dat", "absent", "signal file") == tmp_path / "absent.dat"


def pipe(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def outside(path: Path) -> None:
    target = path.parent.parent / f"{path.parent.name}-secret"
    target.write_text("secret")
    path.symlink_to(target)


def circle(path: Path) -> None:
    path.symlink_to(path)


SPECIAL: dict[Callable[[Path], None], str] = {
    Path.mkdir: "not a regular file",
    pipe: "not a regular file",
    unix_socket: "not a regular file",
    device: "a link that leaves the record's folder",
    outside: "a link that leaves the record's folder",
    circle: "cannot be opened, a link that leads to itself",
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("storage", ["16", "212", "32"])
@pytest.mark.parametrize("suffix", [".hea", ".dat"])
@pytest.mark.parametrize("make", SPECIAL)
def test_only_regular_files_of_the_folder_are_opened(
    write_record: Callable[..., Path],
    counts: NDArray[np.int16],
    make: Callable[[Path], None],
    suffix: str,
    storage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_record(counts, storage=storage).with_suffix(suffix)
    monkeypatch.chdir(path.parent)  # names of sockets are short
    path.unlink()
    make(path)
    with pytest.raises(ReadError) as caught:
        read_ecg(path)
    assert (caught.value.field, caught.value.reason) == ("header" if suffix == ".hea" else "signal file", SPECIAL[make])


def test_a_link_within_the_folder_is_followed(header: Path) -> None:
    header.rename(header.with_name("other.bin"))
    header.symlink_to("other.bin")
    assert read_ecg(header).recording_id == "made"


def test_a_pipe_put_there_between_two_looks_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    regular = (tmp_path / "regular").touch() or (tmp_path / "regular").stat()
    pipe(tmp_path / "pipe")
    monkeypatch.setattr(Path, "stat", lambda path, **_: regular)
    with pytest.raises(ReadError, match="not a regular file"), open_regular(tmp_path / "pipe", "a", "signal file", ""):
        pass


@pytest.mark.parametrize(("error", "said"), [(OSError(5, "x"), "Input/output error"), (PermissionError(13, "x"), "Permission denied")])
def test_what_the_system_says_is_passed_on(header: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(ReadError) as caught:
        read_ecg(header)
    assert caught.value.reason == f"cannot be read ({said})"
