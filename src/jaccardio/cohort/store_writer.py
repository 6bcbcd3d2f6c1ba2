"""`StoreWriter`: writes a store beside its final place and moves it there when it is whole."""

import errno
import fcntl
import hashlib
import io
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.store import COUNTS, FORMAT, MANIFEST, RECORDS, RECORDS_PER_SHARD, seal, shard_file
from jaccardio.errors import MissingError, UsageError
from jaccardio.files import sync_folder, write_atomic, write_json
from jaccardio.findings.labels import UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.preprocessing import SignalContract

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
        ("flags", pa.list_(pa.string())),
        ("present", pa.list_(pa.string())),
        ("absent", pa.list_(pa.string())),
        ("closed", pa.bool_()),
        ("shard", pa.int64()),
        ("row", pa.int64()),
        ("crc32", pa.int64()),
    ]
)
_FROM_SOURCE = ("recording_id", "patient_key", "database", "fold", "site", "device", "age", "sex", "year", "scp_source")


@dataclass(frozen=True)
class Window:
    """One recording as it enters a store.

    Attributes
    ----------
    counts
        (12, samples) int16, 1 microvolt a count.
    lead_mask
        Bit i is set where lead i was measured or derived.
    waveform
        Hash of the measured signal.
    """

    counts: NDArray[np.int16]
    lead_mask: int
    flags: tuple[str, ...]
    waveform: str


class StoreWriter:
    """Context manager over the folder `.NAME.partial` beside the store: `add` windows, then `finish`.

    `finish` moves the folder to its final name in one step. On an exception the partial folder is removed; what a killed
    process left is removed by the next one. Two writers of one store exclude each other.

    Raises
    ------
    UsageError
        The store exists already, its place is taken by other files or cannot be written, or another process is writing it.
    MissingError
        The disk is full.
    """

    def __init__(self, store: Path, contract: SignalContract) -> None:
        self._store, self._contract = store, contract
        self._partial = store.parent / f".{store.name}.partial"
        self._files: dict[str, dict[str, Any]] = {}
        self._columns: dict[str, list[Any]] = {name: [] for name in RECORDS_SCHEMA.names}
        self._shard: BinaryIO | None = None
        self._lock: int | None = None

    def __enter__(self) -> "StoreWriter":
        if (self._store / MANIFEST).exists():
            raise UsageError(f"{self._store}: there is a store already. Choose another folder, or delete this one first.")
        if self._store.exists() and (not self._store.is_dir() or any(self._store.iterdir())):
            raise UsageError(f"{self._store}: the place is taken by files that are no finished store. Choose another folder.")
        with _disk(self._store):
            self._partial.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._partial, os.O_RDONLY)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(self._lock)
                raise UsageError(f"{self._store}: another process is writing this store. Wait for it or choose another folder.") from error
            for left in self._partial.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            (self._partial / shard_file(0)).parent.mkdir()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shard is not None:
            with suppress(OSError):  # on a full disk closing fails again; the first error is the one to tell
                self._shard.close()
        if kind is not None:
            shutil.rmtree(self._partial, ignore_errors=True)
        assert self._lock is not None
        os.close(self._lock)

    def __len__(self) -> int:
        return len(self._columns["recording_id"])

    def add(self, source: Source, window: Window) -> None:
        """Appends one recording."""
        shard, row = divmod(len(self), RECORDS_PER_SHARD)
        data = np.ascontiguousarray(window.counts, dtype=COUNTS).tobytes()
        with _disk(self._store):
            if row == 0:
                self._close_shard()
                self._shard = (self._partial / shard_file(shard)).open("wb")
                self._digest = hashlib.sha256()
            assert self._shard is not None
            self._shard.write(data)
        self._digest.update(data)
        values = {name: getattr(source, name) for name in _FROM_SOURCE} | {
            "waveform": window.waveform,
            "lead_mask": window.lead_mask,
            "flags": list(window.flags),
            "present": list(source.present),
            "absent": list(source.absent),
            "closed": source.closed,
            "shard": shard,
            "row": row,
            "crc32": zlib.crc32(data),
        }
        for name, value in values.items():
            self._columns[name].append(value)

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
            (added recordings, findings), in the order added.
        annotated
            Per database the codes its annotators used; kept for relabelling.
        unmapped
            Count per code that the vocabulary has no place for.
        """
        with _disk(self._store):
            self._close_shard()
            records = parquet_bytes(pa.table(self._columns, schema=RECORDS_SCHEMA))
            write_atomic(self._partial / RECORDS, records)
            labels_name, labels_entry = write_labels(self._partial, labels, vocabulary)
            manifest = {
                "format": FORMAT,
                "jaccardio": version("jaccardio"),
                "corpus": corpus,
                "contract": self._contract.to_dict(),
                "records": len(self),
                "labels": labels_name,
                "vocabulary": vocabulary.to_dict(),
                "annotated": {database: sorted(codes) for database, codes in sorted(annotated.items())},
                "rejected": [{"record": rejection.record, "reason": rejection.reason} for rejection in rejected],
                "unmapped": dict(unmapped),
                "files": self._files | {RECORDS: file_entry(records), labels_name: labels_entry},
            }
            write_json(self._partial / MANIFEST, seal(manifest))
            sync_folder(self._partial / shard_file(0).partition("/")[0])
            self._partial.rename(self._store)
            sync_folder(self._store.parent)

    def _close_shard(self) -> None:
        if self._shard is None:
            return
        self._shard.flush()
        os.fsync(self._shard.fileno())
        name = Path(self._shard.name).relative_to(self._partial).as_posix()
        self._files[name] = {"bytes": self._shard.tell(), "sha256": self._digest.hexdigest()}
        self._shard.close()
        self._shard = None


def write_labels(folder: Path, labels: NDArray[np.int8], vocabulary: Vocabulary) -> tuple[str, dict[str, Any]]:
    """Writes a label matrix as Parquet, unknown as null, under a name made from its content.

    Returns
    -------
    The file's name and its manifest entry.
    """
    columns = {
        code: pa.array(labels[:, column], type=pa.int8(), mask=labels[:, column] == UNKNOWN) for column, code in enumerate(vocabulary.codes)
    }
    data = parquet_bytes(pa.table(columns))
    entry = file_entry(data)
    name = f"labels-{entry['sha256'][:12]}.parquet"
    write_atomic(folder / name, data)
    return name, entry


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as Parquet with page checksums."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, write_page_checksum=True, compression="zstd")
    return buffer.getvalue()


def file_entry(data: bytes) -> dict[str, Any]:
    """What the manifest says of a file."""
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


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
