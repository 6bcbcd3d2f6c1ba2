"""What a few labelled local ECGs are worth: thresholds from home against thresholds fitted again on the spot."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.confusion import Confusion
from jaccardio.evaluation.drift import by_random_patients
from jaccardio.evaluation.metrics import f1
from jaccardio.evaluation.thresholds import FITTED, Thresholds, fit_thresholds

SIZES = (0, 20, 50, 100, 200)
DRAWS = 20


def retune(
    labels: NDArray[np.int8], scores: NDArray[np.floating], patients: NDArray[np.str_], home: Thresholds
) -> dict[tuple[int, str], NDArray[np.float64]]:
    """Draws labelled ECGs by patients, fits thresholds on them as training does, and judges on the ECGs of all other patients.

    A size is left out where it is more than half of the ECGs. Both thresholds are judged on the same ECGs. Without labelled ECGs there is
    nothing to fit: both are the thresholds from home.

    Parameters
    ----------
    labels, scores, patients
        (n, k), (n, k) and (n,) of the local ECGs.
    home
        Thresholds fitted on the home validation part.

    Returns
    -------
    By the number of ECGs with a local label and the threshold policy: micro-F1 on the ECGs that were not labelled, (2, draws), with the
    thresholds from home and with thresholds fitted on the labelled ECGs.
    """
    found: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for size in SIZES:
        if 2 * size > len(labels):
            continue
        for draw in range(DRAWS if size else 1):
            chosen = by_random_patients(patients, np.random.default_rng([0, draw]))[:size]
            rest = ~np.isin(patients, patients[chosen])
            fitted = fit_thresholds(labels[chosen], scores[chosen]) if size else home
            for policy in FITTED:
                before, after = (micro_f1(labels[rest], one.decide(scores[rest], policy)) for one in (home, fitted))
                found.setdefault((size, policy), []).append((before, after))
    return {key: np.array(pairs).T for key, pairs in found.items()}


def micro_f1(labels: NDArray[np.int8], decisions: NDArray[np.bool_]) -> float:
    """F1 over all known cells of (n, k); NaN without a positive."""
    return float(f1(Confusion.of(labels, decisions, np.ones((1, len(labels)))).pooled())[0, 0])
