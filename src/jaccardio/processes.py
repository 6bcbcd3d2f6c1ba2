"""Worker processes that never outlive the program that started them."""

import multiprocessing
import os
import signal
import threading


def end_with_parent() -> None:
    """Called first in a spawned worker: ends it when its parent is killed, and leaves Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
