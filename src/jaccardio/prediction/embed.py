"""Frozen ECG features for other people's models, as one Parquet file."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jaccardio.cohort.id_table import IdTable
from jaccardio.cohort.store import Store
from jaccardio.files import write_atomic
from jaccardio.on_ray import RayPool, in_order
from jaccardio.parquet import parquet_bytes
from jaccardio.prediction.predictor import BATCH, Predictor
from jaccardio.prediction.store_signals import windows_for

UNIT = 8 * BATCH
"""ECGs that a worker takes at a time, in whole batches: their vectors are then those of one process."""


def write_embeddings(
    predictor: Predictor,
    store: Store,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    id_table: IdTable | None = None,
    ray: Path | None = None,
) -> tuple[int, int]:
    """Writes ``recording_id``, ``patient_key`` and ``embedding`` (a list of d float32) for every record of a store.

    Parameters
    ----------
    id_table
        Adds ``path``.
    ray
        Folder of the model, which workers of a Ray cluster read, and the store too; None: this process computes.

    Returns
    -------
    Number of records and d.
    """
    if ray is None:
        features = predictor.embed(windows_for(predictor, store, np.arange(len(store)), progress))
    else:
        features = _on_ray(ray.resolve(), store, progress)
    columns = {
        "recording_id": pa.array(store.ids.tolist(), pa.string()),
        "patient_key": pa.array(store.records["patient_key"].tolist(), pa.string()),
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(features.reshape(-1)), features.shape[1]),
    }
    if id_table is not None:
        columns["path"] = pa.array(id_table.paths_of(store.ids), pa.string())
    write_atomic(out, parquet_bytes(pa.table(columns)))
    return features.shape


def _on_ray(model: Path, store: Store, progress: Callable[[int, int], None] | None) -> NDArray[np.float32]:
    """Features (n, d) of a store by the cores of a cluster."""
    units, found = np.split(np.arange(len(store)), range(UNIT, len(store), UNIT)), []
    with RayPool() as pool:
        for features in in_order(pool, pool.workers, _features, units, model, store.path.resolve()):
            found.append(features)
            if progress is not None:
                progress(sum(map(len, found)), len(store))
    return np.concatenate(found)


def _features(rows: NDArray[np.int64], model: Path, store: Path) -> NDArray[np.float32]:
    predictor, opened = _opened(model, store)
    return predictor.embed(windows_for(predictor, opened, rows))


@lru_cache(maxsize=1)  # a worker takes many units
def _opened(model: Path, store: Path) -> tuple[Predictor, Store]:
    return Predictor.from_pretrained(model, "cpu"), Store.open(store)
