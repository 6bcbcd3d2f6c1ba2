"""Leads that contradict or repeat each other, and electrodes that were exchanged: all from how the leads vary together."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.leads import INDEPENDENT_LEADS, INDEPENDENT_ROWS

_LAG_SECONDS = 0.04  # differences over so long keep P, QRS and T and drop the baseline

USUAL = np.array(
    [
        [88, 57, -67, -19, 32, 74, 89, 82],
        [57, 86, -49, -15, 42, 85, 93, 84],
        [-67, -49, 105, 91, 37, -28, -62, -72],
        [-19, -15, 91, 150, 112, 44, -4, -28],
        [32, 42, 37, 112, 153, 120, 74, 40],
        [74, 85, -28, 44, 120, 160, 135, 100],
        [89, 93, -62, -4, 74, 135, 144, 120],
        [82, 84, -72, -28, 40, 100, 120, 113],
    ]
)
"""How I, II, V1-V6 vary together in PTB-XL, folds 1-4: the mean of `usual_form` in thousandths, by `scripts/quality_checks.py`."""

_ITSELF = np.eye(len(USUAL), dtype=np.bool_)
_PRECISION = np.linalg.inv(USUAL + 0.01 * np.trace(USUAL) / len(USUAL) * np.eye(len(USUAL)))


def _exchanges() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Names, and (exchanges, 8, 8) what the exchange of two electrodes makes of I, II, V1-V6; each undoes itself.

    I = LA - RA and II = LL - RA, so exchanging LA and RA turns I over and makes II of III. The chest leads refer to the mean of the three,
    which no exchange changes.
    """
    limb = {"LA/RA": ((-1, 0), (-1, 1)), "LA/LL": ((0, 1), (1, 0)), "RA/LL": ((1, -1), (0, -1))}
    chest = {f"V{i + 1}/V{j + 1}": (i, j) for i, j in ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 2))}
    made = {name: np.eye(8) for name in (*limb, *chest, "V1-V6 reversed")}
    for name, turned in limb.items():
        made[name][:2, :2] = turned
    for name, (i, j) in chest.items():
        made[name][[2 + i, 2 + j]] = made[name][[2 + j, 2 + i]]
    made["V1-V6 reversed"][2:] = made["V1-V6 reversed"][:1:-1]
    return tuple(made), np.stack(list(made.values()))


EXCHANGES, MATRICES = _exchanges()


def covariance(slow: NDArray[np.float32], rate: float) -> NDArray[np.float64]:
    """(8, 8) how the independent leads of a slowed recording (12, samples) vary together over 40 ms."""
    lag = min(max(round(_LAG_SECONDS * rate), 1), slow.shape[1] - 1)
    change = slow[INDEPENDENT_ROWS, lag:] - slow[INDEPENDENT_ROWS, :-lag]
    change = change - change.mean(axis=1, keepdims=True)
    varying: NDArray[np.float64] = (change @ change.T).astype(np.float64) / change.shape[1]
    return varying


def reversal(covariance: NDArray[np.float64]) -> tuple[float, str]:
    """How many times more usual the leads would be with two electrodes exchanged, and which; below 1 where the order as it is fits best.

    The idea is that of Kors and van Herpen (2001), who compare each lead with its reconstruction from the others, as it is and with each
    exchange undone. Here all leads are compared at once: the trace of the inverse of `USUAL` times the recording's own covariance is small
    where leads vary together as they do in other people.
    """
    undone = _strangeness(MATRICES @ covariance @ MATRICES.transpose(0, 2, 1))
    best = int(undone.argmin())
    return float(_strangeness(covariance[None])[0] / undone[best]), EXCHANGES[best]


def usual_form(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 8, 8) with each lead divided by the root of its own size, and trace 1: large leads count more, but not by their square."""
    size = np.maximum(np.diagonal(covariances, axis1=1, axis2=2), 1e-12) ** 0.25
    shaped = covariances / (size[:, :, None] * size[:, None, :])
    return np.asarray(shaped / np.trace(shaped, axis1=1, axis2=2)[:, None, None])


def _strangeness(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((_PRECISION * usual_form(covariances)).sum(axis=(1, 2)))


def likeness(covariance: NDArray[np.float64], present: NDArray[np.bool_]) -> tuple[float, str]:
    """How alike the two most alike of the independent leads are, and which these are; NaN for a single lead.

    1 less what of one is left when the other, at the size that fits best, is taken off, as a share of it: 1 for a copy, of any gain.

    Parameters
    ----------
    present
        (8,) bool, which of `INDEPENDENT_LEADS` were recorded.
    """
    size = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    correlation = np.clip(covariance / (size[:, None] * size), 0, 1)
    correlation[~(present[:, None] & present) | _ITSELF] = -1
    first, second = divmod(int(correlation.argmax()), len(size))
    most = float(correlation[first, second])
    return (1 - (1 - most**2) ** 0.5, f"{INDEPENDENT_LEADS[first]}={INDEPENDENT_LEADS[second]}") if most >= 0 else (float("nan"), "")
