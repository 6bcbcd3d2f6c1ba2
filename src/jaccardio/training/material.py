"""What a training run sees: the findings it can learn, the labels, and the text vectors of its statements."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.errors import DataError
from jaccardio.findings.labels import PRESENT
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.wording import Wording
from jaccardio.text.encoder import TextEncoder


@dataclass(frozen=True)
class Material:
    """The parts of a store that one run trains and validates on.

    Attributes
    ----------
    vocabulary
        The store's findings less those that are unknown for every training record, of which nothing can be learned, and less those
        that are hidden.
    left_out
        Codes of the findings unknown for every training record.
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
    def gather(cls, store: Store, split: Split, hidden: Sequence[str] = ()) -> "Material":
        """Takes the training and validation parts of a store.

        Parameters
        ----------
        hidden
            Codes of findings to leave out whatever is known of them.

        Raises
        ------
        DataError
            A part is empty, or no finding is known in training.
        UsageError
            The store has no finding of a hidden code.
        """
        concealed = [store.vocabulary.index(code) for code in hidden]
        for part in ("train", "validation"):
            if not split.parts[part]:
                raise DataError(f"the {part} part of the split is empty; run `jaccardio split` with other folds or fractions.")
        training, validation = (np.sort(store.rows_of(split.parts[part])) for part in ("train", "validation"))
        known = (store.labels[training] >= 0).any(axis=0)
        columns = np.setdiff1d(np.flatnonzero(known), concealed)
        if not len(columns):
            raise DataError("no finding is known for any training record: there is nothing to learn. Ingest with findings, or hide fewer.")
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
class StatementVectors:
    """Text vectors of statements: each distinct sentence is embedded once, before training starts.

    Attributes
    ----------
    vectors
        (distinct sentences, text dimension) float32.
    sentence_of
        (statements,) int64, index of each statement's sentence.
    """

    vectors: Tensor
    sentence_of: Tensor

    @classmethod
    def embed(
        cls, statements: Statements, wording: Wording, encoder: TextEncoder, language: str, order_seed: int | None = None
    ) -> "StatementVectors":
        """Writes and embeds the sentences of all statements.

        Parameters
        ----------
        order_seed
            Seed of a random order of the names in each statement of what an ECG shows; None: vocabulary order.
        """
        listed = statements.findings == PRESENT
        places = listed.to(torch.int8) if order_seed is None else _random_places(listed, statements.reading, order_seed)
        coded = torch.cat([statements.reading[:, None].to(places), places], dim=1)
        distinct, sentence_of = np.unique(coded.numpy(), axis=0, return_inverse=True)
        sentences = [write_sentence(Reading(row[0]), _in_order(row[1:]), wording, language) for row in distinct]
        return cls(torch.from_numpy(encoder.encode(sentences)), torch.from_numpy(sentence_of.reshape(-1).astype(np.int64)))

    def of(self, columns: Tensor) -> Tensor:
        """Vectors (m, text dimension) of the statements at these places, (m,) int64."""
        return self.vectors[self.sentence_of[columns]]


def write_sentence(reading: Reading, listed: list[int], wording: Wording, language: str) -> str:
    """The sentence of one statement from the columns of the findings that it lists, which stand in the order given."""
    if reading == Reading.ANY:
        return wording.group(listed, language)
    if reading == Reading.NONE:
        return wording.denial(listed, language)
    return wording.vocabulary.sentence(listed, language)


def _random_places(listed: Tensor, reading: Tensor, seed: int) -> Tensor:
    """Places (m, k) int16 of the listed findings in their sentence, from 1 on, 0 elsewhere; only what an ECG shows is shuffled."""
    lots = torch.rand(listed.shape, generator=torch.Generator().manual_seed(seed)).masked_fill(~listed, torch.inf)
    places = (lots.argsort(dim=1).argsort(dim=1) + 1).masked_fill((reading != Reading.ALL)[:, None], 1)
    return (places * listed).to(torch.int16)


def _in_order(places: NDArray[np.integer]) -> list[int]:
    """Columns of the listed findings by their places, those of one place in vocabulary order."""
    columns = np.flatnonzero(places)
    return [int(column) for column in columns[np.argsort(places[columns], kind="stable")]]
