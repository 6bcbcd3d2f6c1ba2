"""`Reference`: what is usual in the validation part of a training, for a service to hold later ECGs against; it holds no ECG's own numbers.

How unusual an embedding is, is told by the sine of its angle to the space in which those of the validation part mostly lie. The distance
from their mean would not do: noise draws embeddings towards it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.confusion import ratio
from jaccardio.evaluation.estimate import jsonable
from jaccardio.evaluation.relatedness import directions
from jaccardio.measurement.quality import kinds_of

AXES = 32
"""Of that space; at most half of the embedding's dimensions."""

FAR = 0.95
"""A share of the usual ECGs as large as this is nearer than `Reference.far`."""

SMALLEST_DISTANCE = 1e-6
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Reference:
    """What is usual.

    Attributes
    ----------
    ecgs
        How many ECGs it rests on.
    flags
        Flag of quality -> share of the ECGs that have it; one that none has is left out.
    present
        Policy of thresholds -> (k,) share of ECGs that each finding is called in, of those that could be judged; NaN where none could.
    axes
        (r, d) orthonormal, the space in which the embeddings of half of the ECGs mostly lie.
    median, far
        Of the distances of the other half the median, which is the unit of `distance`, and what `FAR` of them are below, in that unit.
    """

    ecgs: int
    flags: Mapping[str, float]
    present: Mapping[str, NDArray[np.float64]]
    axes: NDArray[np.float64]
    median: float
    far: float

    def distance(self, embedding: NDArray[np.floating]) -> float:
        """How far an embedding (d,) is from what is usual; 1 is the median."""
        return float(_sines(embedding[None], self.axes)[0] / self.median)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; axes to six decimals."""
        shares = {policy: values.tolist() for policy, values in self.present.items()}
        axes = np.round(self.axes, _DECIMALS).tolist()
        document: dict[str, Any] = jsonable(vars(self) | {"flags": dict(self.flags), "present": shares, "axes": axes})
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Reference":
        """The inverse of `to_dict`.

        Raises
        ------
        DataError
            A key is missing or unknown, or the lists differ in length.
        """
        if set(document) != set(cls.__dataclass_fields__):
            raise DataError(f"reference: expected {', '.join(cls.__dataclass_fields__)}, found {', '.join(sorted(document)) or 'nothing'}.")
        present = {policy: np.array(shares, np.float64) for policy, shares in document["present"].items()}
        if len({len(shares) for shares in present.values()}) != 1 or len({len(axis) for axis in document["axes"]}) != 1:
            raise DataError("reference: policies and axes must be of equal length each.")
        return cls(**{**document, "present": present, "axes": np.array(document["axes"], np.float64)})


def fit_reference(
    embeddings: NDArray[np.floating],
    decisions: Mapping[str, NDArray[np.bool_]],
    judged: NDArray[np.bool_],
    flags: Iterable[Sequence[str]],
) -> Reference:
    """What is usual among some ECGs.

    Parameters
    ----------
    embeddings
        (n, d), at least one.
    decisions
        Policy of thresholds -> (n, k) True where a finding is called.
    judged
        (n, k) True where the leads of the ECG can show the finding.
    flags
        Those of each ECG, e.g. ``short: 5.0 s``.
    """
    kinds = [kind for of_ecg in flags for kind in kinds_of(of_ecg)]
    number, ecgs = judged.sum(axis=0, dtype=np.float64), len(embeddings)
    present = {policy: ratio((called & judged).sum(axis=0, dtype=np.float64), number) for policy, called in decisions.items()}
    half, other = embeddings[::2], embeddings[min(1, ecgs - 1) :: 2]
    axes = np.linalg.svd(directions(half.astype(np.float64)), full_matrices=False)[2][: min(AXES, max(embeddings.shape[1] // 2, 1))]
    distances = _sines(other, axes)
    median = max(float(np.median(distances)), SMALLEST_DISTANCE)
    shares = {kind: kinds.count(kind) / ecgs for kind in sorted(set(kinds))}
    return Reference(ecgs, shares, present, axes, median, float(np.quantile(distances, FAR)) / median)


def _sines(embeddings: NDArray[np.floating], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sine (n,) of the angle between embeddings (n, d) and the space of orthonormal axes (r, d)."""
    unit = directions(embeddings.astype(np.float64))
    return np.asarray(np.linalg.norm(unit - unit @ axes.T @ axes, axis=1))
