"""One process at a time writes a folder: a lock on a file, released by the system when its process ends, however it ends.

POSIX systems lock by ``flock``, Windows by ``msvcrt.locking``. Where neither exists, or the file system has no locks, work goes on without
one and says so.
"""

import errno
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jaccardio.errors import UsageError

LOCK = ".lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF)
"""What a file system answers that cannot lock."""

logger = logging.getLogger(__name__)


@contextmanager
def locked(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Holds the lock of a file, which is made now and removed afterwards.

    Parameters
    ----------
    what
        What is written meanwhile, for the message.
    wait
        Until another process has released it, instead of raising.

    Raises
    ------
    UsageError
        Another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _acquire(path, what, wait)
    try:
        yield
    finally:
        if sys.platform != "win32":
            path.unlink(missing_ok=True)  # while it is held: who waits for this file finds it gone and takes the next
        os.close(handle)
        if sys.platform == "win32":
            with suppress(OSError):  # another process has it open already
                path.unlink(missing_ok=True)


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Lets no other process write a folder meanwhile, and first removes what killed writes left in it and its sub-folders.

    Folders that are made for this and stay empty are removed again.

    Raises
    ------
    UsageError
        Another process is writing the folder.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        with locked(folder / LOCK, str(folder)):
            remove_unfinished(folder)
            for inner in folder.iterdir():
                if inner.is_dir():
                    remove_unfinished(inner)
            yield
    finally:
        with suppress(OSError):
            for path in made:
                path.rmdir()


def remove_unfinished(folder: Path, name: str = "*") -> None:
    """Removes what killed writes of `name` left in a folder; only for who holds its lock."""
    for left in folder.glob(f".{name}.*.tmp"):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _acquire(path: Path, what: str, wait: bool) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(handle, wait)
        except BlockingIOError as error:
            os.close(handle)
            raise UsageError(f"{what}: another process is writing it. Wait for it, or choose another folder.") from error
        except OSError as error:
            if error.errno not in NO_LOCKS:
                os.close(handle)
                raise
            logger.warning("%s: the file system has no locks; see to it that no other process writes it meanwhile.", what)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)  # removed by its holder between our opening and locking it: take the one that stands there now


def _lock(handle: int, wait: bool) -> None:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(errno.EWOULDBLOCK, "locked") from error
        return
    try:
        import fcntl
    except ImportError as error:
        raise OSError(errno.ENOSYS, "no locks") from error
    fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
