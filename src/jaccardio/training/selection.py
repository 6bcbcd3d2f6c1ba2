"""The one number that chooses the best epoch."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.metrics import MINIMUM_POSITIVES
from jaccardio.evaluation.ranking import auroc, average_precision


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
