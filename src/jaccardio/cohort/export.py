"""`export_store`: a store in the formats of other programs: Parquet, a folder that Hugging Face `datasets` loads, WFDB with a manifest.

One row, or record, is one window of an ECG in counts of 1 microvolt, as far as it was recorded. Unknown labels are null (empty in a
manifest) and leads that were not recorded are null (left out of WFDB): nobody can take them for absent or for a flat line.
"""

import csv
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jaccardio.cohort.data_card import data_card
from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import RECORDS, Store
from jaccardio.errors import UsageError
from jaccardio.findings.labels import UNKNOWN
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import quantise
from jaccardio.recording.windows import Windows
from jaccardio.recording.writers.wfdb import samples_interleaved, wfdb_header

ROWS = 256
"""ECGs that are read at a time."""

ROWS_PER_FILE = 16 * ROWS
KEPT = ("recording_id", "patient_key", "database", "fold", "site", "device", "age", "sex", "year")
EVERYTHING = "ecgs"
"""Part of a store without a split; `datasets` keeps the word all for itself."""


def export_store(path: Path, out: Path, to: str, progress: Callable[[int, int], None] | None = None) -> int:
    """Writes a store to a new folder, whole or not at all.

    Parameters
    ----------
    to
        Name in `FORMATS`.
    progress
        Called with (ECGs done, ECGs in all).

    Returns
    -------
    Number of ECGs.

    Raises
    ------
    UsageError
        There is no such format or store, or the place is taken.
    DataError
        The store is damaged.
    """
    if to not in FORMATS:
        raise UsageError(f"--to must be one of {', '.join(FORMATS)}, got {to!r}.")
    store = Store.open(path)
    if out.exists() or path.resolve() in out.resolve().parents:
        raise UsageError(f"{out}: there is something already, or it lies in the store. Name a new folder.")
    partial = out.parent / f".{out.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        done = 0
        for rows in FORMATS[to](store, partial):
            done += len(rows)
            if progress is not None:
                progress(done, len(store))
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return done


def _chunks(rows: NDArray[np.int64], size: int = ROWS) -> Iterator[NDArray[np.int64]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _parquet(store: Store, folder: Path) -> Iterator[NDArray[np.int64]]:
    yield from _files(store, np.arange(len(store)), folder, EVERYTHING)


def _hugging_face(store: Store, folder: Path) -> Iterator[NDArray[np.int64]]:
    """Parquet files of each part of the split, and the card that names them."""
    split = load_split(store)
    parts = {EVERYTHING: np.arange(len(store))} if split is None else {part: store.rows_of(ids) for part, ids in split.parts.items()}
    (folder / "data").mkdir()
    for part, rows in parts.items():
        yield from _files(store, rows, folder / "data", part)
    files = "".join(f"  - split: {part}\n    path: data/{part}-*.parquet\n" for part, rows in parts.items() if len(rows))
    (folder / "README.md").write_text(
        f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n\n"
        f"ECGs of a jaccardio store ({store.title}). One row is one window of an ECG: `signal`, a list of {len(LEADS)} leads\n"
        f"({', '.join(LEADS)}) in microvolt at {store.contract.sampling_rate:g} Hz, null where a lead was not recorded.\n"
        "Findings are 1 present, 0 absent, null unknown. For research only; check the licence of the source before you pass this on.\n\n"
        f"{data_card(store)}",
        encoding="utf-8",
    )


def _files(store: Store, rows: NDArray[np.int64], folder: Path, part: str) -> Iterator[NDArray[np.int64]]:
    for number, listed in enumerate(_chunks(rows, ROWS_PER_FILE)):
        writer: pq.ParquetWriter | None = None
        for chunk in _chunks(listed):
            table = _table(store, chunk)
            writer = writer or pq.ParquetWriter(folder / f"{part}-{number:05d}.parquet", table.schema, write_page_checksum=True)
            writer.write_table(table)
            yield chunk
        if writer is not None:
            writer.close()


def _table(store: Store, rows: NDArray[np.int64]) -> pa.Table:
    """One row a window of some ECGs."""
    windows = store.windows(rows)
    of = pa.array(windows.ecg)
    records = store.table(RECORDS).select(KEPT).take(pa.array(rows)).take(of)
    columns = {name: records[name] for name in KEPT}
    columns["window"] = pa.array(_window_numbers(windows.ecg), type=pa.int32())
    columns["sampling_rate"] = pa.array(np.full(len(windows.ecg), store.contract.sampling_rate))
    columns["signal"] = _signals(windows)
    labels = store.labels[rows][windows.ecg]
    for column, code in enumerate(store.vocabulary.codes):
        columns[code] = pa.array(labels[:, column], type=pa.int8(), mask=labels[:, column] == UNKNOWN)
    return pa.table(columns)


def _window_numbers(ecg: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of each window within its ECG, from 0."""
    return np.arange(len(ecg)) - np.searchsorted(ecg, ecg)


def _signals(windows: Windows) -> pa.Array:
    """(windows,) lists of twelve lists of int16; null for a lead that was not recorded."""
    counts, known = quantise(windows.signal), windows.lead_mask[windows.ecg]
    lengths = np.where(known, windows.recorded[:, None], 0).ravel()
    values = [counts[window, lead, : windows.recorded[window]] for window, lead in zip(*np.nonzero(known), strict=True)]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    leads = pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(values)), mask=pa.array(~known.ravel()))
    return pa.ListArray.from_arrays(pa.array(np.arange(len(counts) + 1, dtype=np.int32) * len(LEADS)), leads)


def _wfdb(store: Store, folder: Path) -> Iterator[NDArray[np.int64]]:
    """Records in format 16 below ``records/`` and a manifest that `jaccardio ingest` reads."""
    codes = store.vocabulary.codes
    records = store.records
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        manifest = csv.writer(file, lineterminator="\n")
        manifest.writerow(["path", "patient_id", "fold", "site", "age", "sex", "date", *codes])
        for rows in _chunks(np.arange(len(store))):
            windows = store.windows(rows)
            counts, numbers = quantise(windows.signal), _window_numbers(windows.ecg)
            for place, ecg in enumerate(windows.ecg.tolist()):
                row = int(rows[ecg])
                path = folder / f"records/{row // 1000:04d}/r{row:07d}-{numbers[place]}"
                path.parent.mkdir(parents=True, exist_ok=True)
                labels = {code: str(state) for code, state in zip(codes, store.labels[row], strict=True) if state != UNKNOWN}
                leads = np.flatnonzero(windows.lead_mask[ecg])
                comments = [f"{name}: {value}" for name, value in {"recording_id": records["recording_id"].iloc[row], **labels}.items()]
                own = counts[place][leads, : windows.recorded[place]]
                header = wfdb_header(path.name, [LEADS[lead] for lead in leads], own, store.contract.sampling_rate, "1000", comments)
                path.with_suffix(".dat").write_bytes(samples_interleaved(own))
                path.with_suffix(".hea").write_text(header, encoding="utf-8")
                known = records[["patient_key", "fold", "site", "age", "sex", "year"]].iloc[row]
                cells = ["" if pd.isna(value) else str(value) for value in known]
                manifest.writerow([path.relative_to(folder).as_posix(), *cells, *(labels.get(code, "") for code in codes)])
            yield rows


FORMATS: Mapping[str, Callable[[Store, Path], Iterator[NDArray[np.int64]]]] = {
    "hf": _hugging_face,
    "parquet": _parquet,
    "wfdb": _wfdb,
}
"""Writers by name: each writes into a folder and yields the rows it has done."""
