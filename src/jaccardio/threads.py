"""How many threads and processes to use on a machine that others use too.

Threads that wait for each other at every operation are slower than one where a core is busy: so their number is measured, not assumed. It
changes the rounding of sums (about 1e-7 of a score; of weights see docs/performance.md): who needs the same bits fixes it.
"""

import os
import time
from functools import cache
from pathlib import Path

LEAST_SECONDS = 0.5
"""Between two readings of the kernel's counters, which tick a hundred times a second."""

_STAT = Path("/proc/stat")


def cores() -> set[int]:
    """The cores that this process may run on."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


_fixed = False


def fix_threads(number: int) -> None:
    """Computes with so many threads from now on, whatever else the machine does: the same bits each time."""
    import torch

    global _fixed
    _fixed = True
    torch.set_num_threads(number)


def use_idle_cores() -> None:
    """Computes with as many threads as cores are idle, at most those that torch had when this was first asked for."""
    import torch

    if not _fixed:
        torch.set_num_threads(min(most_threads(), idle_cores()))


def fixed_threads() -> bool:
    """Whether `fix_threads` was called."""
    return _fixed


@cache
def most_threads() -> int:
    """Threads that torch had at first: its cores, or OMP_NUM_THREADS."""
    import torch

    return torch.get_num_threads()


class Others:
    """What others do on our cores, from one look to the next, by the kernel's counters; by the load average just after the last look."""

    def __init__(self) -> None:
        self._before = self._counters()

    def busy(self) -> float:
        """Cores that others kept busy since the last look."""
        now = self._counters()
        seconds, all_busy, own = (after - before for after, before in zip(now, self._before, strict=True))
        if seconds < LEAST_SECONDS:
            return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        self._before = now
        return max(0.0, (all_busy - own) / seconds)

    @staticmethod
    def _counters() -> tuple[float, float, float]:
        """Seconds: of the clock, that our cores were busy, and that this process and its children were."""
        own = sum(os.times()[:4])
        if not _STAT.is_file():
            return time.monotonic(), own, own
        wanted = {f"cpu{core}" for core in cores()}
        lines = [line.split() for line in _STAT.read_text().splitlines()]
        # user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user
        busy = sum(sum(map(int, line[1:4])) + sum(map(int, line[6:9])) for line in lines if line[0] in wanted)
        return time.monotonic(), busy / os.sysconf("SC_CLK_TCK"), own


_others = Others()
"""From the start of the program on."""


def idle_cores() -> int:
    """Cores, at least one, that others leave free: for work that has not begun."""
    return max(1, len(cores()) - round(_others.busy()))
