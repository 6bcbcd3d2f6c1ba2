"""Anybody's predictions: one row a recording, one column a finding; Parquet, CSV, or an npy array with its names beside it.

A table has the column ``recording_id`` and for each finding ``score_<code>``, as `jaccardio evaluate` writes it, or the bare ``<code>``
where no column begins with ``score_``. All other columns are left alone.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jaccardio.checksums import read_as_written
from jaccardio.errors import DataError, UsageError
from jaccardio.parquet import frame_of, read_parquet

ID, PREFIX = "recording_id", "score_"
SHOWN = 5
WRITE_AGAIN = "Write it again by `jaccardio evaluate` or `score`, or name a copy in another folder if the change is meant."


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """Scores by recording id and finding.

    Attributes
    ----------
    name
        File name, for messages and pages.
    ids
        n recording ids, no two alike.
    codes
        k codes of findings, no two alike, in the order of the vocabulary.
    scores
        (n, k) any real numbers, higher means rather present; what is not finite is refused when it is asked for.
    """

    name: str
    ids: tuple[str, ...]
    codes: tuple[str, ...]
    scores: NDArray[np.float64]

    def pick(self, ids: Sequence[str], codes: Sequence[str]) -> NDArray[np.float64]:
        """Scores (len(ids), len(codes)) in the order asked.

        Raises
        ------
        DataError
            A recording or a finding is missing, or a score is not a finite number.
        """
        row_of, column_of = ({name: place for place, name in enumerate(names)} for names in (self.ids, self.codes))
        if absent := [code for code in codes if code not in column_of]:
            raise DataError(
                f"{self.name}: no scores for {len(absent)} of {len(codes)} findings ({_some(absent)}). Add their columns, or name the "
                "findings to score with --findings."
            )
        if lost := [name for name in ids if name not in row_of]:
            raise DataError(
                f"{self.name}: {len(lost)} of {len(ids)} recordings have no row ({_some(lost)}). Every ECG of the part needs one."
            )
        rows, columns = [row_of[name] for name in ids], [column_of[code] for code in codes]
        scores = self.scores[np.ix_(rows, columns)]
        bad = ~np.isfinite(scores)
        if bad.any():
            where = [code for code, column in zip(codes, bad.T, strict=True) if column.any()]
            raise DataError(f"{self.name}: {int(bad.sum())} scores are not finite numbers, in {len(where)} findings ({_some(where)}).")
        return scores


def read_predictions(path: Path, vocabulary: Sequence[str], ids: Path | None = None, columns: Path | None = None) -> PredictionTable:
    """Reads predictions for the findings of a vocabulary; findings that it does not have are left alone.

    Parameters
    ----------
    path
        ``.parquet``, ``.csv``, or ``.npy`` with an (n, k) array of numbers.
    vocabulary
        The codes of findings that may be asked for.
    ids, columns
        For ``.npy``: text files with one recording id a line, and one code a line, in the order of its rows and columns.

    Raises
    ------
    UsageError
        There is no such file, its kind is not known, or an npy array comes without its ids or columns.
    DataError
        The file is damaged, ids are missing or not unique, a column is given twice or holds no numbers, or names and array differ in size.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; predictions are a .parquet or .csv table or an .npy array.")
    if path.suffix not in (".parquet", ".csv", ".npy"):
        raise UsageError(f"{path}: predictions are a .parquet or .csv table or an .npy array.")
    data = read_as_written(path, WRITE_AGAIN)
    if path.suffix == ".npy":
        return _array(path, data, vocabulary, ids, columns)
    with _undamaged(path):
        parquet = path.suffix == ".parquet"
        header = pq.read_schema(io.BytesIO(data)).names if parquet else next(csv.reader(io.StringIO(data.decode("utf-8-sig"))), [])
    if ID not in header:
        raise DataError(f"{path.name}: the column {ID} is missing.")
    prefix = PREFIX if any(name.startswith(PREFIX) for name in header) else ""
    wanted = {code: f"{prefix}{code}" for code in vocabulary if f"{prefix}{code}" in header}
    if twice := sorted({name for name in (ID, *wanted.values()) if header.count(name) > 1}):
        raise DataError(f"{path.name}: {len(twice)} columns are given twice ({_some(twice)}).")
    columns_read = [ID, *wanted.values()]
    with _undamaged(path):
        if parquet:
            table = frame_of(read_parquet(data, columns_read))
        else:
            table = pd.read_csv(io.BytesIO(data), usecols=columns_read, dtype={ID: str}, encoding="utf-8-sig")
    if table.empty:
        raise DataError(f"{path.name}: there is no recording in it.")
    if empty := int(table[ID].isna().sum()):
        raise DataError(f"{path.name}: {empty} of {len(table)} rows have no {ID}.")
    if words := [code for code, column in wanted.items() if not pd.api.types.is_numeric_dtype(table[column].dtype)]:
        raise DataError(f"{path.name}: the scores of {len(words)} findings are not numbers ({_some(words)}).")
    numbers = {code: table[column].to_numpy(np.float64, na_value=np.nan) for code, column in wanted.items()}
    return _table(path.name, table[ID].astype(str).tolist(), numbers)


def _array(path: Path, data: bytes, vocabulary: Sequence[str], ids: Path | None, columns: Path | None) -> PredictionTable:
    if ids is None or columns is None:
        missing = "recording ids; give --ids FILE with one" if ids is None else "names of findings; give --columns FILE with one code"
        raise UsageError(f"{path}: an array has no {missing} a line, in the order of its {'rows' if ids is None else 'columns'}.")
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile):  # what begins with PK is read as an archive of arrays
        raise DataError(f"{path.name}: damaged, or no npy array of plain numbers.") from None
    codes, names = _lines(columns), _lines(ids)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or array.shape != (len(names), len(codes)):
        found = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else "several arrays"
        raise DataError(
            f"{path.name}: found {found}, expected numbers for {len(names)} ids ({ids.name}) and {len(codes)} findings ({columns.name})."
        )
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise DataError(f"{columns.name}: {len(twice)} findings are given twice ({_some(twice)}).")
    of = {code: array[:, place].astype(np.float64) for place, code in enumerate(codes)}
    return _table(path.name, names, {code: of[code] for code in vocabulary if code in of})


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise UsageError(f"{path}: no such file.")
    try:
        return [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise DataError(f"{path.name}: not a text in UTF-8.") from None


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """What fails to be read in its block is a damaged table."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, csv.Error):
        raise DataError(f"{path.name}: damaged, or no {path.suffix[1:]} table. Write it again.") from None


def _table(name: str, ids: list[str], columns: Mapping[str, NDArray[np.float64]]) -> PredictionTable:
    if not ids or not columns:
        raise DataError(f"{name}: there is no {'finding of the vocabulary' if ids else 'recording'} in it.")
    repeated = pd.Series(ids)[pd.Series(ids).duplicated()].unique().tolist()
    if repeated:
        raise DataError(f"{name}: {len(repeated)} recordings stand in several rows ({_some(repeated)}). Keep one row a recording.")
    return PredictionTable(name, tuple(ids), tuple(columns), np.stack(list(columns.values()), axis=1))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
