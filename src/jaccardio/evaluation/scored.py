"""`Scored`: what a model says of a part, once for each of its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.calibration import Calibration
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.thresholds import Thresholds


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of a part's ECGs.

    Attributes
    ----------
    name
        What tables call the model.
    scores
        (n, k) for each seed, higher means rather present. Outside [0, 1] they are ranked and cut by thresholds as they are.
    thresholds
        Of each seed, fitted on validation data.
    calibration
        Fitted on validation data; None judges probabilities as they are only.
    note
        What it is, e.g. "captions x jaccard x signed_sigmoid".
    seconds
        Training time of each seed; empty where nobody knows it.
    seeds
        The seeds themselves; empty where nobody knows them. One whose training failed is missing.
    """

    name: str
    scores: Sequence[NDArray[np.floating]]
    thresholds: Sequence[Thresholds]
    calibration: Calibration | None = None
    note: str = ""
    seconds: Sequence[float] = ()
    seeds: Sequence[int] = ()

    def check(self, part: Part) -> None:
        """Raises DataError where scores and thresholds do not belong to the part, or a score is not a finite number."""
        if not self.scores or len(self.scores) != len(self.thresholds):
            raise DataError(
                f"evaluation: {self.name!r} has {len(self.scores)} tables of scores and {len(self.thresholds)} thresholds; it needs one "
                "of each for every seed."
            )
        for seed, (scores, thresholds) in enumerate(zip(self.scores, self.thresholds, strict=True), start=1):
            where = f"evaluation: {self.name!r}" + (f", seed {seed} of {len(self.scores)}" if len(self.scores) > 1 else "")
            widths = {len(values) for values in thresholds.values.values()} - {len(part.codes)}
            if scores.shape != part.labels.shape or widths:
                raise DataError(
                    f"{where}: scores {scores.shape}, labels {part.labels.shape} and thresholds for "
                    f"{' and '.join(map(str, sorted(widths or {len(part.codes)})))} findings do not belong together."
                )
            if bad := int((~np.isfinite(scores)).sum()):
                raise DataError(f"{where}: {bad} scores are not finite numbers; the model that made them is damaged or diverged.")

    def of_records(self, rows: NDArray[np.int64]) -> "Scored":
        """Of some of the ECGs, in the order given."""
        return replace(self, scores=[scores[rows] for scores in self.scores])

    def of_findings(self, columns: Sequence[int]) -> "Scored":
        """Of some of the findings, in the order given."""
        places = np.asarray(columns, np.int64)
        return replace(
            self,
            scores=[scores[:, places] for scores in self.scores],
            thresholds=[thresholds.of(places.tolist()) for thresholds in self.thresholds],
            calibration=self.calibration and self.calibration.of_findings(places),
        )

    def with_oracle(self, part: Part) -> "Scored":
        """With the oracle among the thresholds of each seed: those fitted on the part itself."""
        fitted = [limits.with_oracle(part.labels, scores) for limits, scores in zip(self.thresholds, self.scores, strict=True)]
        return replace(self, thresholds=fitted)
