"""The best epoch of a run, and the one number that chooses it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.auroc import auroc, average_precision
from jaccardio.evaluation.part import MINIMUM_POSITIVES


@dataclass(frozen=True)
class Best:
    """The epoch whose weights will be saved, their file among the checkpoints, and its SHA-256."""

    epoch: int = 0
    macro_auroc: float | None = None
    file: str = ""
    sha256: str = ""

    @property
    def shown(self) -> str:
        """What progress says of it."""
        return "" if self.macro_auroc is None else f", validation AUROC {self.macro_auroc:.3f}"


def macro_ranking(labels: NDArray[np.int8], scores: NDArray[np.floating]) -> tuple[float | None, float | None]:
    """Macro-AUROC and macro-AUPRC over the findings with at least ten positives, or with any where none has ten.

    Parameters
    ----------
    labels, scores
        (n, findings) of the validation part; unknown labels (-1) are masked.

    Returns
    -------
    None, None where no finding has both a positive and a negative.
    """
    positives, negatives = (labels == 1).sum(axis=0), (labels == 0).sum(axis=0)
    usable = np.flatnonzero((positives > 0) & (negatives > 0))
    columns = [column for column in usable if positives[column] >= MINIMUM_POSITIVES] or list(usable)
    if not columns:
        return None, None
    pairs = [(auroc(labels[:, column], scores[:, column]), average_precision(labels[:, column], scores[:, column])) for column in columns]
    macro_auroc, macro_auprc = np.mean(pairs, axis=0)
    return float(macro_auroc), float(macro_auprc)
