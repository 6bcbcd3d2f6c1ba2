"""`StoreWriter`: writes a store beside its final place and moves it there when it is whole."""

import errno
import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jaccardio.checksums import MANIFEST, file_entry, seal
from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.store import (
    CHECKED,
    COUNTS,
    FIRST_WINDOWS,
    FORMAT,
    FURTHER_WINDOWS,
    MEASURED,
    RECORDS,
    RECORDS_PER_SHARD,
    Store,
    shard_file,
    unfinished_store,
)
from jaccardio.errors import MissingError, UsageError
from jaccardio.files import read_json, sync_folder, write_atomic, write_json
from jaccardio.findings.labels import UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.locks import locked
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.quality import Quality
from jaccardio.parquet import parquet_bytes
from jaccardio.recording.checks.table import CHECKS, Check, settings_of
from jaccardio.recording.preprocessing import Prepared, SignalContract

RECORDS_SCHEMA = pa.schema(
    [
        ("recording_id", pa.string()),
        ("patient_key", pa.string()),
        ("database", pa.string()),
        ("fold", pa.int32()),
        ("site", pa.string()),
        ("device", pa.string()),
        ("age", pa.float32()),
        ("sex", pa.string()),
        ("year", pa.int32()),
        ("scp_source", pa.string()),
        ("waveform", pa.string()),
        ("lead_mask", pa.int64()),
        ("recorded", pa.int64()),
        ("flags", pa.list_(pa.string())),
        ("present", pa.list_(pa.string())),
        ("absent", pa.list_(pa.string())),
        ("closed", pa.bool_()),
        ("report_phrases", pa.list_(pa.string())),
        ("place", pa.int64()),
        ("crc32", pa.int64()),
        ("further", pa.list_(pa.int64())),
        ("further_crc32", pa.list_(pa.int64())),
    ]
)
_FROM_SOURCE = [name for name in RECORDS_SCHEMA.names if name in Source.__dataclass_fields__]


