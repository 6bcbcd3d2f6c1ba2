"""Waves of a simulated heart beat: Gaussians of the heart's electrical vector, and the leads that see them.

The heart is one dipole with three components in millivolt (Frank axes: x to the left, y to the feet, z to the back). Each
wave is a Gaussian in time with a direction in space. Dower's matrix turns the vector into the eight independent leads.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]

DOWER: NDArray[np.float64] = np.array(
    [
        [0.632, -0.235, 0.059],  # I
        [0.235, 1.066, -0.132],  # II
        [-0.515, 0.157, -0.917],  # V1
        [0.044, 0.164, -1.387],  # V2
        [0.882, 0.098, -1.277],  # V3
        [1.213, 0.127, -0.601],  # V4
        [1.125, 0.127, -0.086],  # V5
        [0.831, 0.076, 0.230],  # V6
    ]
)
"""Frank vector to I, II, V1-V6: Dower, Machado, Osborne, Clin Cardiol 3 (1980) 87."""

BEFORE_SECONDS, AFTER_SECONDS = 0.4, 0.8
"""A beat's window around its R peak."""


@dataclass(frozen=True)
class Wave:
    """One Gaussian of the heart vector.

    Attributes
    ----------
    centre
        Seconds after the R peak.
    rise, fall
        Standard deviation in seconds before and after the centre (T waves rise slower than they fall).
    vector
        (x, y, z) at the centre, millivolt.
    """

    centre: float
    rise: float
    fall: float
    vector: Vector

    def scaled(self, factor: float) -> "Wave":
        """The same wave, `factor` times as large."""
        x, y, z = self.vector
        return replace(self, vector=(x * factor, y * factor, z * factor))

    def turned(self, degrees: float) -> "Wave":
        """The same wave, turned in the frontal plane (positive: towards the feet)."""
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        x, y, z = self.vector
        return replace(self, vector=(float(cosine * x - sine * y), float(sine * x + cosine * y), z))

    def stretched(self, factor: float) -> "Wave":
        """The same wave, `factor` times as long and as far from the R peak."""
        return replace(self, centre=self.centre * factor, rise=self.rise * factor, fall=self.fall * factor)


def wave(centre: float, width: float, vector: Vector, fall: float | None = None) -> Wave:
    """A wave; symmetric unless `fall` is given."""
    return Wave(centre, width, width if fall is None else fall, vector)


NORMAL_WAVES: dict[str, Wave] = {
    "p_right": wave(-0.168, 0.016, (0.04, 0.10, -0.05)),
    "p_left": wave(-0.140, 0.018, (0.08, 0.07, 0.02)),
    "septum": wave(-0.023, 0.007, (-0.16, -0.06, -0.22)),
    "apex": wave(-0.010, 0.008, (0.15, 0.10, -0.35)),
    "r": wave(0.000, 0.011, (1.10, 0.90, 0.25)),
    "s": wave(0.022, 0.011, (-0.14, -0.16, 0.70)),
    "st": wave(0.110, 0.030, (0.0, 0.0, 0.0)),
    "t": wave(0.260, 0.055, (0.34, 0.22, -0.20), fall=0.040),
}
"""A normal beat. The T wave's time is set from QT by `Heart.waves_at`."""

QRS_WAVES = ("septum", "apex", "r", "s")
P_WAVES = ("p_right", "p_left")


def ectopic_waves(rng: np.random.Generator) -> dict[str, Wave]:
    """A beat from the ventricle: broad QRS from a random origin, T opposite to it, no P wave."""
    side = rng.choice((-1.0, 1.0))  # +1 from the right ventricle (upright to the left), -1 from the left ventricle
    height = rng.choice((-1.0, 1.0))
    size = rng.uniform(1.0, 1.35)
    main = (1.25 * side * size, 1.1 * height * size, 0.95 * side * size)
    return {
        "onset": wave(-0.032, 0.017, (0.35 * main[0], 0.3 * main[1], 0.35 * main[2])),
        "r": wave(0.0, 0.019, main),
        "s": wave(0.046, 0.018, (0.4 * main[0], -0.15 * main[1], 0.6 * main[2])),
        "t": wave(0.29, 0.065, (-0.42 * main[0], -0.42 * main[1], -0.42 * main[2]), fall=0.048),
    }


def paced_waves(rng: np.random.Generator, atrial: bool) -> dict[str, Wave]:
    """A beat stimulated at the apex of the right ventricle: spike, broad QRS to the left and upwards, opposite T."""
    spike = rng.uniform(0.7, 1.5)
    waves = {
        "spike": wave(-0.075, 0.0012, (0.8 * spike, -1.3 * spike, 0.9 * spike)),
        "onset": wave(-0.030, 0.020, (0.30, -0.25, 0.30)),
        "r": wave(0.000, 0.024, (0.80, -0.95, 0.60)),
        "s": wave(0.045, 0.024, (0.40, -0.50, 0.55)),
        "t": wave(0.290, 0.062, (-0.35, 0.40, -0.40), fall=0.045),
    }
    if atrial:
        waves["atrial_spike"] = wave(-0.235, 0.0012, (0.5 * spike, -0.7 * spike, 0.3 * spike))
        waves["p_left"] = wave(-0.195, 0.018, (0.08, 0.11, 0.0))
    return waves


def render(waves: Iterable[Wave], sampling_rate: float) -> NDArray[np.float32]:
    """One beat in the eight independent leads.

    Returns
    -------
    (8, window) float32, millivolt; the R peak lies `BEFORE_SECONDS` after the start.
    """
    listed = list(waves)
    time = np.arange(-round(BEFORE_SECONDS * sampling_rate), round(AFTER_SECONDS * sampling_rate)) / sampling_rate
    narrowest = 0.6 / sampling_rate  # a narrower spike would fall between two samples
    offset = time - np.array([item.centre for item in listed])[:, None]
    rise = np.array([max(item.rise, narrowest) for item in listed])[:, None]
    fall = np.array([max(item.fall, narrowest) for item in listed])[:, None]
    bells = np.exp(-0.5 * (offset / np.where(offset < 0, rise, fall)) ** 2)
    return np.asarray(DOWER @ np.array([item.vector for item in listed]).T @ bells, dtype=np.float32)
