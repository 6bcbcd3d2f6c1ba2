"""The files of one WFDB record: found by name, the case of letters aside, and opened only if they are regular files of its own folder."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from jaccardio.errors import ReadError

WFDB_SUFFIXES = (".hea", ".dat", ".mat")

MAXIMUM_BYTES = 2**26
"""Of a file of another format than WFDB, also of what a part of it inflates to: half an hour of twelve leads at 1,000 Hz and more."""

LFS_POINTER = b"version https://git-lfs"
LFS_REMEDY = "Run `git lfs pull` in the data set's repository."

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""A pipe put there since the first look would wait for its writer."""

_LINK_REMEDY = "Copy the file itself into the folder."


def record_name(path: Path) -> str:
    """Name of a record by the path of any of its files, or by its path without suffix: ``1.2.3`` by ``1.2.3`` and by ``1.2.3.DAT``."""
    return path.stem if path.suffix.lower() in WFDB_SUFFIXES else path.name


def is_header_name(path: Path) -> bool:
    """Whether a file is named as WFDB headers are."""
    return path.name.lower().endswith(".hea")


def named_path(path: Path) -> Path:
    """The path by which a recording is known: of any file of a WFDB record the same, that without suffix."""
    return path.with_suffix("") if path.suffix.lower() in WFDB_SUFFIXES else path


def header_of(path: Path) -> Path:
    """The header of the record that `path` names, by any of its files or without suffix; a header may have any other suffix.

    Raises
    ------
    ReadError
        Two headers differ from the name by the case of letters only.
    """
    suffix = path.suffix.lower()
    if (suffix == ".hea" and os.path.lexists(path)) or (suffix not in WFDB_SUFFIXES and os.path.isfile(path)):  # noqa: PTH113 - says no where pathlib raises
        return path
    record = record_name(path)
    return find(path.parent, f"{record}.hea", record, "header")


def find(folder: Path, name: str, record: str, field: str) -> Path:
    """The file `name` of a folder, or the one file there whose name differs by the case of letters only (``A0002.HEA``).

    Where there is neither, the path as asked for: opening it says what is wrong.

    Raises
    ------
    ReadError
        Several such files.
    """
    stem, dot, suffix = name.rpartition(".")
    # The usual spellings first: a large folder is not listed for each of its records.
    for spelling in (name, stem + dot + suffix.upper(), stem + dot + suffix.lower()):
        if os.path.lexists(folder / spelling):
            return folder / spelling
    try:
        alike = [entry.name for entry in folder.iterdir() if entry.name.casefold() == name.casefold()]
    except (OSError, ValueError):
        alike = []
    if len(alike) > 1:
        raise ReadError(record, field, f"{len(alike)} files have this name but for the case of letters", "Keep the one that belongs to it.")
    return folder / (alike[0] if alike else name)


@contextmanager
def open_regular(path: Path, record: str, field: str, if_absent: str) -> Iterator[tuple[BinaryIO, int]]:
    """Opens a file of a record for reading, if it is a regular file and no link leads out of its folder.

    Parameters
    ----------
    record, field
        For messages.
    if_absent
        Remedy where there is no such file.

    Yields
    ------
    The file, and its size in bytes.

    Raises
    ------
    ReadError
        It is absent, something else (folder, pipe, socket, device), elsewhere, or cannot be opened; or reading in the block failed.
    """
    try:
        if path.is_symlink() and path.resolve(strict=True).parent != path.parent.resolve():
            raise ReadError(record, field, "a link that leaves the record's folder", _LINK_REMEDY)
        _refuse_special(path.stat(), record, field)
    except (FileNotFoundError, NotADirectoryError):
        raise ReadError(record, field, "does not exist", if_absent) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise _cannot_open(error, record, field) from None
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            status = os.fstat(file.fileno())
            _refuse_special(status, record, field)
            yield file, status.st_size
    except OSError as error:
        raise _cannot_open(error, record, field) from None


def _refuse_special(status: os.stat_result, record: str, field: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(record, field, "not a regular file", "Name the .hea file of a WFDB record; its signal file must lie beside it.")


def _cannot_open(error: Exception, record: str, field: str) -> ReadError:
    """What the system says of a file, without its path."""
    if isinstance(error, ValueError):
        return ReadError(record, field, "cannot be opened, no file can have this name", "Check the path.")
    if isinstance(error, RuntimeError) or (isinstance(error, OSError) and error.errno == errno.ELOOP):
        return ReadError(record, field, "cannot be opened, a link that leads to itself", _LINK_REMEDY)
    assert isinstance(error, OSError)
    said = os.strerror(error.errno) if error.errno else type(error).__name__
    return ReadError(record, field, f"cannot be read ({said})", "Check the path, its permissions and the disk.")
