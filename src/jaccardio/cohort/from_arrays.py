"""Stores from memory: from an iterator of `Recording`, or from arrays."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.relabel import label_records
from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import StoreWriter
from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.mapping import NAMED
from jaccardio.findings.vocabulary import Vocabulary
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
    ids: Sequence[str] | None = None,
    patients: Sequence[str] | None = None,
) -> Iterator[Recording | ReadError]:
    """The rows of an array as recordings; a row that cannot be read is its error.

    Parameters
    ----------
    signals
        (n, leads, samples) real numbers in `unit`; NaN, or masked, where a sample is missing.
    sampling_rate, leads, unit
        As `Recording.from_array` takes them.
    ids, patients
        n names each, kept as they are: pseudonyms, never names of people. None: the number of the row; every ECG its own patient.

    Raises
    ------
    UsageError
        Another shape, or another number of names.
    """
    array, leads = number_array(signals, "signals"), lead_names(leads)
    if array.ndim != 3:
        raise UsageError(f"signals of shape {array.shape}: (ECGs, leads, samples) are needed.")
    for name, given in (("ids", ids), ("patients", patients)):
        if given is not None and len(given) != len(array):
            raise UsageError(f"{len(given)} {name} for {len(array)} ECGs: one each is needed.")
    for row, signal in enumerate(array):
        name = f"{row:06d}" if ids is None else str(ids[row])
        patient = None if patients is None else str(patients[row])
        try:
            yield Recording.from_array(signal, sampling_rate, leads=leads, unit=unit, recording_id=name, patient_key=patient)
        except ReadError as error:
            yield error


def write_store(
    path: Path, recordings: Iterable[Recording | ReadError], labels: ArrayLike, *, vocabulary: Vocabulary, sampling_rate: float
) -> tuple[Store, tuple[Rejection, ...]]:
    """Writes a store from recordings, read one at a time, so that they need not fit into memory.

    Parameters
    ----------
    path
        New folder.
    recordings
        Recordings, or the error of one that could not be read; ids and patient keys are stored as they are.
    labels
        (n, findings) 1 present, 0 absent, -1 or NaN unknown, in vocabulary order.
    sampling_rate
        Hz of the store.

    Returns
    -------
    The store, and what was refused and why; a bad recording stops no other.

    Raises
    ------
    UsageError
        Labels of another shape or with other values, or the place is taken.
    DataError
        An id stands twice, or no recording could be stored.
    """
    states = _states(labels, vocabulary)
    contract = SignalContract(sampling_rate=sampling_rate)
    stored: list[Source] = []
    refused: list[Rejection] = []
    with StoreWriter(path, contract) as writer:
        for recording, row in zip(recordings, states, strict=True):
            try:
                if isinstance(recording, ReadError):
                    raise recording
                source = _source(recording, row, vocabulary)
                writer.add(source, contract.apply(recording), waveform_hash(recording))
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


def _states(labels: ArrayLike, vocabulary: Vocabulary) -> NDArray[np.int8]:
    values = np.asarray(labels, dtype=np.float64)
    states = np.where(np.isnan(values), UNKNOWN, values)
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
