"""How long work tells how far it has come."""

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Receives how much is done, of how much, and what to show beside it."""

    def __call__(self, done: int, total: int, text: str = "", /) -> None: ...


Say = Callable[[str], None]
"""Receives one line for each stage of a study."""

Watch = Callable[[str], Progress]
"""Gives a `Progress` for a part of a study by its name; parts may run side by side."""


def unwatched(what: str) -> Progress:
    """The `Watch` of who does not look."""
    return lambda done, total, text="": None
