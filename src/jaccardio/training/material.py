"""What a training run sees: the findings it can learn, the labels, and the text vectors of its captions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.labels import PRESENT
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.encoder import TextEncoder


@dataclass(frozen=True)
class Material:
    """The parts of a store that one run trains and validates on.

    Attributes
    ----------
    vocabulary
        The store's findings less those that are unknown for every training record: nothing can be learned of them.
    left_out
        Codes of those findings.
    training_rows, validation_rows
        Rows of the store, ascending.
    training_labels
        (training rows, findings) int8 with -1 for unknown.
    validation_labels
        (validation rows, findings).
    """

    store: Store
    vocabulary: Vocabulary
    left_out: tuple[str, ...]
    training_rows: NDArray[np.int64]
    validation_rows: NDArray[np.int64]
    training_labels: NDArray[np.int8]
    validation_labels: NDArray[np.int8]

    @classmethod
    def gather(cls, store: Store, split: Split) -> "Material":
        """Takes the training and validation parts of a store.

        Raises
        ------
        DataError
            A part is empty, or no finding is known in training.
        """
        for part in ("train", "validation"):
            if not split.parts[part]:
                raise DataError(f"the {part} part of the split is empty; run `jaccardio split` with other folds or fractions.")
        training, validation = (np.sort(store.rows_of(split.parts[part])) for part in ("train", "validation"))
        known = (store.labels[training] >= 0).any(axis=0)
        if not known.any():
            raise DataError("no finding is known for any training record: there is nothing to learn. Ingest with findings.")
        columns = np.flatnonzero(known)
        return cls(
            store=store,
            vocabulary=store.vocabulary.subset(columns.tolist()),
            left_out=tuple(store.vocabulary.codes[column] for column in np.flatnonzero(~known)),
            training_rows=training,
            validation_rows=validation,
            training_labels=store.labels[training][:, columns],
            validation_labels=store.labels[validation][:, columns],
        )

    def positive_weight(self) -> Tensor:
        """Negatives per positive of each finding in training, (findings,) float32; 1 where a finding has no positive."""
        positives = (self.training_labels == 1).sum(axis=0)
        negatives = (self.training_labels == 0).sum(axis=0)
        return torch.from_numpy(np.where(positives > 0, negatives / np.maximum(positives, 1), 1.0).astype(np.float32))

    def prevalence(self) -> NDArray[np.float64]:
        """Share of positives among the known labels of each finding in training, kept off 0 and 1 by half an ECG."""
        known = (self.training_labels >= 0).sum(axis=0)
        positives: NDArray[np.float64] = ((self.training_labels == 1).sum(axis=0) + 0.5) / (known + 1.0)
        return positives


@dataclass(frozen=True)
class CaptionVectors:
    """Text vectors of the training captions: each distinct sentence is embedded once, before training starts.

    Attributes
    ----------
    vectors
        (distinct sentences, text dimension) float32.
    sentence_of
        (training rows,) index of each record's sentence.
    """

    vectors: Tensor
    sentence_of: NDArray[np.int64]

    @classmethod
    def embed(cls, material: Material, encoder: TextEncoder, language: str) -> "CaptionVectors":
        """Embeds the captions of all training records."""
        sets, sentence_of = np.unique(material.training_labels == PRESENT, axis=0, return_inverse=True)
        sentences: Sequence[str] = material.vocabulary.captions(sets.astype(np.int8), language)
        return cls(torch.from_numpy(encoder.encode(sentences)), sentence_of.reshape(-1).astype(np.int64))

    def of(self, positions: NDArray[np.int64]) -> Tensor:
        """Vectors (b, text dimension) of the records at these positions of the training part."""
        return self.vectors[torch.from_numpy(self.sentence_of[positions])]
