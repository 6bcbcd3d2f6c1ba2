"""`BatchLoss`: the objective of a batch, whole, in chunks, or shared by several processes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.cohort.batches import Batch
from jaccardio.contrast.banks import Pool
from jaccardio.contrast.chunks import PAIRS_AT_ONCE, chunked_loss, chunks_of
from jaccardio.contrast.objective import Objective, pair_statistics
from jaccardio.contrast.ranks import Ranks
from jaccardio.models.ecg_model import EcgModel
from jaccardio.training.feed import sent
from jaccardio.training.material import StatementVectors


@dataclass(frozen=True)
class BatchLoss:
    """What compares the ECGs of a batch with statements.

    Attributes
    ----------
    pool, text
        All statements and their text vectors.
    positive_weight
        (m,) weight of the true pairs of each statement, on the device; None: 1.
    ranks
        The processes that share the batch.
    """

    objective: Objective
    pool: Pool
    text: StatementVectors
    positive_weight: Tensor | None
    ranks: Ranks
    device: torch.device

    def __call__(self, model: EcgModel, features: Tensor, batch: Batch, n: int, log: bool) -> tuple[Tensor, dict[str, float]]:
        """This process's part of the loss, and if wanted what the loss sees: of its first chunk, where there are several.

        Parameters
        ----------
        features, batch
            Of this process's share of a batch of n ECGs.
        """
        records = torch.from_numpy(batch.records)
        if self.ranks.size > 1:
            records = self.ranks.gathered(records.to(self.device), n).cpu()
        columns, ecg = self.pool.against(records), model.project(features)
        m = len(columns)
        own = columns[self.ranks.share(m)]
        vectors = self.text.of(own, model.adapter)
        sentences = model.sentences(sent(vectors, self.device) if self.text.tuned is None else vectors.to(self.device))
        sentences = tuple(part if part.ndim == 0 else self.ranks.gathered(part, m) for part in sentences)
        labels = self.ranks.gathered(sent(torch.from_numpy(batch.labels), self.device), n)
        statements = self.ranks.gathered_statements(self.pool.statements.at(own).to(self.device), m)
        chunk = max(1, PAIRS_AT_ONCE // m)

        def targets(rows: slice) -> tuple[Tensor, Tensor]:
            return self._weighted(*self.objective.targets(labels, statements, rows))

        loss = chunked_loss(self.objective, ecg, sentences, model.match, targets, n, chunk, self.ranks)
        if not log:
            return loss, {}
        target, weight = targets(next(chunks_of(self.ranks.share(n), chunk)))
        return loss, pair_statistics(target, (weight > 0).float())  # counts pairs: label weights are no part of them

    def targets(self, labels: NDArray[np.int8], columns: Tensor) -> tuple[Tensor, Tensor]:
        """Target and weight (b, m) of labels (b, k) against the statements at these places of the pool (m,), on the device."""
        statements = self.pool.statements.at(columns)
        return self._weighted(*self.objective.targets(torch.from_numpy(labels).to(self.device), statements.to(self.device)))

    def _weighted(self, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Positive weights of findings multiply the weight of true pairs."""
        if self.positive_weight is not None:
            weight = weight * torch.where(target > 0, self.positive_weight, 1.0)
        return target, weight
