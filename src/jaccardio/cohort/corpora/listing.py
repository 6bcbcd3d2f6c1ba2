"""`header_files`: every WFDB header below a folder, and what of the folder could not be looked into. Nothing is passed over in silence."""

import os
from collections import deque
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Rejection
from jaccardio.errors import DataError, UsageError, printable
from jaccardio.recording.readers.record_files import WFDB_SUFFIXES


def header_files(folder: Path) -> tuple[tuple[Path, ...], tuple[Rejection, ...]]:
    """Every WFDB header below a folder, sorted by path, and what could not be looked into.

    Links to folders are followed, each folder once, after all that lies here without a link: a folder that is reached both ways keeps its
    own path. The suffix may be ``.HEA``.

    Returns
    -------
    The headers; rejections of folders that cannot be read, of links that lead nowhere, and of links to a folder above this one.

    Raises
    ------
    UsageError
        There is no such folder.
    DataError
        No header is in it.
    """
    if not folder.is_dir():
        raise UsageError(f"{printable(str(folder))}: no such folder.")
    headers: list[Path] = []
    rejected: list[Rejection] = []

    def reject(kind: str, path: Path, reason: str) -> None:
        rejected.append(Rejection(kind, reason, str(path.relative_to(folder))))

    def unreadable(error: OSError) -> None:
        reject("folder", Path(error.filename), f"cannot be read ({error.strerror}). Check its permissions.")

    seen: set[tuple[int, int]] = set()
    waiting = deque([folder])
    while waiting:
        for root, folders, files in os.walk(waiting.popleft(), onerror=unreadable):
            status = Path(root).stat()
            if (status.st_dev, status.st_ino) in seen:
                folders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            folders.sort()
            for link in (Path(root, name) for name in folders):
                if not link.is_symlink():
                    continue
                if link.resolve() in folder.resolve().parents:
                    reject("link", link, "leads to a folder above, which holds all of this one. Remove it, or ingest that folder.")
                else:
                    waiting.append(link)
            for path in (Path(root, name) for name in files):
                if path.name.lower().endswith(".hea"):
                    headers.append(path)
                elif path.suffix.lower() not in WFDB_SUFFIXES and _is_broken(path):
                    reject("link", path, "leads nowhere. Mend or remove it; what lay behind it is not read.")
    if not headers:
        found = "".join(f"\n  {rejection.reported().record}: {rejection.reason}" for rejection in rejected)
        raise DataError(f"{printable(str(folder))}: no WFDB header (*.hea) in it or below it.{found}")
    return tuple(sorted(headers)), tuple(sorted(rejected, key=lambda rejection: rejection.file))


def _is_broken(path: Path) -> bool:
    """Whether it is a link that leads nowhere, in a circle, or where this account may not look."""
    try:
        path.stat()
    except OSError:
        return True
    return False
