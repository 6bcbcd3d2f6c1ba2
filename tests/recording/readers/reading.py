"""Calls a format's two public functions by its name."""

from importlib import import_module
from pathlib import Path

from jaccardio.recording.recording import Recording


def recognises(name: str, head: bytes) -> bool:
    """``is_NAME``."""
    found: bool = getattr(import_module(f"jaccardio.recording.readers.{name}"), f"is_{name}")(head)
    return found


def read(name: str, path: Path, record: str = "a record") -> Recording:
    """``read_NAME``."""
    recording: Recording = getattr(import_module(f"jaccardio.recording.readers.{name}"), f"read_{name}")(path, record)
    return recording
