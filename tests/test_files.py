"""Durable files."""

import os
from pathlib import Path

import pytest

from jaccardio.errors import UsageError
from jaccardio.files import write_atomic, write_csv


def test_a_pipe_or_device_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="pipe"):
        write_atomic(pipe, b"x")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_table_keeps_the_bytes_of_names_that_are_no_utf_8(tmp_path: Path) -> None:
    write_csv(tmp_path / "ids.csv", [("path", "id"), (os.fsdecode(b"caf\xe9, 1"), 7)], private=True)
    assert (tmp_path / "ids.csv").read_bytes() == b'path,id\n"caf\xe9, 1",7\n'
    assert (tmp_path / "ids.csv").stat().st_mode & 0o777 == 0o600
