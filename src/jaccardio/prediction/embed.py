"""Frozen ECG features for other people's models, as one Parquet file."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jaccardio.cohort.id_table import IdTable
from jaccardio.cohort.store import Store
from jaccardio.files import write_atomic
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for


def write_embeddings(
    predictor: Predictor,
    store: Store,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    id_table: IdTable | None = None,
) -> tuple[int, int]:
    """Writes ``recording_id``, ``patient_key`` and ``embedding`` (a list of d float32) for every record of a store.

    Parameters
    ----------
    id_table
        Adds ``path``.

    Returns
    -------
    Number of records and d.
    """
    features = predictor.embed(windows_for(predictor, store, np.arange(len(store)), progress))
    columns = {
        "recording_id": pa.array(store.ids.tolist(), pa.string()),
        "patient_key": pa.array(store.records["patient_key"].tolist(), pa.string()),
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(features.reshape(-1)), features.shape[1]),
    }
    if id_table is not None:
        columns["path"] = pa.array(id_table.paths_of(store.ids), pa.string())
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, write_page_checksum=True)
    write_atomic(out, buffer.getvalue())
    return features.shape
