"""What the system refuses is said as what it is; an internal error is our fault only."""

import errno
import os
from pathlib import Path

import pytest

from jaccardio.recording import readers
from tests.conftest import Command


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (OSError(errno.EIO, os.strerror(errno.EIO), "a.hea"), 4, "a.hea: the disk reports an input/output error"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 4, "No space left"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "a.hea"), 4, "permissions"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE), "a.hea"), 4, "ulimit"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "a.hea"), 2, "Name another path"),
        (IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), "a.hea"), 2, "Name another path"),
        (MemoryError(), 4, "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes"), 4, "not enough memory"),
        (OSError("without a number"), 70, "internal error: OSError"),
        (RuntimeError("size mismatch"), 70, "internal error: RuntimeError"),
    ],
)
def test_what_the_system_refuses(
    jaccardio: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, said: str
) -> None:
    def fail(path: Path) -> None:
        raise error

    monkeypatch.setattr(readers, "read_ecg", fail)
    ended = jaccardio("inspect", tmp_path / "a.hea")
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err
