"""The number of threads is never more than are idle, and stays where it is fixed."""

import os

import pytest
import torch

from jaccardio import threads
from jaccardio.threads import Others, cores, fix_threads, idle_cores, use_idle_cores

pytestmark = pytest.mark.usefixtures("free_threads")


@pytest.mark.parametrize(("fixed", "used"), [(None, 2), (3, 3)])
def test_work_begins_on_idle_cores_unless_the_number_is_fixed(monkeypatch: pytest.MonkeyPatch, fixed: int | None, used: int) -> None:
    monkeypatch.setattr(threads, "cores", lambda: set(range(8)))
    monkeypatch.setattr(Others, "busy", lambda _: 6.0)
    torch.set_num_threads(8)
    if fixed:
        fix_threads(fixed)
    use_idle_cores()
    assert torch.get_num_threads() == used
    assert threads.fixed_threads() == bool(fixed)


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
