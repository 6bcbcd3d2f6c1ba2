"""Worker processes that never outlive the program that started them, and leave Ctrl-C to it."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar

from jaccardio.errors import MissingError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_SPAWN = multiprocessing.get_context("spawn")


class WorkerPool(ProcessPoolExecutor):
    """A pool of such workers, each a fresh interpreter; leaving its ``with`` block, by whichever way, drops what no worker has begun.

    Raises
    ------
    MissingError
        A worker was ended from outside; raised on leaving the ``with`` block.
    """

    def __init__(self, workers: int) -> None:
        super().__init__(workers, mp_context=_SPAWN, initializer=_end_with_parent)

    def submit(self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Future[Result]:
        with _ctrl_c_held():  # a worker may be started now
            return super().submit(function, *args, **kwargs)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.shutdown(cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise MissingError(
                "a worker process was ended from outside, most likely for lack of memory. Run again with --jobs 1."
            ) from error


def start_worker(function: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Starts one such process, a fresh interpreter that calls `function`."""
    worker = _SPAWN.Process(target=_work, args=(function, arguments), daemon=True)
    with _ctrl_c_held():
        worker.start()
    return worker


def _work(function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    _end_with_parent()
    function(*arguments)


def _end_with_parent() -> None:
    """Called first in a worker: ends it when its parent is killed, and leaves Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Holds Ctrl-C back in this thread and in the processes that it starts, which would else meet it before they run a line of ours."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # when it starts it lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
