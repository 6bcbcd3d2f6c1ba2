"""A stand-in for Ray, which is too slow to start for a test."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest


class RayError(Exception):
    """As ray.exceptions.RayError."""


def stand_in(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Takes the place of the module ray, and does each unit when its result is asked for."""
    module = SimpleNamespace(units=[], running=False, exceptions=SimpleNamespace(RayError=RayError))

    def submit(function: Callable[..., Any]) -> Any:
        def remote(*arguments: Any) -> Callable[[], Any]:
            module.units.append(len(arguments[0]))
            return lambda: function(*arguments)

        return SimpleNamespace(remote=remote)

    module.is_initialized = lambda: module.running
    module.init = lambda **_: setattr(module, "running", True)
    module.shutdown = lambda: setattr(module, "running", False)
    module.cluster_resources = lambda: {"CPU": 2.0}
    module.remote = submit
    module.get = lambda reference: reference()
    monkeypatch.setitem(sys.modules, "ray", module)
    return module
