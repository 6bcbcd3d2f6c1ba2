"""Search by text and by ECG: the ECGs of a store that best fit a sentence, or are most like one ECG."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.findings.labels import PRESENT, UNKNOWN
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.recording.windows import Windows


@dataclass(frozen=True)
class Hit:
    """One ECG found: its id, its similarity to what was asked, and the findings its store knows it to show."""

    recording_id: str
    similarity: float
    findings: tuple[str, ...]


def search(
    predictor: Predictor, store: Store, sentence: str, top: int = 10, progress: Callable[[int, int], None] | None = None
) -> list[Hit]:
    """Ranks ECGs by the inner product of ECG and text embeddings.

    Parameters
    ----------
    sentence
        Free text; the form "This ECG shows atrial fibrillation." is what models are trained on.
    """
    text = predictor.encode_text([sentence])[0]
    similarity = predictor.embed(windows_for(predictor, store, np.arange(len(store)), progress)) @ text
    return _best(store, similarity, top)


def nearest(
    predictor: Predictor,
    store: Store,
    ecg: Windows,
    waveform: str = "",
    top: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> list[Hit]:
    """Ranks labelled ECGs by the cosine of their embeddings and that of one prepared ECG.

    Parameters
    ----------
    waveform
        `waveform_hash` of the ECG: the store's own copy of it is left out.
    """
    labelled = (store.labels != UNKNOWN).any(axis=1) & (store.records["waveform"].to_numpy() != waveform)
    embeddings = predictor.embed(windows_for(predictor, store, np.arange(len(store)), progress))
    asked = predictor.embed([ecg])[0]
    similarity = embeddings @ asked / np.maximum(np.linalg.norm(embeddings, axis=1) * np.linalg.norm(asked), 1e-12)
    return _best(store, np.where(labelled, similarity, -np.inf), min(top, int(labelled.sum())))


def _best(store: Store, similarity: NDArray[np.floating], top: int) -> list[Hit]:
    best = np.argsort(-similarity, kind="stable")[:top]
    codes = np.array(store.vocabulary.codes)
    return [Hit(str(store.ids[i]), float(similarity[i]), tuple(str(code) for code in codes[store.labels[i] == PRESENT])) for i in best]
