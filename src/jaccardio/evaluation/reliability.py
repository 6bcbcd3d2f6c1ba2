"""How far scores are from the shares that they claim: expected calibration error, Brier score, calibration slope and intercept.

Bins: 10 for each finding, with equal numbers of known ECGs by score; equal scores share a bin. A recalibration that keeps the order of a
finding's scores therefore keeps its bins, and as-is and recalibrated scores are judged on the same groups of ECGs. Bins are set on the
sample and kept in every replicate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.special import expit

from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, without_excess
from jaccardio.evaluation.calibration import Calibration, logistic_fit, logits_of
from jaccardio.evaluation.confusion import ratio
from jaccardio.evaluation.estimate import Estimate
from jaccardio.findings.labels import PRESENT

BINS = 10
NOT_PROBABILITIES = "scores lie outside [0, 1], so they claim no share that could be right or wrong"


@dataclass(frozen=True, eq=False)
class Reliability:
    """Metrics by replicate: row 0 is the sample itself, rows 1 to r are the replicates. NaN where nothing is known.

    Attributes
    ----------
    ece
        (r + 1, k) expected calibration error of each finding: the mean over bins, weighted by size, of |mean score - share present|.
    brier
        (r + 1, k) mean squared difference of score and label.
    micro_ece, micro_brier
        (r + 1,) the same over all known cells, with 10 bins for all findings together.
    chance_ece
        (k,) the ECE to be expected of perfectly calibrated scores on as many ECGs: ECE is never 0, and larger the fewer ECGs there are.
    """

    ece: NDArray[np.float64]
    brier: NDArray[np.float64]
    micro_ece: NDArray[np.float64]
    micro_brier: NDArray[np.float64]
    chance_ece: NDArray[np.float64]

    @classmethod
    def of(cls, labels: NDArray[np.int8], scores: NDArray[np.floating], bootstrap: PatientBootstrap) -> "Reliability":
        """Judges probabilities (n, k) by labels (n, k); -1 unknown, masked."""
        n, k = labels.shape
        known = labels >= 0
        rows, columns = np.nonzero(known)
        error = scores[known] - (labels[known] == PRESENT)
        bins = np.zeros((n, k), np.int64)
        for column in range(k):
            bins[known[:, column], column] = equal_bins(scores[known[:, column], column])
        # the gap of a bin is the weighted sum of its errors, so one sparse product gives all bins of all replicates
        place = columns * BINS + bins[known]
        errors = csr_array((error, (rows, place)), shape=(n, k * BINS))
        pooled = csr_array((error, (rows, equal_bins(scores[known]))), shape=(n, BINS))
        squares = csr_array((error**2, (rows, columns)), shape=(n, k))
        samples = bootstrap.replicates + 1
        ece, brier, micro_ece, micro_brier = (np.full(shape, np.nan) for shape in ((samples, k), (samples, k), samples, samples))
        for chunk, weights in bootstrap.samples():
            real = weights.astype(np.float64)
            size = real @ known.astype(np.float64)
            gaps = np.abs(real @ errors).reshape(-1, k, BINS).sum(axis=2)
            squared = real @ squares
            ece[chunk], brier[chunk] = ratio(gaps, size), ratio(squared, size)
            micro_ece[chunk] = ratio(np.abs(real @ pooled).sum(axis=1), size.sum(axis=1))
            micro_brier[chunk] = ratio(squared.sum(axis=1), size.sum(axis=1))
        # if scores are right, a bin's summed error is about normal with variance sum p (1 - p)
        variance = np.bincount(place, weights=(scores * (1 - scores))[known], minlength=k * BINS)
        chance = np.sqrt(2 / np.pi * variance).reshape(k, BINS).sum(axis=1)
        ece, micro_ece = without_excess(ece), without_excess(micro_ece[:, None])[:, 0]  # a replicate's bins are noisier
        return cls(ece, brier, micro_ece, micro_brier, ratio(chance, known.sum(axis=0).astype(np.float64)))

    @classmethod
    def undefined(cls, findings: int, bootstrap: PatientBootstrap) -> "Reliability":
        """That of scores of so many findings that are no probabilities: NaN throughout."""
        table = np.full((bootstrap.replicates + 1, findings), np.nan)
        return cls(table, table, table[:, 0], table[:, 0], table[0])

    def estimates(self, findings: NDArray[np.bool_]) -> dict[str, Any]:
        """An `Estimate` of each metric, and ``macro_chance_ece``, a number; macro metrics are means over the findings of a mask (k,)."""
        ece, brier, chance = (mean_of_defined(np.where(findings, table, np.nan)) for table in (self.ece, self.brier, self.chance_ece[None]))
        values = {"macro_ece": ece, "macro_brier": brier, "micro_ece": self.micro_ece, "micro_brier": self.micro_brier}
        return {name: Estimate.of(replicates) for name, replicates in values.items()} | {"macro_chance_ece": float(chance[0])}


def calibration_document(
    reliabilities: Mapping[str, Reliability], calibration: Calibration | None, in_macro: NDArray[np.bool_]
) -> dict[str, Any]:
    """``calibration`` of ``metrics.json``.

    Parameters
    ----------
    reliabilities
        Method -> metrics of the scores that it gives; none where the scores are no probabilities.
    calibration
        What was fitted on validation data; None where nothing was, as for anybody's predictions.
    in_macro
        (k,) the findings of macro metrics.
    """
    return {
        "left_out": None if reliabilities else NOT_PROBABILITIES,
        "bins": f"{BINS} a finding, equal numbers of known ECGs by score, equal scores together; micro: {BINS} over all known cells",
        "temperature": calibration.temperature if calibration else None,
        "findings_with_own_platt": int(calibration.own_fit.sum()) if calibration else None,
        "methods": {method: of_method.estimates(in_macro) for method, of_method in reliabilities.items()},
    }


def equal_bins(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Bin (m,) of each score (m,), 0 lowest to 9: rank of the first of its equals x 10 / m, rounded down.

    That is how many of nine borders lie below it: its rank among millions need not be looked up.
    """
    if not len(scores):
        return np.empty(0, np.int64)
    places = -(-np.arange(1, BINS) * len(scores) // BINS) - 1
    return np.searchsorted(np.partition(scores, places)[places], scores, side="left")


def calibration_line(labels: NDArray[np.int8], scores: NDArray[np.floating]) -> tuple[float, float]:
    """Calibration slope and intercept of one finding: 1 and 0 are right.

    Slope below 1: scores too extreme. Intercept, with the slope held at 1, above 0: scores too low on the whole.
    Van Calster et al. 2019, "Calibration: the Achilles heel of predictive analytics", BMC Medicine 17:230.

    Parameters
    ----------
    labels
        (n,) int8; -1 unknown, left out.
    scores
        (n,) probabilities.

    Returns
    -------
    tuple
        Both NaN without a positive or a negative; the slope also where one score separates the two, which has no finite slope.
    """
    known = labels >= 0
    present, logits = labels[known] == PRESENT, logits_of(scores[known])
    if present.all() or not present.any():
        return float("nan"), float("nan")
    reach = float(np.abs(logits).max()) + 50
    intercept = float(brentq(lambda shift: float(np.mean(expit(logits + shift) - present)), -reach, reach))
    with_it, without = logits[present], logits[~present]
    if with_it.min() >= without.max() or with_it.max() <= without.min():
        return float("nan"), intercept
    return logistic_fit(present.astype(np.float64), logits)[0], intercept
