import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jaccardio.errors import MissingError
from jaccardio.processes import WorkerPool, start_worker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def _blocked() -> bool:
    """Whether Ctrl-C could not reach this process when it started."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def _write_blocked(path: Path) -> None:
    path.write_text(str(_blocked()))


def _die() -> None:
    os._exit(9)


def test_a_worker_meets_no_ctrl_c_not_even_while_it_starts(tmp_path: Path) -> None:
    """A signal that comes while it imports would end it with a traceback, and its parent would blame the memory."""
    with WorkerPool(1) as pool:
        assert pool.submit(_blocked).result()
    start_worker(_write_blocked, tmp_path / "blocked").join()
    assert (tmp_path / "blocked").read_text() == "True"
    assert not _blocked()


def test_a_worker_ended_from_outside_is_the_machines_fault() -> None:
    with pytest.raises(MissingError, match="lack of memory"), WorkerPool(1) as pool:
        pool.submit(_die).result()


def test_ctrl_c_ends_a_simulation_on_several_processes(tmp_path: Path) -> None:
    arguments = ["synth", str(tmp_path / "sites"), "--records", "20000", "--fs", "500", "--jobs", "2"]
    run = subprocess.Popen(
        [sys.executable, "-m", "jaccardio", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background of a shell inherit a deaf ear
    )
    while not list(tmp_path.glob("sites/*/**/*.hea")):
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal sends it: to the program and to its workers
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in said
