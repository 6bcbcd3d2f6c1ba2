"""A trained model over the records of a store: signals brought to the model's contract, labels to its findings."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.prediction.predictor import BATCH, Predictor
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows


def windows_for(
    predictor: Predictor, store: Store, rows: NDArray[np.int64], progress: Callable[[int, int], None] | None = None
) -> Iterator[Windows]:
    """Batches of a store's records as the model expects them.

    A store at another rate is resampled window by window, which is what preprocessing does with a file.

    Parameters
    ----------
    progress
        Called with (records scored, records in all).
    """
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        windows = store.windows(batch)
        yield windows if store.contract == predictor.contract else _converted(windows, store.contract, predictor.contract)
        if progress is not None:
            progress(start + len(batch), len(rows))


def _converted(windows: Windows, made: SignalContract, wanted: SignalContract) -> Windows:
    ecgs = [
        wanted.apply(Recording(np.ascontiguousarray(signal[:, :recorded]), made.sampling_rate, windows.lead_mask[ecg], f"window {number}"))
        for number, (signal, recorded, ecg) in enumerate(zip(windows.signal, windows.recorded, windows.ecg, strict=True))
    ]
    converted = Windows.of(ecgs)
    return Windows(converted.signal, converted.recorded, windows.ecg[converted.ecg], windows.lead_mask, windows.measurements)


def incomplete_ecgs(predictor: Predictor, store: Store) -> list[str]:
    """What must be known of the vectors of a store's ECGs: how many lack leads that the model was never without; nothing if none."""
    partial = 0 if predictor.partial_leads else int((~store.lead_masks.all(axis=1)).sum())
    said = f"{partial} of {len(store)} ECGs lack leads, and the model was trained on complete ECGs only: their vectors mean little"
    return [said] if partial else []


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
            f"Run `jaccardio relabel STORE --vocabulary {predictor.vocabulary.argument}` first."
        )
    columns = np.array([ours[code] for code in shared])
    return predictor.vocabulary.subset(columns.tolist()), columns, np.array([theirs[code] for code in shared])
