"""What a training run sees: the findings it can learn, the labels, and the text vectors of its statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.errors import DataError
from jaccardio.findings.labels import PRESENT, UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.wording import Wording
from jaccardio.measurement.statements import measured_statements, truths
from jaccardio.text.encoder import TextEncoder
from jaccardio.text.tuning import TunedEncoder, tuned_in


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
    statements
        Codes of the measured statements that are learned: those of which a training ECG tells, none where none are asked for.
    truths
        (training rows, statements) float32, degrees of truth, NaN for unknown.
    """

    store: Store
    vocabulary: Vocabulary
    left_out: tuple[str, ...]
    training_rows: NDArray[np.int64]
    validation_rows: NDArray[np.int64]
    training_labels: NDArray[np.int8]
    validation_labels: NDArray[np.int8]
    statements: tuple[str, ...]
    truths: NDArray[np.float32]

    @classmethod
    def gather(
        cls, store: Store, split: Split, hidden: Sequence[str] = (), *, measured: bool = False, labelled: float = 1.0, seed: int = 0
    ) -> "Material":
        """Takes the training and validation parts of a store.

        Parameters
        ----------
        hidden
            Codes of findings to leave out whatever is known of them.
        measured
            Whether measured statements are learned.
        labelled, seed
            Share of the training patients whose labels are kept, and what draws them. The ECGs of the others stay, without labels, where
            measured statements are learned of them.

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
        labels = store.labels[training]
        if labelled < 1:
            unlabelled = ~_of_patients(store.records["patient_key"].to_numpy(str)[training], labelled, seed)
            labels[unlabelled] = UNKNOWN
            if not measured:
                training, labels = training[~unlabelled], labels[~unlabelled]
        known = (labels >= 0).any(axis=0)
        columns = np.setdiff1d(np.flatnonzero(known), concealed)
        if not len(columns):
            raise DataError("no finding is known for any training record: there is nothing to learn. Ingest with findings, or hide fewer.")
        asked = tuple(measured_statements()) if measured else ()
        degrees = truths(store.measurements[training], asked)
        told = np.flatnonzero(~np.isnan(degrees).all(axis=0)).tolist()  # of pacing spikes, for one, recordings at a low rate tell nothing
        return cls(
            store=store,
            vocabulary=store.vocabulary.subset(columns.tolist()),
            left_out=tuple(store.vocabulary.codes[column] for column in np.flatnonzero(~known)),
            training_rows=training,
            validation_rows=validation,
            training_labels=labels[:, columns],
            validation_labels=store.labels[validation][:, columns],
            statements=tuple(asked[place] for place in told),
            truths=degrees[:, told],
        )

    def positive_weight(self) -> Tensor:
        """Negatives per positive of each finding in training, (findings,) float32; 1 where a finding has no positive."""
        positives = (self.training_labels == 1).sum(axis=0)
        negatives = (self.training_labels == 0).sum(axis=0)
        return torch.from_numpy(np.where(positives > 0, negatives / np.maximum(positives, 1), 1.0).astype(np.float32))

    def prevalence(self) -> NDArray[np.float64]:
        """Share of positives among the known labels of each finding in training, then mean truth of each measured statement, (k + s,).

        Both are kept off 0 and 1 by half an ECG.
        """
        known = (self.training_labels >= 0).sum(axis=0)
        positives: NDArray[np.float64] = ((self.training_labels == 1).sum(axis=0) + 0.5) / (known + 1.0)
        true, measured = np.nansum(self.truths, axis=0, dtype=np.float64), (~np.isnan(self.truths)).sum(axis=0)
        return np.concatenate([positives, (true + 0.5) / (measured + 1.0)])


def _of_patients(keys: NDArray[np.str_], share: float, seed: int) -> NDArray[np.bool_]:
    """(n,) whether an ECG belongs to a share of the patients, at least one, drawn at random."""
    patients, of = np.unique(keys, return_inverse=True)
    chosen = np.random.default_rng(seed).permutation(len(patients)) < max(1, round(share * len(patients)))
    kept: NDArray[np.bool_] = chosen[of]
    return kept


@dataclass(frozen=True)
class StatementVectors:
    """Text vectors of statements: each distinct sentence is embedded once, before training starts.

    Of a tuned encoder they change with each step: then a batch's distinct sentences are embedded in it.

    Attributes
    ----------
    sentences
        The distinct ones.
    sentence_of
        (statements,) int64, index of each statement's sentence.
    vectors
        (distinct sentences, text dimension) float32; None of a tuned encoder.
    tuned
        That encoder.
    """

    sentences: tuple[str, ...]
    sentence_of: Tensor
    vectors: Tensor | None
    tuned: TunedEncoder | None

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
        sentences = tuple(write_sentence(Reading(row[0]), _in_order(row[1:]), wording, language) for row in distinct)
        tuned = tuned_in(encoder)
        vectors = torch.from_numpy(encoder.encode(sentences)) if tuned is None else None
        return cls(sentences, torch.from_numpy(sentence_of.reshape(-1).astype(np.int64)), vectors, tuned)

    def of(self, columns: Tensor, adapter: Mapping[str, Tensor]) -> Tensor:
        """Vectors (m, text dimension) of the statements at these places, (m,) int64; `adapter` is that of the model."""
        wanted = self.sentence_of[columns]
        if self.tuned is None:
            assert self.vectors is not None
            return self.vectors[wanted]
        distinct, places = torch.unique(wanted, return_inverse=True)
        return self.tuned.vectors([self.sentences[row] for row in distinct.tolist()], adapter)[places]


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
