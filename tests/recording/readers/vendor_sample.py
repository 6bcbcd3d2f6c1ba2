"""What a sample file of a vendor format holds; written by `binary_samples` and `xml_samples`."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

TWELVE = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def simulated_counts(leads: int = 12, samples: int = 1000) -> NDArray[np.int16]:
    """(leads, samples) counts; limb leads of 12 obey Einthoven and Goldberger to within rounding; no two leads are alike."""
    time = np.arange(samples)
    beats = [np.exp(-(((time - 40 - row) % 200 - 60) ** 2) / 40) for row in range(leads)]
    waves = [np.rint((150 + 20 * row) * beats[row] + 9 * np.sin(time / (9 + row))) for row in range(leads)]
    if leads == 12:
        one, two = waves[0], waves[1]
        waves[2:6] = [two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.rint(waves).astype(np.int16)


@dataclass(frozen=True)
class Sample:
    """What a file holds.

    Attributes
    ----------
    leads
        Names, in the file's order.
    counts
        (leads, samples) stored numbers.
    microvolt
        Of one count.
    rate
        Hz.
    declared
        Samples that the header declares; those that are there if None.
    token
        Stands in every field that may tell whose ECG it is.
    """

    leads: tuple[str, ...] = TWELVE
    counts: NDArray[np.int16] = field(default_factory=simulated_counts)
    microvolt: float = 5.0
    rate: int = 500
    declared: int | None = None
    token: str = ""

    @property
    def samples(self) -> int:
        return self.counts.shape[1] if self.declared is None else self.declared


SCP_CODES = {"I": 1, "II": 2, "III": 61, "aVR": 62, "aVL": 63, "aVF": 64, **{f"V{n}": n + 2 for n in range(1, 7)}, "V3R": 11, "V4R": 12}
