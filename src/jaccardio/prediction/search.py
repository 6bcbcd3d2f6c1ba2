"""Search: the ECGs of a store that best fit a sentence, or are most like another ECG."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.evaluation.relatedness import directions
from jaccardio.findings.labels import PRESENT
from jaccardio.measurement.clauses import Degrees
from jaccardio.prediction.ask import definition_sought, mean_degrees
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for


@dataclass(frozen=True)
class Hit:
    """One ECG found: its id, its similarity to what was sought (`Index.search`), and the findings its store knows it to show."""

    recording_id: str
    similarity: float
    findings: tuple[str, ...]


class Index:
    """A store's ECGs in the space of sentences, embedded once for any number of searches.

    Parameters
    ----------
    progress
        Called with (records embedded, records in all).
    """

    def __init__(self, predictor: Predictor, store: Store, progress: Callable[[int, int], None] | None = None) -> None:
        self.store = store
        self._embeddings = predictor.embed(windows_for(predictor, store, np.arange(len(store)), progress))
        self._directions = directions(self._embeddings)
        self._degrees: Degrees | None = None  # of all statements; kept from the first definition that is sought

    def search(self, predictor: Predictor, sentence: str, top: int = 10) -> list[Hit]:
        """Ranks ECGs by what a sentence says; errors are those of `Predictor.encode_text`.

        A sentence on a finding that the model was trained on, and one that names nothing measured, ranks by the inner product of ECG and
        text embeddings. Statements ("wide QRS and ST elevation in V1 to V3"), denials ("no atrial fibrillation") and defined findings that
        the model was not trained on rank by how well an ECG fits their definition, in [0, 1]; ECGs that tell nothing of it are left out.

        Parameters
        ----------
        predictor
            The one that made the index.
        sentence
            Free text; the form "This ECG shows atrial fibrillation." is what models are trained on.
        """
        definition = definition_sought(predictor, sentence)
        if definition is None:
            return self._hits(self._embeddings @ predictor.encode_text([sentence])[0], top)
        if self._degrees is None:
            masks = self.store.lead_masks
            self._degrees = mean_degrees(self.store.measurements, predictor.embedded_degrees(self._embeddings, masks), masks)
        fits = definition.score(self._degrees)
        return self._hits(np.nan_to_num(fits, nan=-np.inf), min(top, int(np.isfinite(fits).sum())))

    def similar(self, embedding: NDArray[np.float32], top: int = 5, among: NDArray[np.bool_] | None = None) -> list[Hit]:
        """The ECGs most like one, by the cosine between its embedding (d,), of `Predictor.embed`, and theirs.

        Parameters
        ----------
        among
            (records,) the ECGs of the store that are asked for; None: all.
        """
        similarity = self._directions @ directions(embedding)
        if among is not None:
            similarity, top = np.where(among, similarity, -np.inf), min(top, int(among.sum()))
        return self._hits(similarity, top)

    def _hits(self, similarity: NDArray[np.floating], top: int) -> list[Hit]:
        store, codes = self.store, np.array(self.store.vocabulary.codes)
        return [
            Hit(str(store.ids[i]), float(similarity[i]), tuple(str(code) for code in codes[store.labels[i] == PRESENT]))
            for i in np.argsort(-similarity, kind="stable")[:top]
        ]
