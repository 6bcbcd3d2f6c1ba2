"""`Store`: ingested ECGs and their labels on disk, read by row and checked on every read.

Layout of the folder:

    shards/shard-00000.i16     the first window of 1,024 records each, int16 (12, samples), 1 count = 1 microvolt, little-endian
    further/shard-00000.i16    the further windows of recordings longer than one, if there are any
    records.parquet            one row a recording: id, patient key, codes as the source states them, waveform hash, what of the window
                               was recorded, places and CRC-32
    measurements.parquet       one row a recording, one column a measurement: null = unknown
    quality.parquet            one row a recording, one column a check of quality: null = unknown
    labels-<sha256>.parquet    one row a recording, one nullable int8 column a finding: null = unknown; named by its content
    manifest.json              written last: contract, checks, vocabulary, rejected and unmapped, SHA-256 of every file
    split.json                 the current split, if one was made

A store that was appended to has further shards, the last of each append filled in part, and both tables under names by their content.
A folder without manifest is no store: whatever was interrupted before the manifest is done again, never half-used.
"""

import hashlib
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from jaccardio.checksums import MANIFEST, is_sealed
from jaccardio.errors import DataError
from jaccardio.files import no_such_folder, read_json, sha256_file
from jaccardio.findings.labels import UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.parquet import frame_of, read_parquet
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import SignalContract, dequantise
from jaccardio.recording.windows import Windows

FORMAT = 3
RECORDS_PER_SHARD = 1024
FIRST_WINDOWS, FURTHER_WINDOWS = "shards", "further"
RECORDS = "records.parquet"
MEASURED = "measurements.parquet"
CHECKED = "quality.parquet"
COUNTS = np.dtype("<i2")

_PANDAS_TYPES = {pa.string(): pd.StringDtype(), pa.int32(): pd.Int32Dtype()}  # the columns that may hold null


def shard_file(folder: str, shard: int) -> str:
    """Name of a shard of first or further windows, relative to the store."""
    return f"{folder}/shard-{shard:05d}.i16"


def table_file(manifest: Mapping[str, Any], name: str) -> str:
    """File of a table, `RECORDS` or `MEASURED`, in the store of a manifest."""
    return str(manifest.get("tables", {}).get(name, name))


def unfinished_store(store: Path) -> Path:
    """Where a store is written until it is whole."""
    return store.parent / f".{store.name}.partial"


