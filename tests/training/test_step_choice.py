"""Threads and layouts are chosen by what steps take; of threads never more than are free or allowed."""

import time

import pytest
import torch

from jaccardio import threads
from jaccardio.threads import Others, fix_threads, use_idle_cores
from jaccardio.training import step_choice
from jaccardio.training.step_choice import LOOK_EVERY, ROUNDS, StepChoice

pytestmark = pytest.mark.usefixtures("free_threads")


class Clock:
    """A step takes as many seconds as are said of the threads that it has, times a factor where maps do not lie channels-last."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], allowed: int, busy: float = 0.0, contiguous: float = 1.0
    ) -> None:
        self.now, self.seconds, self.busy, self.contiguous = 0.0, seconds, busy, contiguous
        self.threads, self.layouts = list[int](), list[bool]()
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(threads, "cores", lambda: set(range(8)))
        monkeypatch.setattr(step_choice, "cores", lambda: set(range(8)))
        monkeypatch.setattr(Others, "busy", lambda _: self.busy)
        torch.set_num_threads(allowed)

    def run(self, choice: StepChoice, steps: int) -> list[int]:
        self.threads, self.layouts = [], []
        for _ in range(steps):
            with choice.step() as channels_last:
                self.threads.append(torch.get_num_threads())
                self.layouts.append(channels_last)
                self.now += self.seconds[self.threads[-1]] * (1 if channels_last else self.contiguous)
        return self.threads


@pytest.mark.parametrize(
    ("seconds", "tried", "best"),
    [
        ({1: 4, 2: 3, 4: 2, 8: 5}, [8, 4, 2], 4),
        ({1: 1, 2: 3, 4: 9, 8: 9}, [8, 4, 2, 1], 1),
        ({1: 8, 2: 4, 4: 2, 8: 1}, [8, 4], 8),
    ],
)
def test_the_fastest_is_kept_until_the_next_look(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], tried: list[int], best: int
) -> None:
    clock = Clock(monkeypatch, seconds, allowed=8)
    choice = StepChoice()
    used = clock.run(choice, LOOK_EVERY)
    trials = ROUNDS * len(tried)
    assert used[:trials] == [threads for threads in tried for _ in range(ROUNDS)]
    assert set(used[trials:]) == {best}
    assert all(clock.layouts)
    clock.seconds = {1: 9, 2: 1, 4: 9, 8: 9}
    assert clock.run(choice, LOOK_EVERY)[-1] == 2


@pytest.mark.parametrize(("allowed", "contiguous", "kept"), [(2, 0.8, False), (2, 1.2, True), (1, 0.8, False)])
def test_the_other_layout_is_tried_with_the_best_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, allowed: int, contiguous: float, kept: bool
) -> None:
    clock = Clock(monkeypatch, {1: 2, 2: 1}, allowed, contiguous=contiguous)
    clock.run(StepChoice(both_layouts=True), LOOK_EVERY)
    tried = allowed * ROUNDS  # of two threads also one
    assert clock.layouts[:tried] == [True] * tried
    assert clock.layouts[tried : tried + ROUNDS] == [False] * ROUNDS
    assert set(clock.threads[tried:]) == {allowed}
    assert set(clock.layouts[tried + ROUNDS :]) == {kept}


@pytest.mark.parametrize(("allowed", "busy", "most"), [(3, 0.0, 3), (8, 5.9, 2), (8, 30.0, 1)])
def test_never_more_than_are_allowed_or_free(monkeypatch: pytest.MonkeyPatch, allowed: int, busy: float, most: int) -> None:
    clock = Clock(monkeypatch, {count: 1 / count for count in range(1, 9)}, allowed, busy)
    assert max(clock.run(StepChoice(), 2 * LOOK_EVERY)) == most


def test_a_fixed_number_is_never_changed_and_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, {count: 1 / count for count in range(1, 9)}, allowed=8, contiguous=0.1)
    fix_threads(3)
    assert set(clock.run(StepChoice(both_layouts=True), LOOK_EVERY + 5)) == {3}
    assert all(clock.layouts)


def test_work_begins_on_idle_cores_and_may_take_more_later(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, {count: 1 / count for count in range(1, 9)}, allowed=8, busy=6.0)
    use_idle_cores()
    assert torch.get_num_threads() == 2
    clock.busy = 0.0
    assert max(clock.run(StepChoice(), LOOK_EVERY)) == 8
