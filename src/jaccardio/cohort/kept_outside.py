"""What ingest makes outside of the store: a new key, the table of ids."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Source
from jaccardio.cohort.id_table import save_id_table
from jaccardio.cohort.pseudonyms import save_key
from jaccardio.errors import UsageError


def refuse_unwritable(*files: Path | None) -> None:
    """Files that are made at the end must not fail after hours of reading."""
    for file in filter(None, files):
        folder = next(parent for parent in file.absolute().parents if parent.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise UsageError(f"{file}: cannot be made in this folder. Name a file in a folder that you can write.")


@contextmanager
def kept_outside(key_file: Path | None, key: bytes, id_table: Path | None, stored: Sequence[Source]) -> Iterator[None]:
    """A new key and the table of ids, made with the store in the block or not at all: a key without store is not left behind."""
    made: list[Path] = []
    try:
        if key_file is not None:
            save_key(key_file, key)
            made.append(key_file)
        if id_table is not None:
            save_id_table(id_table, stored)
            made.append(id_table)
        yield
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
