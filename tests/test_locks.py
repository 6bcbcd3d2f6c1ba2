"""One process at a time writes a folder."""

import errno
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from jaccardio.errors import UsageError
from jaccardio.locks import LOCK, locked, own_folder


def _hold(folder: Path, sender: Connection) -> None:
    with own_folder(folder):
        (folder / ".half.json.abcdefgh.tmp").write_text("half")
        sender.send(True)
        signal.pause()


def test_two_owners_exclude_each_other(tmp_path: Path) -> None:
    with own_folder(tmp_path / "run"):
        with pytest.raises(UsageError, match="another process is writing"), own_folder(tmp_path / "run"):
            pass
        with own_folder(tmp_path / "other"):
            pass
    with own_folder(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []  # made for the locks and empty


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_owner_leaves_no_lock_and_its_half_files_go(tmp_path: Path) -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    owner = multiprocessing.get_context("spawn").Process(target=_hold, args=(tmp_path, sender))
    owner.start()
    assert receiver.recv()
    with pytest.raises(UsageError, match="another process"), own_folder(tmp_path):
        pass
    assert owner.pid is not None
    os.kill(owner.pid, signal.SIGKILL)
    owner.join()
    (tmp_path / "inner" / ".model.abcdefgh.tmp").mkdir(parents=True)
    (tmp_path / "inner" / ".model.abcdefgh.tmp" / "half").write_text("half")
    (tmp_path / ".mine").write_text("kept")
    with own_folder(tmp_path):
        assert sorted(path.name for path in tmp_path.rglob("*")) == [LOCK, ".mine", "inner"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine", "inner"]


def test_without_locks_work_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", refuse)
        with locked(tmp_path / "x.lock", "x"):
            pass
    assert "has no locks" in caplog.text
    caplog.clear()
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on a system without it
    with own_folder(tmp_path / "run"):
        pass
    assert "has no locks" in caplog.text
