"""`StepChoice`: how training steps are computed on this machine, chosen by the time that they take and looked at again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from jaccardio.threads import Others, cores, fixed_threads, most_threads

LOOK_EVERY = 300
ROUNDS = 4
"""Steps between two looks at the machine, and how often a look tries each way; the first time does not count."""

SLOWER = 1.1
"""Times that the fastest number of threads takes: one that takes longer ends the search, what takes less may be chance."""

_Way = tuple[int, bool]


class StepChoice:
    """The number of torch's threads, and the layout of the encoder's maps in memory, channels-last or not.

    Tried are as many threads as cores are free, at most those that torch had at first (``OMP_NUM_THREADS``), then half as many and so on
    until steps take longer, and then the best number with maps that do not lie channels-last. Where `jaccardio.threads.fix_threads` was
    called, nothing is tried.

    Parameters
    ----------
    both_layouts
        Whether the second layout is tried.
    """

    def __init__(self, *, both_layouts: bool = False) -> None:
        self._both = both_layouts
        self._others, self._steps = Others(), 0
        self._trials: Iterator[_Way] = iter(())
        self._taken: dict[_Way, float] = {}

    @contextmanager
    def step(self) -> Iterator[bool]:
        """Around each step; gives whether its maps lie channels-last."""
        import torch

        if fixed_threads():
            yield True
            return
        if self._steps % LOOK_EVERY == 0:
            self._look()
        self._steps += 1
        trial = next(self._trials, None)
        threads, channels_last = way = trial or self.chosen
        torch.set_num_threads(threads)
        began = time.perf_counter()
        yield channels_last
        if trial is not None:
            taken = time.perf_counter() - began
            self._taken[way] = min(taken, self._taken[way]) if way in self._taken else float("inf")  # the first is a warm-up

    @property
    def chosen(self) -> tuple[int, bool]:
        """Threads, and whether maps lie channels-last, of the last look; what torch has where there was none."""
        import torch

        return min(self._taken, key=self._taken.__getitem__) if self._taken else (torch.get_num_threads(), True)

    def _look(self) -> None:
        self._taken = {}
        self._trials = self._tried(max(1, min(most_threads(), round(len(cores()) - self._others.busy()))))

    def _tried(self, threads: int) -> Iterator[_Way]:
        while threads:
            yield from [(threads, True)] * ROUNDS
            if self._taken[threads, True] > SLOWER * min(self._taken.values()):
                break  # fewer would be slower still
            threads //= 2
        if self._both:
            yield from [(self.chosen[0], False)] * ROUNDS
