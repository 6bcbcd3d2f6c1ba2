"""Durable files: what is written is either whole and on disk, or absent.

All artefacts (stores, runs, models, reports) are written through this module: bytes go to a temporary file in the
target's folder, are flushed to disk, and take the final name in one step.
"""

import csv
import difflib
import errno
import hashlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jaccardio.errors import DataError, MissingError, UsageError


def write_atomic(path: Path, data: bytes, *, private: bool = False) -> None:
    """Writes `data` to `path` so that readers see the old file or the whole new one, never a part.

    Parameters
    ----------
    private
        Whether only the owner may read it (mode 0600).

    Raises
    ------
    MissingError
        The disk is full; the old file, if any, is untouched.
    UsageError
        `path` is no regular file.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary: str | None = None
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: a device, a pipe or a folder. Name a file.")  # the last step would put a file in its place
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)  # mkstemp makes 0600: other accounts could not read a shared store
        Path(temporary).replace(path)
        sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise MissingError(f"{path}: no space left on the disk. What was there before is intact; free space and run again.") from error
        raise


def write_json(path: Path, document: Any) -> None:
    """Writes one JSON document atomically; NaN and infinity are refused because they are not JSON."""
    write_atomic(path, json_bytes(document))


def json_bytes(document: Any) -> bytes:
    """One JSON document as it stands in a file; NaN and infinity are refused because they are not JSON."""
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write_csv(path: Path, rows: Iterable[Iterable[object]], *, private: bool = False) -> None:
    """Writes one table atomically; names of files that are no UTF-8 keep their bytes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_atomic(path, text.getvalue().encode("utf-8", "surrogateescape"), private=private)


def read_json(path: Path) -> Any:
    """Reads one JSON document.

    Raises
    ------
    DataError
        The file is absent or not JSON.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file does not exist.") from error
    return parse_json(data, path)


def parse_json(data: bytes, path: Path) -> Any:
    """The JSON document that a file's bytes hold.

    Raises
    ------
    DataError
        They are not JSON, or it is nested deeper than anything that jaccardio writes.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a JSON document; it is damaged or was not written by jaccardio.") from error


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(document: Any) -> str:
    """SHA-256 of a JSON document in canonical form (sorted keys, no spaces): the fingerprint of vocabularies, splits and contracts."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def no_such_folder(path: Path) -> UsageError:
    """The error for a folder that does not exist; it names the nearest folder beside it where one is near."""
    try:
        beside = [entry.name for entry in path.parent.iterdir() if entry.is_dir()]
    except OSError:
        return UsageError(f"{path}: no such folder, and no folder {path.parent} that could be listed.")
    near = difflib.get_close_matches(path.name, beside, n=1)
    return UsageError(f"{path}: no such folder" + (f"; did you mean {path.with_name(near[0])}?" if near else ". Check the path."))


def user_cache() -> Path | None:
    """Folder for what can be computed or fetched again, sentence vectors and copies of stores.

    It is ``$JACCARDIO_CACHE``, else ``jaccardio`` in the user's cache folder; None for an account without a home.
    """
    if chosen := os.environ.get("JACCARDIO_CACHE"):
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jaccardio"
    except RuntimeError:
        return None


def sync_folder(folder: Path) -> None:
    """Flushes a folder's entries to disk, so that a rename survives a power cut; Windows knows no such flush."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