class _Shards:
    """Windows, appended to new files of `RECORDS_PER_SHARD` below a folder of the store."""

    def __init__(self, root: Path, folder: str, files: dict[str, dict[str, Any]]) -> None:
        self._root, self._folder, self._files = root, folder, files
        self._file: BinaryIO | None = None
        self._written = sum(name.startswith(f"{folder}/") for name in files) * RECORDS_PER_SHARD  # a shard that is there stays as it is

    def append(self, counts: NDArray[np.int16]) -> tuple[int, int]:
        """Writes one window (12, samples); returns its place, counted over all shards, and its CRC-32."""
        place = self._written
        data = np.ascontiguousarray(counts, dtype=COUNTS).tobytes()
        if place % RECORDS_PER_SHARD == 0:
            self.close()
            path = self._root / shard_file(self._folder, place // RECORDS_PER_SHARD)
            path.parent.mkdir(exist_ok=True)
            self._file, self._digest = path.open("wb"), hashlib.sha256()
        assert self._file is not None
        self._file.write(data)
        self._digest.update(data)
        self._written += 1
        return place, zlib.crc32(data)

    def close(self) -> None:
        """Flushes the open shard to disk and notes its size and SHA-256."""
        if self._file is None:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        name = Path(self._file.name).relative_to(self._root).as_posix()
        self._files[name] = {"bytes": self._file.tell(), "sha256": self._digest.hexdigest()}
        self._file.close()
        self._file = None
        sync_folder(self._root / self._folder)

    def abandon(self) -> None:
        """Closes the open shard, whatever the disk says: the first error is the one to tell."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


class StoreWriter:
    """Context manager over the folder `.NAME.partial` beside the store: `add` recordings, then `finish`.

    `finish` moves the folder to its final name in one step. On an exception the partial folder is removed; what a killed
    process left is removed by the next one. Two writers of one store exclude each other.

    With `onto` the recordings go into new shards of that store, and `finish` replaces its manifest in one step: until then it is what it
    was, and what a killed process left beside its files is removed by the next one.

    Raises
    ------
    UsageError
        The store exists already, its place is taken by other files or cannot be written, or another process is writing it.
    MissingError
        The disk is full.
    """

    def __init__(self, store: Path, contract: SignalContract, checks: Mapping[str, Check] = CHECKS, onto: Store | None = None) -> None:
        self._store, self._contract, self._checks, self._onto = store, contract, checks, onto
        self._root = unfinished_store(store) if onto is None else store
        self._files: dict[str, dict[str, Any]] = {}
        if onto is not None:
            self._files = {name: entry for name, entry in onto.manifest["files"].items() if name.endswith(".i16")}
        self._columns: dict[str, list[Any]] = {name: [] for name in RECORDS_SCHEMA.names}
        self._measurements: list[NDArray[np.float32]] = []
        self._quality: list[NDArray[np.float32]] = []
        self._first = _Shards(self._root, FIRST_WINDOWS, self._files)
        self._further = _Shards(self._root, FURTHER_WINDOWS, self._files)
        self._lock = ExitStack()

    def __enter__(self) -> "StoreWriter":
        if self._onto is None and (self._store / MANIFEST).exists():
            raise UsageError(f"{self._store}: there is a store already. Choose another folder, or delete this one first.")
        if self._onto is None and self._store.exists() and (not self._store.is_dir() or any(self._store.iterdir())):
            raise UsageError(f"{self._store}: the place is taken by files that are no finished store. Choose another folder.")
        with _disk(self._store), ExitStack() as entered:
            entered.enter_context(locked(self._store.parent / f".{self._store.name}.lock", str(self._store)))
            if self._onto is None:
                self._root.mkdir(exist_ok=True)
                for left in self._root.iterdir():
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
            elif read_json(self._store / MANIFEST)["sha256"] != self._onto.fingerprint:
                raise UsageError(f"{self._store}: the store was changed in the meantime. Run again.")
            else:
                remove_unlisted(self._store, self._onto.manifest)
            self._lock = entered.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._first.abandon()
        self._further.abandon()
        if kind is not None and self._onto is None:
            shutil.rmtree(self._root, ignore_errors=True)
        elif kind is not None:
            with suppress(OSError):
                remove_unlisted(self._store, read_json(self._store / MANIFEST))
        self._lock.close()

    def add(self, source: Source, prepared: Prepared, waveform: str, measurements: NDArray[np.float32], quality: Quality) -> None:
        """Appends one recording.

        Parameters
        ----------
        waveform
            Hash of the measured signal.
        measurements
            (measurements,) in the order of `MEASUREMENTS`, NaN where unknown.
        quality
            Numbers of the checks, and the flags to keep.
        """
        with _disk(self._store):
            place, crc32 = self._first.append(prepared.counts[0])
            further = [self._further.append(counts) for counts in prepared.counts[1:]]
        values = {name: getattr(source, name) for name in _FROM_SOURCE} | {
            "waveform": waveform,
            "lead_mask": sum(1 << lead for lead, recorded in enumerate(prepared.lead_mask) if recorded),
            "recorded": prepared.recorded,
            "flags": quality.flags,
            "place": place,
            "crc32": crc32,
            "further": [place for place, _ in further],
            "further_crc32": [crc32 for _, crc32 in further],
        }
        for name, value in values.items():
            self._columns[name].append(value)
        self._measurements.append(measurements)
        self._quality.append(quality.values)

    def finish(
        self,
        labels: NDArray[np.int8],
        vocabulary: Vocabulary,
        *,
        corpus: str,
        annotated: Mapping[str, frozenset[str]],
        rejected: Sequence[Rejection],
        unmapped: Mapping[str, int],
    ) -> None:
        """Writes tables and manifest and gives the store its name.

        Parameters
        ----------
        labels
            (recordings, findings), in the order added; of a store that is appended to, its own first.
        annotated
            Per database the codes its annotators used; kept for relabelling.
        unmapped
            Count per code that the vocabulary has no place for.
        """
        with _disk(self._store):
            self._first.close()
            self._further.close()
            tables = {
                RECORDS: pa.table(self._columns, schema=RECORDS_SCHEMA),
                MEASURED: _number_table(self._measurements, tuple(MEASUREMENTS)),
                CHECKED: _number_table(self._quality, tuple(CHECKS)),
            }
            if self._onto is not None:
                tables = {name: pa.concat_tables([self._onto.table(name), table]) for name, table in tables.items()}
            names = {}
            for name, table in tables.items():  # those of a store which is appended to beside the old ones
                names[name], entry = _write_table(self._root, Path(name).stem, table, by_content=self._onto is not None)
                self._files[names[name]] = entry
            labels_name, labels_entry = write_labels(self._root, labels, vocabulary)
            manifest = {
                "format": FORMAT,
                "jaccardio": version("jaccardio"),
                "corpus": corpus,
                "contract": self._contract.to_dict(),
                "checks": settings_of(self._checks),
                "records": len(tables[RECORDS]),
                "labels": labels_name,
                "vocabulary": vocabulary.to_dict(),
                "annotated": {database: sorted(codes) for database, codes in sorted(annotated.items())},
                "rejected": [{"record": rejection.record, "reason": rejection.reason} for rejection in rejected],
                "unmapped": dict(unmapped),
                "files": self._files | {labels_name: labels_entry},
            }
            if self._onto is not None:
                manifest["tables"] = names
            write_json(self._root / MANIFEST, seal(manifest))
            if self._onto is None:
                self._root.rename(self._store)
            else:
                remove_unlisted(self._store, manifest)
            sync_folder(self._store.parent)


def remove_unlisted(store: Path, manifest: Mapping[str, Any]) -> None:
    """Removes shards and tables that the manifest does not list, whole or half: an append left or replaced them."""
    for pattern in (f"{FIRST_WINDOWS}/*.i16", f"{FURTHER_WINDOWS}/*.i16", "*.parquet"):
        for path in store.glob(pattern):
            if path.relative_to(store).as_posix() not in manifest["files"]:
                path.unlink()
    for half in store.glob(".*.tmp"):  # a table or manifest that was killed while it was written
        half.unlink()


def write_labels(folder: Path, labels: NDArray[np.int8], vocabulary: Vocabulary) -> tuple[str, dict[str, Any]]:
    """Writes a label matrix as Parquet, unknown as null, under a name made from its content.

    Returns
    -------
    The file's name and its manifest entry.
    """
    columns = {
        code: pa.array(labels[:, column], type=pa.int8(), mask=labels[:, column] == UNKNOWN) for column, code in enumerate(vocabulary.codes)
    }
    return _write_table(folder, "labels", pa.table(columns), by_content=True)


def _write_table(folder: Path, stem: str, table: pa.Table, *, by_content: bool) -> tuple[str, dict[str, Any]]:
    """Writes a table as Parquet, under a name made from its content or plainly; returns as `write_labels` does."""
    data = parquet_bytes(table)
    entry = file_entry(data)
    name = f"{stem}-{entry['sha256'][:12]}.parquet" if by_content else f"{stem}.parquet"
    write_atomic(folder / name, data)
    return name, entry


def _number_table(rows: Sequence[NDArray[np.float32]], names: Sequence[str]) -> pa.Table:
    """One column a measurement or check, null where unknown."""
    values = np.stack(rows) if rows else np.empty((0, len(names)), dtype=np.float32)
    return pa.table({name: pa.array(values[:, column], from_pandas=True) for column, name in enumerate(names)})


@contextmanager
def _disk(store: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise MissingError(f"{store}: no space left on the disk; no store was written. Free space and run again.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise UsageError(f"{store}: the folder cannot be written. Choose a place that you may write.") from error
        raise
