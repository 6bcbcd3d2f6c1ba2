"""A trained model over the records of a store: signals brought to the model's contract, labels to its findings."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.prediction.predictor import BATCH, Predictor
from jaccardio.recording.recording import Recording


def signals_for(
    predictor: Predictor, store: Store, rows: NDArray[np.int64], progress: Callable[[int, int], None] | None = None
) -> Iterator[NDArray[np.float32]]:
    """Batches (b, 12, samples) of a store's records as the model expects them.

    A store at another rate is resampled record by record, which is what preprocessing does with a file.

    Parameters
    ----------
    progress
        Called with (records scored, records in all).
    """
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        signals = store.signals(batch)
        if store.contract != predictor.contract:
            signals = np.stack(
                [predictor.prepare(_as_recording(signal, store, int(row))) for signal, row in zip(signals, batch, strict=True)]
            )
        yield signals
        if progress is not None:
            progress(start + len(batch), len(rows))


def _as_recording(signal: NDArray[np.float32], store: Store, row: int) -> Recording:
    return Recording(signal, store.contract.sampling_rate, store.lead_mask(row), str(store.ids[row]))


def shared_findings(predictor: Predictor, store: Store) -> tuple[Vocabulary, NDArray[np.int64], NDArray[np.int64]]:
    """Findings known to both the model and the store.

    Returns
    -------
    Their vocabulary, their columns in the model's scores, their columns in the store's labels.

    Raises
    ------
    DataError
        There is none in common.
    """
    ours = {code: column for column, code in enumerate(predictor.vocabulary.codes)}
    theirs = {code: column for column, code in enumerate(store.vocabulary.codes)}
    shared = [code for code in ours if code in theirs]
    if not shared:
        raise DataError(
            f"the model's findings ({predictor.vocabulary.name}) and the store's ({store.vocabulary.name}) have none in common. "
            f"Run `jaccardio relabel STORE --vocabulary {predictor.vocabulary.name}` first."
        )
    columns = np.array([ours[code] for code in shared])
    return predictor.vocabulary.subset(columns.tolist()), columns, np.array([theirs[code] for code in shared])
