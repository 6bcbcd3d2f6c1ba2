"""Durable files."""

import os
from pathlib import Path

import pytest

from jaccardio.errors import UsageError
from jaccardio.files import write_atomic


def test_a_pipe_or_device_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="pipe"):
        write_atomic(pipe, b"x")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
