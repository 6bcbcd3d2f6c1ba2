"""`read_confined`: reading in a process of its own that can be ended, so that no file hangs, exhausts or crashes the program."""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording

Reader = Callable[[Path, str], Recording]
"""Of a path, and the name of the record for messages and as id."""

SECONDS = 1.0
"""Of computing that any file may take."""

BYTES_PER_SECOND = 2**22
"""A large file may take a second more for each of these."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from jaccardio.recording.readers.worker import serve; serve()"
_TIMERS = (-signal.SIGPROF, -signal.SIGALRM)


class _Worker:
    """One process, started at the first file, used for all further ones, and started again after it had to be ended.

    A fresh interpreter by its command line: a program's own main module is not run in it, as `multiprocessing` would.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes] | int:
        """The answer and the bytes of its arrays, or the exit status where the process ended."""
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
                document = json.loads(line) if line.endswith(b"\n") else None
                arrays = b""
                if document is not None and "sampling_rate" in document:
                    samples = int(document.pop("samples"))
                    arrays = process.stdout.read(len(LEADS) * (4 * samples + 1))
                    document = document if len(arrays) == len(LEADS) * (4 * samples + 1) else None
            except BrokenPipeError:
                document = None
            except BaseException:  # Ctrl-C: what is still to come would be taken for the next file's
                self.end()
                raise
            return (document, arrays) if document is not None else self.end()

    def end(self) -> int:
        """Ends the process, if it runs in the name of this one; returns its exit status."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return 0
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):  # what it did not take stays unsaid
                stream.close()
        try:
            return process.wait(timeout=0.5)  # a process at rest ends with its input
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.end()
            self._owner = os.getpid()  # a fork has its parent's pipes, and must not read from them
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # libraries print names of patients
                start_new_session=True,  # Ctrl-C is the program's
            )
        return self._process


_worker = _Worker()
atexit.register(_worker.end)


def read_confined(read: Reader, modules: Sequence[str], path: Path, size: int, record: str) -> Recording:
    """Calls a reader in the worker.

    Parameters
    ----------
    read
        A function of a module.
    modules
        What it imports, so that this does not count as the file's time.
    size
        Of the file, bytes.
    record
        As `Reader`.

    Raises
    ------
    ReadError
        The reader's own; or it took longer or more memory than a file may, failed or crashed.
    """
    request = {
        "module": read.__module__,
        "function": read.__name__,
        "imports": list(modules),
        "path": os.path.abspath(path),  # noqa: PTH100 - of a path with links Path.absolute is the same, but keeps ".."
        "seconds": SECONDS + size / BYTES_PER_SECOND,
        "record": record,
    }
    answer = _worker.ask(request)
    if isinstance(answer, int):
        remedy = "Export the ECG again, or convert it with the tool of its maker."
        if answer in _TIMERS:
            raise ReadError(record, "file", f"took longer than {request['seconds']:.3g} s to read", remedy)
        raise ReadError(record, "file", f"its reader was ended by the system (status {answer})", remedy)
    document, arrays = answer
    if "error" in document:
        raise ReadError(*document["error"])
    if "failed" in document:
        raise ReadError(record, "file", document["failed"], "Export the ECG again.")
    split = len(arrays) - len(LEADS)
    signals, mask = np.frombuffer(bytearray(arrays[:split]), np.float32), np.frombuffer(bytearray(arrays[split:]), np.bool_)
    facts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}
    return Recording(signals.reshape(len(LEADS), -1), lead_mask=mask, **facts)
