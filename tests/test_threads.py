"""Threads are chosen by what steps take, and never more than are free or allowed."""

import os
import time
from collections.abc import Iterator

import pytest
import torch

from jaccardio import threads
from jaccardio.threads import LOOK_EVERY, ROUNDS, Others, ThreadChoice, cores, fix_threads, idle_cores, use_idle_cores


@pytest.fixture(autouse=True)
def number_of_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    threads._most.cache_clear()
    monkeypatch.setattr(threads, "_fixed", False)
    yield
    torch.set_num_threads(before)
    threads._most.cache_clear()


class Clock:
    """A step takes as many seconds as are said of the threads that it has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], allowed: int, busy: float = 0.0) -> None:
        self.now, self.seconds, self.used, self.busy = 0.0, seconds, list[int](), busy
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(threads, "cores", lambda: set(range(8)))
        monkeypatch.setattr(Others, "busy", lambda _: self.busy)
        torch.set_num_threads(allowed)

    def run(self, choice: ThreadChoice, steps: int) -> list[int]:
        self.used = []
        for _ in range(steps):
            with choice.step():
                self.used.append(torch.get_num_threads())
                self.now += self.seconds[self.used[-1]]
        return self.used


@pytest.mark.parametrize(("seconds", "best"), [({1: 4, 2: 3, 4: 2, 8: 5}, 4), ({1: 1, 2: 3, 4: 9, 8: 9}, 1)])
def test_the_fastest_is_kept_until_the_next_look(monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], best: int) -> None:
    clock = Clock(monkeypatch, seconds, allowed=8)
    choice = ThreadChoice()
    used = clock.run(choice, LOOK_EVERY)
    tried = 4 * ROUNDS
    assert used[:tried] == [1, 2, 4, 8] * ROUNDS
    assert set(used[tried:]) == {best}
    clock.seconds = {1: 9, 2: 1, 4: 9, 8: 9}
    assert clock.run(choice, LOOK_EVERY)[-1] == 2


@pytest.mark.parametrize(("allowed", "busy", "most"), [(3, 0.0, 3), (8, 5.9, 2), (8, 30.0, 1)])
def test_never_more_than_are_allowed_or_free(monkeypatch: pytest.MonkeyPatch, allowed: int, busy: float, most: int) -> None:
    clock = Clock(monkeypatch, {count: 1 / count for count in range(1, 9)}, allowed, busy)
    assert max(clock.run(ThreadChoice(), 2 * LOOK_EVERY)) == most


@pytest.mark.parametrize("fixed", [3, None])
def test_a_fixed_number_is_never_changed(monkeypatch: pytest.MonkeyPatch, fixed: int | None) -> None:
    clock = Clock(monkeypatch, {count: 1 / count for count in range(1, 9)}, allowed=8 if fixed else 1)
    if fixed:
        fix_threads(fixed)
    use_idle_cores()
    assert set(clock.run(ThreadChoice(), LOOK_EVERY + 5)) == {fixed or 1}


def test_work_begins_on_idle_cores_and_may_take_more_later(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, {count: 1 / count for count in range(1, 9)}, allowed=8, busy=6.0)
    use_idle_cores()
    assert torch.get_num_threads() == 2
    clock.busy = 0.0
    assert max(clock.run(ThreadChoice(), LOOK_EVERY)) == 8


def test_our_own_work_is_not_that_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = iter([(0.0, 10.0, 1.0), (0.1, 10.0, 1.0), (2.0, 13.0, 3.0), (4.0, 15.0, 5.0)])
    monkeypatch.setattr(os, "getloadavg", lambda: (7.0, 0.0, 0.0))
    monkeypatch.setattr(Others, "_counters", staticmethod(lambda: next(counters)))
    others = Others()
    assert others.busy() == 7  # too early for the counters
    assert others.busy() == 0.5
    assert others.busy() == 0


def test_there_is_always_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= idle_cores() <= len(cores())
    monkeypatch.setattr(Others, "busy", lambda _: 1e3)
    assert idle_cores() == 1
