"""Search by text: the ECGs of a store that best fit a sentence."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jaccardio.cohort.store import Store
from jaccardio.findings.labels import PRESENT
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for


@dataclass(frozen=True)
class Hit:
    """One ECG found: its id, its similarity to the sentence, and the findings its store knows it to show."""

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
    best = np.argsort(-similarity, kind="stable")[:top]
    codes = np.array(store.vocabulary.codes)
    return [Hit(str(store.ids[i]), float(similarity[i]), tuple(str(code) for code in codes[store.labels[i] == PRESENT])) for i in best]
