"""`Figure`: one measured number, beside what else it could have been."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SECONDS = 4.0
"""Each rate is measured for at least this long."""


@dataclass(frozen=True)
class Figure:
    """A row of what `jaccardio bench` prints.

    Attributes
    ----------
    baseline, ratio
        Value of the alternative, measured in the same run, and `value` over it; None where there is none.
    limit_share
        Share of the machine's measured limit.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    limit_share: float | None = None

    @classmethod
    def beside(cls, name: str, value: float, unit: str, baseline: float | None, limit_share: float | None = None) -> "Figure":
        """A figure and its baseline; without a ratio where that is nothing or none."""
        return cls(name, value, unit, baseline, value / baseline if baseline else None, limit_share)

    @property
    def line(self) -> str:
        """For people."""
        ratio = "" if self.ratio is None else f", {self.ratio:.3g} of {self.baseline:,.4g}"
        share = "" if self.limit_share is None else f", {self.limit_share:.1%} of the limit"
        return f"{self.name}: {self.value:,.4g} {self.unit}{ratio}{share}"


def once(run: Callable[[], object], items: int) -> float:
    """Items per second of one call."""
    began = time.perf_counter()
    run()
    return items / (time.perf_counter() - began)


def rate(run: Callable[[int], object], items: int, seconds: float | None = None, clock: Callable[[], float] = time.perf_counter) -> float:
    """Items per second over many calls, each with its number; the first is a warm-up."""
    run(0)
    began, rounds = clock(), 0
    while clock() - began < (SECONDS if seconds is None else seconds):
        rounds += 1
        run(rounds)
    return rounds * items / (clock() - began)


def least_seconds(runs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of CPU of one call of each, the least of some rounds; they are taken by turns, so that other work changes them least."""
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.process_time()
            run()
            least[name] = min(least[name], time.process_time() - began)
    return least
