"""Zip archives as folders: what of one may be read, and one recording of it at a time on disk; nothing is written beside an archive."""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from jaccardio.errors import ReadError
from jaccardio.recording.readers.formats import head_bytes, is_document, read_head
from jaccardio.recording.readers.npz import is_npz
from jaccardio.recording.readers.record_files import MAXIMUM_BYTES, record_name

_UNSAFE = re.compile(r"[\\:\0]|^/|(?:^|/)\.\.(?:/|$)")
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
_COPY_AGAIN = "Copy the archive again, or unpack it."
_MAXIMUM_RECORD_BYTES = 2**30  # of all files of one recording


def is_archive(head: bytes) -> bool:
    """Whether a file is a zip archive of files; NumPy's archives and office documents are zip files too."""
    return head.startswith(b"PK\x03\x04") and not is_npz(head) and not is_document(head)


def archive_files(path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files of an archive by name, each with the bytes by which it is recognised; and those that may not be read, with the reason.

    Raises
    ------
    ReadError
        It is no zip archive, or damaged.
    """
    archive, _ = _opened(path)
    heads: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    for member in archive.infolist():
        if member.is_dir():
            continue
        reason = _refusal(member)
        if reason is None:
            try:
                with archive.open(member) as file:
                    heads[member.filename] = file.read(head_bytes(Path(member.filename)))
            except _DAMAGED:
                reason = f"damaged in the archive. {_COPY_AGAIN}"
        if reason is not None:
            refused[member.filename] = reason
    return heads, refused


@contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """A recording as files: itself, or what of an archive belongs to it, in a folder of its own for as long as the block lasts.

    Raises
    ------
    ReadError
        The archive is damaged, or the file in it is unsafe, too large, or has a password.
    """
    archive_path = None if os.path.lexists(path) else next((parent for parent in path.parents if os.path.isfile(parent)), None)  # noqa: PTH113
    if archive_path is None or not is_archive(read_head(archive_path)):
        yield path
        return
    record = record_name(path)
    archive, folders = _opened(archive_path)
    here = folders.get(path.relative_to(archive_path).parent.as_posix(), {})
    wanted = {path.name.casefold(), path.with_suffix(".json").name.casefold()}
    header = here.get(f"{record}.hea".casefold())
    with TemporaryDirectory(prefix="jaccardio-") as folder:
        try:
            if header is not None:
                wanted |= _belonging(archive, header, record)
                segments = (here[name] for name in {f"{name}.hea" for name in wanted} & here.keys())
                wanted = wanted.union(*(_belonging(archive, segment, record) for segment in segments))
            members = [here[name] for name in wanted & here.keys()]
            if sum(member.file_size for member in members) > _MAXIMUM_RECORD_BYTES:
                reason = f"its files inflate to more than {_MAXIMUM_RECORD_BYTES // 2**20} MiB"
                raise ReadError(record, "archive", reason, "Unpack the archive first.")
            for member in members:
                Path(folder, PurePosixPath(member.filename).name).write_bytes(_inflated(archive, member, record))
        except _DAMAGED:
            raise ReadError(record, "archive", "damaged", _COPY_AGAIN) from None
        yield Path(folder, path.name)


def _belonging(archive: zipfile.ZipFile, header: zipfile.ZipInfo, record: str) -> set[str]:
    """Names, the case of letters aside, of a WFDB header and of all that it names."""
    text = _inflated(archive, header, record).decode("latin-1")
    return {
        PurePosixPath(header.filename).name.casefold(),
        *(line.split(None, 1)[0].casefold() for line in text.splitlines() if line.strip()),
    }


def _opened(path: Path) -> tuple[zipfile.ZipFile, Mapping[str, Mapping[str, zipfile.ZipInfo]]]:
    status = path.stat()
    try:
        return _index(path, status.st_mtime_ns, status.st_size)
    except _DAMAGED:
        raise ReadError(path.name, "archive", "damaged", _COPY_AGAIN) from None


@lru_cache(maxsize=4)  # an archive of ten thousand recordings is not listed for each of them
def _index(path: Path, changed: int, size: int) -> tuple[zipfile.ZipFile, Mapping[str, Mapping[str, zipfile.ZipInfo]]]:
    """An opened archive, and its files by folder and name, the case of letters aside. Some programs of Windows write ``\\`` for ``/``."""
    archive = zipfile.ZipFile(path)
    folders: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        member.filename = member.filename.replace("\\", "/")
        inside = PurePosixPath(member.filename)
        folders.setdefault(inside.parent.as_posix(), {}).setdefault(inside.name.casefold(), member)
    return archive, folders


def _refusal(member: zipfile.ZipInfo) -> str | None:
    """Why a file of an archive may not be read."""
    if _UNSAFE.search(member.filename):
        return "its name leads out of the archive. Pack the files again, by relative names."
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link. Pack the file itself."
    if member.flag_bits & 1:
        return "has a password. Unpack the archive first."
    if member.file_size > MAXIMUM_BYTES:
        return f"inflates to more than {MAXIMUM_BYTES // 2**20} MiB. Unpack the archive first."
    return None


def _inflated(archive: zipfile.ZipFile, member: zipfile.ZipInfo, record: str) -> bytes:
    reason = _refusal(member)
    if reason is not None:
        refusal, _, remedy = reason.partition(". ")
        raise ReadError(record, "archive", refusal, remedy)
    with archive.open(member) as file:
        return file.read(MAXIMUM_BYTES)  # never more than its declared size
