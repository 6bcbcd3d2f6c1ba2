"""Parquet, read and written by the calling thread alone.

Arrow's own threads may outlive the work and abort or hang a process that has done everything while it ends
(https://github.com/apache/arrow/issues/34314, https://github.com/apache/arrow/issues/50482): none are started here.
"""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def parquet_bytes(table: pa.Table | pd.DataFrame) -> bytes:
    """A table as Parquet with page checksums; the index of a frame is left out."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False, nthreads=1)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, write_page_checksum=True, compression="zstd")
    return buffer.getvalue()


def read_parquet(source: bytes | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A table, or some of its columns.

    Raises
    ------
    pyarrow.ArrowException, OSError
        It cannot be read, or a page is not as it was written.
    """
    readable = pa.BufferReader(source) if isinstance(source, bytes) else source
    with pq.ParquetFile(readable, page_checksum_verification=True, pre_buffer=False) as file:
        return file.read(None if columns is None else list(columns), use_threads=False)


def frame_of(table: pa.Table, types: Callable[[pa.DataType], Any] | None = None) -> pd.DataFrame:
    """A table as a frame without an index of its own; `types` gives the pandas type of some of Arrow's."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=types, ignore_metadata=True, use_threads=False)
    return frame
