"""How a study tells how far each of its parts has come."""

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Receives how much of one part is done, of how much, and what to show beside it."""

    def __call__(self, done: int, total: int, text: str = "", /) -> None: ...


Watch = Callable[[str], Progress]
"""Gives a `Progress` for a part of the study by its name; parts may run side by side."""


def unwatched(what: str) -> Progress:
    """The `Watch` of who does not look."""
    return lambda done, total, text="": None
