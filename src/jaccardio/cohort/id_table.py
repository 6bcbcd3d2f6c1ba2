"""`IdTable`: the way back from the ids of a store to the recordings they were made from, kept outside the store like the key.

A CSV file in UTF-8 of mode 0600: ``recording_id``, ``patient_key``, ``path`` (absolute), ``patient_id`` and ``site`` as the corpus
writes them, and ``date``, the day of the recording where it is known.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Source, day_of
from jaccardio.errors import DataError, UsageError
from jaccardio.files import write_csv
from jaccardio.recording.readers.record_files import named_path

COLUMNS = ("recording_id", "patient_key", "path", "patient_id", "site", "date")


@dataclass(frozen=True)
class IdTable:
    """One row a recording of a store.

    Attributes
    ----------
    paths
        Absolute path by recording id.
    patients
        Site and patient id by recording id, for those whose patient is known.
    days
        Day by recording id, for those whose day is known.
    """

    paths: dict[str, Path]
    patients: dict[str, tuple[str, str]]
    days: dict[str, date]

    @classmethod
    def load(cls, path: Path) -> "IdTable":
        """Reads a table that `save_id_table` wrote.

        Raises
        ------
        UsageError
            There is no such file.
        DataError
            It is no such table.
        """
        if not path.is_file():
            raise UsageError(f"{path}: no such table of ids; ingest writes one with --id-table FILE.")
        try:
            with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                rows = list(csv.DictReader(file, strict=True))
        except csv.Error:
            rows = []
        if not rows or any(None in row or not row.get("recording_id") or not row.get("path") for row in rows):
            raise DataError(f"{path}: not a table of ids as ingest --id-table writes it ({', '.join(COLUMNS)}).")
        days = {row["recording_id"]: day_of(row.get("date") or "") for row in rows}
        return cls(
            {row["recording_id"]: Path(row["path"]) for row in rows},
            {row["recording_id"]: (row.get("site") or "", row["patient_id"]) for row in rows if row.get("patient_id")},
            {name: day for name, day in days.items() if day is not None},
        )

    def paths_of(self, ids: Iterable[str]) -> list[str | None]:
        """Path of each recording, None where the table does not have it.

        Raises
        ------
        DataError
            It has none of them.
        """
        found = [str(self.paths[name]) if name in self.paths else None for name in ids]
        if found and not any(found):
            raise DataError("the table of ids knows none of these ECGs: it is that of another store, or of another key.")
        return found

    def id_of(self, file: Path) -> str | None:
        """Recording id of a file by its path, the suffix of a WFDB file aside; None where the table does not have it."""
        return self._ids.get(named_path(file.resolve()))

    def files(self, arguments: Sequence[Path]) -> list[Path]:
        """Files by path or by recording id: an argument that is a recording id becomes its path."""
        return [self.paths.get(str(argument), argument) for argument in arguments]

    @cached_property
    def _ids(self) -> dict[Path, str]:
        return {named_path(path.resolve()): name for name, path in self.paths.items()}


def load_id_table(path: Path | None) -> IdTable | None:
    """The table of an option that may be left out; raises as `IdTable.load` does."""
    return None if path is None else IdTable.load(path)


def refuse_place(path: Path, store: Path, key_file: Path | None) -> None:
    """Refuses a place for a table of ids before anything is read.

    Raises
    ------
    UsageError
        It lies in the store, is the key's, or is taken.
    """
    if store.resolve() in path.resolve().parents:
        raise UsageError(f"{path}: the table of ids must not lie in the store, which others may be given. Name a place outside.")
    if key_file is not None and path.resolve() == key_file.resolve():
        raise UsageError(f"{path}: the key's file. Name another for the table of ids.")
    if path.suffix.lower() != ".csv":
        raise UsageError(f"{path}: the table of ids is a CSV file; name it so, for example ids.csv.")
    if os.path.lexists(path):
        raise UsageError(f"{path}: there is a file already, and it may be the only way back from another store. Name another file.")


def save_id_table(path: Path, sources: Sequence[Source]) -> None:
    """Writes the table of some recordings, readable by its owner only, whole or not at all."""
    rows = [(one.recording_id, one.patient_key, one.path.absolute(), one.patient_id, one.site_name, one.day) for one in sources]
    write_csv(path, [COLUMNS, *rows], private=True)
