"""Stores from memory: from an iterator of `Recording`, or from arrays."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.corpora.words import patient_number
from jaccardio.cohort.relabel import label_records
from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import StoreWriter
from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.mapping import NAMED
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.measure import measure_recording
from jaccardio.measurement.quality import check_recording
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.recording.recording import Recording, lead_names, number_array
from jaccardio.recording.waveform import waveform_hash

CORPUS = "arrays"


def recordings_of(
    signals: ArrayLike,
    sampling_rate: float,
    *,
    leads: Sequence[str] = LEADS,
    unit: str = "mV",
    ids: Iterable[str | int] | None = None,
    patients: Iterable[str | float | None] | None = None,
) -> Iterator[Recording | ReadError]:
    """The rows of an array as recordings; a row that cannot be read is its error.

    Parameters
    ----------
    signals
        (n, leads, samples) real numbers in `unit`; NaN, or masked, where a sample is missing.
    sampling_rate, leads, unit
        As `Recording.from_array` takes them.
    ids, patients
        n names each, kept as they are: pseudonyms, never names of people. None: the number of the row; every ECG its own patient, as is
        one whose patient is None, NaN or empty. 101 and 101.0 are one patient.

    Raises
    ------
    UsageError
        Another shape, or another number of names.
    """
    array, leads = number_array(signals, "signals"), lead_names(leads)
    if array.ndim != 3:
        hint = " Of a list of arrays, numpy.stack makes one." if array.dtype == object else ""
        raise UsageError(f"signals of shape {array.shape}: (ECGs, leads, samples) are needed.{hint}")
    rows = range(len(array))
    names = [f"{row:06d}" for row in rows] if ids is None else _one_each("ids", ids, len(array))
    keys = [""] * len(array) if patients is None else [patient_number(key) for key in _one_each("patients", patients, len(array))]
    for signal, name, key in zip(array, names, keys, strict=True):
        try:
            yield Recording.from_array(signal, sampling_rate, leads=leads, unit=unit, recording_id=name, patient_key=key or None)
        except ReadError as error:
            yield error


def _one_each(what: str, given: Iterable[object], ecgs: int) -> list[str]:
    """Names by position, whatever the index of a pandas series says; empty where one is missing."""
    names = [] if isinstance(given, str) else ["" if pd.isna(name) else str(name).strip() for name in given]
    if len(names) != ecgs:
        raise UsageError(f"{len(names)} {what} for {ecgs} ECGs: one each is needed, in a list.")
    return names


def write_store(
    path: str | Path,
    recordings: Iterable[Recording | ReadError],
    labels: ArrayLike,
    *,
    vocabulary: str | Path | Vocabulary,
    sampling_rate: float,
) -> tuple[Store, tuple[Rejection, ...]]:
    """Writes a store from recordings, read one at a time, so that they need not fit into memory.

    Parameters
    ----------
    path
        New folder.
    recordings
        Recordings, or the error of one that could not be read; ids and patient keys are stored as they are.
    labels
        (n, findings) 1 present, 0 absent, -1, NaN or None unknown, in vocabulary order; a pandas table in the order of its columns' names.
    vocabulary
        Or its name, or the path of its TOML file.
    sampling_rate
        Hz of the store.

    Returns
    -------
    The store, and what was refused and why; a bad recording stops no other.

    Raises
    ------
    UsageError
        Labels of another shape or with other values, no recordings, another rate than 50 to 10,000 Hz, or the place is taken.
    DataError
        An id stands twice, or no recording could be stored.
    """
    path, contract = Path(path), SignalContract.at(sampling_rate)
    if not isinstance(vocabulary, Vocabulary):
        vocabulary = Vocabulary.load(vocabulary)
    states = label_states(labels, vocabulary)
    stored: list[Source] = []
    refused: list[Rejection] = []
    with StoreWriter(path, contract) as writer:
        for recording, row in zip_longest(recordings, states):
            if recording is None or row is None:
                raise UsageError(f"{len(states)} rows of labels and {'more' if row is None else 'fewer'} ECGs: one row each is needed.")
            try:
                if isinstance(recording, ReadError):
                    raise recording
                if not isinstance(recording, Recording):
                    raise UsageError(f"{type(recording).__name__}: no Recording. recordings_of makes them of an array.")
                source = _source(recording, row, vocabulary)
                prepared, measured = contract.apply(recording), measure_recording(recording)
                writer.add(source, prepared, waveform_hash(recording), measured, check_recording(recording, prepared, measured, CHECKS))
            except ReadError as error:
                refused.append(Rejection.because(error.record, error))
                continue
            stored.append(source)
        if len({source.recording_id for source in stored}) < len(stored):
            raise DataError("a recording id stands more than once; every recording needs its own.")
        if not stored:
            raise DataError("no recording could be stored." + "".join(f"\n  rejected {one.record}: {one.reason}" for one in refused[:20]))
        annotated: dict[str, frozenset[str]] = {CORPUS: frozenset()}
        labelled = label_records(stored, annotated, vocabulary)
        writer.finish(labelled.labels, vocabulary, corpus=CORPUS, annotated=annotated, rejected=refused, unmapped=labelled.unmapped)
    return Store.open(path), tuple(refused)


def label_states(labels: ArrayLike, vocabulary: Vocabulary) -> NDArray[np.int8]:
    """Labels as people write them, (n, findings) 1, 0 and -1, NaN or None, as int8 with -1 for unknown, in vocabulary order.

    Raises
    ------
    UsageError
        Another shape, other values, or a table whose columns are not the findings, each once.
    """
    if isinstance(labels, pd.DataFrame) and not isinstance(labels.columns, pd.RangeIndex):
        indices = [vocabulary.index(str(column)) for column in labels.columns]
        if sorted(indices) != list(range(len(vocabulary))):
            raise UsageError(f"labels: the columns of the table are not those that are needed, each once: {', '.join(vocabulary.codes)}.")
        labels = labels.iloc[:, np.argsort(indices)]
    array = number_array(labels, "labels")
    try:
        states = np.where(pd.isna(array), UNKNOWN, array).astype(np.float64)
    except (ValueError, TypeError):
        states = np.full(array.shape, np.inf)
    if states.ndim != 2 or states.shape[1] != len(vocabulary):
        raise UsageError(f"labels of shape {states.shape}: (ECGs, {len(vocabulary)}) are needed, a column a finding of {vocabulary.name}.")
    if not np.isin(states, (PRESENT, ABSENT, UNKNOWN)).all():
        raise UsageError("labels hold other values than 1 (present), 0 (absent), and -1 or NaN (unknown).")
    return states.astype(np.int8)


def _source(recording: Recording, row: NDArray[np.int8], vocabulary: Vocabulary) -> Source:
    codes = {state: tuple(NAMED + vocabulary.codes[column] for column in np.flatnonzero(row == state)) for state in (PRESENT, ABSENT)}
    return Source(
        recording_id=recording.recording_id,
        patient_key=recording.patient_key or recording.recording_id,
        path=Path(),
        present=codes[PRESENT],
        absent=codes[ABSENT],
        closed=False,
        database=CORPUS,
    )
