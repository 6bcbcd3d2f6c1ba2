"""Random predictions for tests."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import fit_thresholds


@dataclass(frozen=True)
class Case:
    """Random predictions with ties, unknown labels and several records a patient."""

    labels: NDArray[np.int8]
    scores: NDArray[np.float64]
    patients: NDArray[np.str_]
    codes: tuple[str, ...]
    groups: dict[str, list[tuple[str, tuple[int, ...]]]]

    @property
    def part(self) -> Part:
        ids = np.array([f"r{row}" for row in range(len(self.labels))], dtype=np.str_)
        return Part(ids, self.patients, self.labels, self.codes, self.groups)

    def scored(self, name: str = "model", scores: Sequence[NDArray[np.float64]] = (), seconds: Sequence[float] = ()) -> Scored:
        """The scores of one seed or several, with thresholds fitted on the labels themselves."""
        seeds = scores or [self.scores]
        return Scored(name, seeds, [fit_thresholds(self.labels, one) for one in seeds], seconds=seconds)


def random_case(n: int = 300, k: int = 6, seed: int = 0, decimals: int = 2) -> Case:
    rng = np.random.default_rng(seed)
    labels = (rng.random((n, k)) < np.linspace(0.05, 0.4, k)).astype(np.int8)
    logits = rng.normal(-1.5, 1, (n, k)) + 1.5 * labels
    scores = np.round(1 / (1 + np.exp(-logits)), decimals)
    labels[rng.random((n, k)) < 0.1] = -1
    patients = np.array([f"p{key}" for key in rng.integers(0, n // 2, n)])
    codes = tuple(f"f{column}" for column in range(k))
    return Case(labels, scores, patients, codes, {"all": [(code, (column,)) for column, code in enumerate(codes)]})
