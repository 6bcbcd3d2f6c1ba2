"""`Estimate`: a number with its 95 % interval and the value of each seed. Every metric has this shape, in code, JSON, HTML and Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import percentile_interval

NAN = float("nan")


@dataclass(frozen=True)
class Estimate:
    """One number; NaN where it is undefined.

    Attributes
    ----------
    value
        In the sample; with several seeds their mean.
    low, high
        95 % interval over resamples of patients; NaN where there is none.
    per_seed
        Value of each seed; empty where a single model, or no model, is judged.
    """

    value: float
    low: float = NAN
    high: float = NAN
    per_seed: tuple[float, ...] = ()

    @classmethod
    def of(cls, replicates: NDArray[np.float64], per_seed: Sequence[float] = ()) -> "Estimate":
        """From (r + 1,) values: row 0 is the sample itself, the others are its bootstrap replicates."""
        return cls(float(replicates[0]), *percentile_interval(replicates[1:]), tuple(map(float, per_seed)))

    @classmethod
    def of_seeds(cls, replicates: Sequence[NDArray[np.float64]]) -> "Estimate":
        """The mean over seeds, from (r + 1,) values of each on the same resamples."""
        return cls.of(np.mean(replicates, axis=0), [of_seed[0] for of_seed in replicates])

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return bool(np.isfinite(self.value))

    @property
    def has_interval(self) -> bool:
        """Whether there is an interval."""
        return bool(np.isfinite(self.low))

    @property
    def sd(self) -> float:
        """Standard deviation over the seeds in which the number is defined; NaN of fewer than two."""
        defined = [value for value in self.per_seed if np.isfinite(value)]
        return float(np.std(defined, ddof=1)) if len(defined) > 1 else NAN

    def to_dict(self) -> dict[str, Any]:
        """JSON form: ``value``, ``low``, ``high`` and, where there are seeds, ``per_seed``; None where undefined."""
        document: dict[str, Any] = {"value": json_number(self.value), "low": json_number(self.low), "high": json_number(self.high)}
        return document | ({"per_seed": [json_number(value) for value in self.per_seed]} if self.per_seed else {})

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Estimate":
        """The inverse of `to_dict`; other keys are left alone."""
        value, low, high = (NAN if document[key] is None else float(document[key]) for key in ("value", "low", "high"))
        return cls(value, low, high, tuple(NAN if one is None else float(one) for one in document.get("per_seed", ())))


UNDEFINED = Estimate(NAN)


def json_number(value: float) -> float | None:
    """A number as JSON has it: None where undefined."""
    return float(value) if np.isfinite(value) else None


def jsonable(document: Any) -> Any:
    """A document with every `Estimate` in its JSON form and None in the place of NaN."""
    if isinstance(document, Estimate):
        return document.to_dict()
    if isinstance(document, Mapping):
        return {key: jsonable(value) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [jsonable(value) for value in document]
    return json_number(document) if isinstance(document, float) else document