@dataclass(frozen=True, eq=False)
class Store:
    """Ingested recordings with signals, records table and labels, all in one order: the row.

    Attributes
    ----------
    path
        The folder.
    manifest
        The whole manifest.
    contract
        How every signal was resampled and cut; the same is done at prediction.
    vocabulary
        The findings of the label matrix.
    records
        One row a recording: recording_id, patient_key, database, fold, site, device, age, sex, year, scp_source, waveform (hash of
        the measured signal), lead_mask (bit i = lead i), recorded (samples of the window), flags, present, absent, closed, report_phrases
        (codes of what the report says, null without one), and where the windows stand (place, further) with their CRC-32.
    labels
        (records, findings) int8: 1 present, 0 absent, -1 unknown.
    """

    path: Path
    manifest: dict[str, Any]
    contract: SignalContract
    vocabulary: Vocabulary
    records: pd.DataFrame
    labels: NDArray[np.int8]

    @property
    def title(self) -> str:
        """Where its ECGs come from: ``corpus challenge; database chapman_shaoxing, ningbo``."""
        return f"corpus {self.manifest['corpus']}; database {', '.join(sorted(self.records['database'].unique()))}"

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Opens a finished store; compares the size of every file and the SHA-256 of both tables with the manifest.

        Raises
        ------
        UsageError
            There is no such folder.
        DataError
            There is no finished store in it, or a file is missing, damaged, or of another version.
        """
        path = Path(path)
        if unfinished_store(path).exists():
            raise DataError(f"{path}: no finished store, its ingest did not end. Run `jaccardio ingest` again with the same arguments.")
        if not path.exists():
            raise no_such_folder(path)
        if not (path / MANIFEST).is_file():
            raise DataError(f"{path}: no finished store (it has no {MANIFEST}). Run `jaccardio ingest` again with the same arguments.")
        manifest = read_json(path / MANIFEST)
        if not is_sealed(manifest):
            raise DataError(f"{path / MANIFEST}: the manifest is damaged. Delete the store and run `jaccardio ingest` again.")
        if manifest["format"] != FORMAT:
            raise DataError(f"{path}: store format {manifest['format']}, this version reads format {FORMAT}. Run `jaccardio ingest` again.")
        for name, entry in manifest["files"].items():
            found = (path / name).stat().st_size if (path / name).is_file() else None
            if found != entry["bytes"]:
                state = "is missing" if found is None else f"has {found:,} bytes"
                raise _damaged(path / name, f"{state}, the manifest says {entry['bytes']:,} bytes")
        vocabulary = Vocabulary.from_dict(manifest["vocabulary"])
        records = frame_of(_read_table(path, table_file(manifest, RECORDS), manifest), _PANDAS_TYPES.get)
        columns = _read_table(path, manifest["labels"], manifest).select(vocabulary.codes).columns
        known = [column.cast(pa.int8()).fill_null(UNKNOWN).to_numpy() for column in columns]
        labels = np.ascontiguousarray(np.stack(known, axis=1), dtype=np.int8)
        return cls(path, manifest, SignalContract.from_dict(manifest["contract"]), vocabulary, records, labels)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def fingerprint(self) -> str:
        """SHA-256 that changes with any signal, record, label, vocabulary or contract."""
        return str(self.manifest["sha256"])

    def table(self, name: str) -> pa.Table:
        """`RECORDS` or `MEASURED` as stored.

        Raises
        ------
        DataError
            The file is damaged.
        """
        return _read_table(self.path, table_file(self.manifest, name), self.manifest)

    @cached_property
    def ids(self) -> NDArray[np.str_]:
        """(records,) recording ids."""
        return np.asarray(self.records["recording_id"].tolist(), dtype=np.str_)

    @cached_property
    def _row_by_id(self) -> dict[str, int]:
        return {identifier: row for row, identifier in enumerate(self.ids.tolist())}

    def rows_of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Rows of recordings by id, in the order asked.

        Raises
        ------
        DataError
            The store has no such recording.
        """
        missing = [identifier for identifier in ids if identifier not in self._row_by_id]
        if missing:
            raise DataError(
                f"{self.path}: {len(missing)} of {len(ids)} recording ids are not in this store, the first is {missing[0]}. "
                "The ids belong to another store."
            )
        return np.fromiter((self._row_by_id[identifier] for identifier in ids), dtype=np.int64, count=len(ids))

    def counts(self, rows: NDArray[np.int64]) -> NDArray[np.int16]:
        """First windows as stored: (len(rows), 12, samples) int16, 1 microvolt a count; each one's CRC-32 is checked.

        Raises
        ------
        DataError
            A shard is missing or truncated, or a window's bytes are not those that were written.
        """
        places, checksums = (self.records[name].to_numpy(np.int64)[rows] for name in ("place", "crc32"))
        return self._read(FIRST_WINDOWS, rows, places, checksums)

    def chosen_counts(self, rows: NDArray[np.int64], windows: NDArray[np.int64]) -> NDArray[np.int16]:
        """One window of each row by its number, 0 the first; else as `counts`."""
        counts = self.counts(rows)
        others = np.flatnonzero(windows)
        if len(others):
            chosen = [(self._further[rows[i]][windows[i] - 1]) for i in others]
            counts[others] = self._read(FURTHER_WINDOWS, rows[others], *np.array(chosen, dtype=np.int64).T)
        return counts

    def signals(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """First windows of some rows: (len(rows), 12, samples) float32, millivolt; raises as `counts` does."""
        return dequantise(self.counts(rows))

    def all_counts(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """All windows of some rows as stored, those of a row one after the other, and the place in `rows` of each; else as `counts`."""
        first, per_ecg = self.counts(rows), self.windows_per_record[rows]
        ecg = np.repeat(np.arange(len(rows)), per_ecg)
        begins = np.cumsum(per_ecg) - per_ecg
        counts = np.empty((len(ecg), *first.shape[1:]), dtype=COUNTS)
        counts[begins] = first
        further = np.setdiff1d(np.arange(len(ecg)), begins)
        if len(further):
            places = np.array([place for row in rows for place in self._further.get(int(row), [])], dtype=np.int64)
            counts[further] = self._read(FURTHER_WINDOWS, rows[ecg[further]], *places.T)
        return counts, ecg

    def windows(self, rows: NDArray[np.int64]) -> Windows:
        """All windows of some rows, with their measurements; raises as `counts` and `measurements` do."""
        counts, ecg = self.all_counts(rows)
        return Windows(dequantise(counts), self.recorded[rows][ecg], ecg, self.lead_masks[rows], self.measurements[rows])

    @cached_property
    def recorded(self) -> NDArray[np.int64]:
        """(records,) samples at the beginning of each window that were recorded."""
        return np.asarray(self.records["recorded"], dtype=np.int64)

    @cached_property
    def lead_masks(self) -> NDArray[np.bool_]:
        """(records, 12) which leads were measured or derived."""
        bits = np.asarray(self.records["lead_mask"], dtype=np.int64)[:, None] >> np.arange(len(LEADS)) & 1
        return np.asarray(bits, dtype=np.bool_)

    @cached_property
    def measurements(self) -> NDArray[np.float32]:
        """(records, measurements) in the order of `MEASUREMENTS`; NaN where unknown.

        Raises
        ------
        DataError
            The file is damaged, or was written by a version that measured other things.
        """
        return self._numbers(MEASURED, MEASUREMENTS)

    @cached_property
    def quality(self) -> NDArray[np.float32]:
        """(records, checks) in the order of `jaccardio.recording.checks.table.CHECKS`; NaN where unknown. Raises as `measurements` does."""
        return self._numbers(CHECKED, CHECKS)

    def _numbers(self, name: str, columns: Iterable[str]) -> NDArray[np.float32]:
        """(records, columns) of a table of numbers, NaN for null."""
        table = self.table(name) if table_file(self.manifest, name) in self.manifest["files"] else None
        if table is None or table.column_names != list(columns):
            raise DataError(f"{self.path / name}: measured by another version of jaccardio. Run `jaccardio ingest` again.")
        return np.stack([column.to_numpy(zero_copy_only=False) for column in table.columns], axis=1).astype(np.float32)

    @cached_property
    def report_phrases(self) -> list[tuple[str, ...] | None]:
        """(records,) codes of what each report says (`jaccardio.findings.report_phrases`); None without a report."""
        return [None if codes is None else tuple(codes) for codes in self.records["report_phrases"]]

    @cached_property
    def windows_per_record(self) -> NDArray[np.int64]:
        """(records,) number of windows; a recording longer than one has several."""
        return np.asarray([1 + len(places) for places in self.records["further"]], dtype=np.int64)

    @cached_property
    def _further(self) -> dict[int, list[tuple[int, int]]]:
        """Place and CRC-32 of the further windows of the rows that have any."""
        columns = self.records[["further", "further_crc32"]]
        return {
            int(row): list(zip(*(columns[name].iloc[row].tolist() for name in columns), strict=True))
            for row in np.flatnonzero(self.windows_per_record > 1)
        }

    def _read(self, folder: str, rows: NDArray[np.int64], places: NDArray[np.int64], checksums: NDArray[np.int64]) -> NDArray[np.int16]:
        """Windows (len(rows), 12, samples) by their places in the shards of a folder; `rows` name the records in messages."""
        counts = np.empty((len(rows), len(LEADS), self.contract.samples), dtype=COUNTS)
        size = counts[0].nbytes if len(rows) else 0
        shards, within = np.divmod(places, RECORDS_PER_SHARD)
        for shard in np.unique(shards):
            file = self.path / shard_file(folder, int(shard))
            try:
                handle = os.open(file, os.O_RDONLY)
            except FileNotFoundError as error:
                raise _damaged(file, "is missing") from error
            try:
                for position in np.flatnonzero(shards == shard):
                    target = counts[position]
                    read = os.preadv(handle, [target.data], int(within[position]) * size)
                    if read != size or zlib.crc32(target.data) != checksums[position]:
                        raise _damaged(file, f"the record {self.ids[rows[position]]} is not as it was written")
            finally:
                os.close(handle)
        return counts

    def verify(self) -> None:
        """Compares the SHA-256 of every file with the manifest.

        Raises
        ------
        DataError
            A file is not as it was written.
        """
        for name, entry in self.manifest["files"].items():
            if sha256_file(self.path / name) != entry["sha256"]:
                raise _damaged(self.path / name, "its SHA-256 is not the one in the manifest")


def _read_table(path: Path, name: str, manifest: dict[str, Any]) -> pa.Table:
    data = (path / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != manifest["files"][name]["sha256"]:
        raise _damaged(path / name, "its SHA-256 is not the one in the manifest")
    return read_parquet(data)


def _damaged(file: Path, reason: str) -> DataError:
    return DataError(f"{file}: the store is damaged: {reason}. Restore the file from a copy, or delete the store and ingest again.")
