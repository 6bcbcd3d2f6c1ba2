"""Parquet without threads of Arrow's own."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from jaccardio.parquet import frame_of, parquet_bytes, read_parquet

COUNTED = """
import pandas as pd, pyarrow as pa
from pathlib import Path
from jaccardio.parquet import frame_of, parquet_bytes, read_parquet
frame = pd.DataFrame({f"column {number}": range(20_000) for number in range(20)})
pa.table({"warm": [1]})
before = {task.name for task in Path("/proc/self/task").iterdir()}
frame_of(read_parquet(parquet_bytes(frame)))
print(len({task.name for task in Path("/proc/self/task").iterdir()} - before))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts threads as Linux lists them")
def test_no_thread_is_left_that_could_abort_the_process_while_it_ends() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_what_was_written_is_read_and_damage_is_noticed(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["a", "b", None], "number": pd.array([1, None, 3], "Int8")}, index=[7, 8, 9])
    data = parquet_bytes(frame)
    assert read_parquet(data).column_names == ["name", "number"]
    assert read_parquet(data, ["number"]).to_pydict() == {"number": [1, None, 3]}
    (tmp_path / "t.parquet").write_bytes(data)
    found = frame_of(read_parquet(tmp_path / "t.parquet"), {pa.int8(): pd.Int8Dtype()}.get)
    assert found["number"].dtype == "Int8"
    assert found["name"].tolist()[:2] == ["a", "b"]
    damaged = bytearray(data)
    damaged[12] ^= 1
    with pytest.raises((pa.ArrowException, OSError)):
        read_parquet(bytes(damaged))
