"""How each finding changes a heart: one small function a finding, in the table `PATHOLOGIES`.

The functions run in the table's order: conduction before necrosis, axis before repolarisation, since the later ones build
on what the earlier ones leave. Severity is drawn inside wide clinical ranges. ``low_ef``, ``lvh`` and ``lae`` come from the
echocardiogram and not from the ECG; what is drawn for them is a proxy, correlated with the label and no rule for it: their
signs follow `Latent`, not the label.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from jaccardio.simulation.beats import QRS_WAVES, wave
from jaccardio.simulation.heart import Heart

Pathology = Callable[[Heart, np.random.Generator], None]


@dataclass(frozen=True)
class Latent:
    """What the ECG can see of three states of the heart, in standard deviations; healthy hearts lie at or below zero."""

    failing: float
    thick: float
    wide_atrium: float


def show_latent(heart: Heart, latent: Latent) -> None:
    """Draws the signs of a failing, thick or atrially enlarged heart: continuous, so that no threshold separates the labels."""
    failing, thick, atrium = (max(0.0, value + 0.5) for value in (latent.failing, latent.thick, latent.wide_atrium))
    heart.rate += 5.0 * failing
    _slow_conduction(heart, 1 + 0.055 * failing)
    heart.waves["notch"] = wave(0.030, 0.006, (0.13 * failing, 0.06 * failing, 0.06 * failing))
    heart.scale(("t",), 1 - 0.08 * min(failing, 3.0))
    heart.scale(("r", "s"), 1 + 0.15 * thick)
    heart.push("st", x=-0.012 * thick, z=0.010 * thick)
    left = heart.waves["p_left"]
    heart.waves["p_left"] = replace(left, centre=left.centre + 0.009 * atrium, fall=left.fall * (1 + 0.1 * atrium))
    heart.push("p_left", x=0.01 * atrium, z=0.045 * atrium)


def _slow_conduction(heart: Heart, factor: float) -> None:
    for name in QRS_WAVES:
        heart.waves[name] = heart.waves[name].stretched(factor)
    heart.delay += 0.08 * (factor - 1)


def pacemaker(heart: Heart, rng: np.random.Generator) -> None:
    """A spike before each broad beat."""
    heart.pacing = "ventricle" if heart.fibrillating or rng.random() < 0.5 else "both"
    heart.rate = float(rng.uniform(60, 80))


def clbbb(heart: Heart, rng: np.random.Generator) -> None:
    """Left bundle branch block: QRS over 120 ms, broad notched R to the left, QS in V1, ST and T opposite."""
    size = float(rng.uniform(0.85, 1.15))
    del heart.waves["notch"]  # the fine notch of a failing heart drowns in the broad complex
    heart.waves["septum"] = wave(-0.036, 0.014, (0.35 * size, 0.18 * size, 0.40 * size))
    heart.waves["apex"] = wave(-0.012, 0.016, (0.45 * size, 0.30 * size, 0.55 * size))
    heart.waves["r"] = wave(0.010, 0.020, (0.45 * size, 0.20 * size, 0.80 * size))
    heart.waves["s"] = wave(0.046, 0.017, (0.90 * size, 0.20 * size, 1.00 * size))
    heart.waves["st"] = replace(heart.waves["st"], vector=(-0.10, -0.03, -0.14))
    heart.waves["t"] = wave(0.26, 0.070, (-0.28 * size, -0.09, -0.34 * size), fall=0.052)
    heart.delay = 0.05


def crbbb(heart: Heart, rng: np.random.Generator) -> None:
    """Right bundle branch block: late forces to the right and front: R' in V1, broad S in I and V6, T inverted in V1."""
    size = float(rng.uniform(0.8, 1.25))
    heart.waves["right"] = wave(0.062, 0.017, (-0.55 * size, 0.0, -0.75 * size))
    heart.scale(("s",), 0.6)
    heart.push("t", x=0.03, z=0.22)
    heart.delay = 0.04


def ivcd(heart: Heart, rng: np.random.Generator) -> None:
    """Broad QRS without the form of either bundle branch block."""
    _slow_conduction(heart, float(rng.uniform(1.55, 1.8)))
    heart.waves["slur"] = wave(0.050, 0.011, (0.22, -0.18, 0.22))


def left_axis(heart: Heart, rng: np.random.Generator) -> None:
    """QRS axis between -30 and -90 degrees, as in left anterior fascicular block: rS in II, III, aVF."""
    heart.turn(("r", "s"), float(rng.uniform(-92, -76)))
    heart.push("septum", y=0.35)


def poor_r(heart: Heart, rng: np.random.Generator) -> None:
    """R stays under 0.3 mV up to V3: the anterior forces are small."""
    heart.scale(("septum", "apex"), float(rng.uniform(0.15, 0.3)))
    x, y, z = heart.waves["r"].vector
    heart.waves["r"] = replace(heart.waves["r"], vector=(0.8 * x, y, max(z, 0.6 * x)))


def _infarct(heart: Heart, rng: np.random.Generator, vector: tuple[float, float, float], repolarisation: bool = True) -> None:
    """Early forces point away from the scar (Q waves); part of the infarcts are recent: ST elevation and T inversion over them."""
    size = float(rng.uniform(0.85, 1.25))
    x, y, z = (component * size for component in vector)
    heart.waves["scar"] = wave(-0.024, 0.012, (x, y, z))
    if repolarisation:
        recent = float(rng.uniform(0, 0.35))
        heart.push("st", *(-recent * component for component in (x, y, z)))
        heart.push("t", *(float(rng.uniform(0.2, 0.45)) * component for component in (x, y, z)))


def anteroseptal_mi(heart: Heart, rng: np.random.Generator) -> None:
    """Q or QS waves in V1-V3."""
    heart.scale(("septum", "apex"), 0.15)
    _infarct(heart, rng, (0.10, 0.0, 0.55))
    heart.push("r", z=0.15)


def anterior_mi(heart: Heart, rng: np.random.Generator) -> None:
    """Q waves in V3-V4; V1 keeps its small r."""
    heart.scale(("apex",), 0.15)
    _infarct(heart, rng, (-0.22, 0.05, 0.45))


def abnormal_q(heart: Heart, rng: np.random.Generator) -> None:
    """Pathological Q waves, inferior or lateral, without the ST and T changes of an infarct."""
    _infarct(heart, rng, (0.08, -0.42, 0.0) if rng.random() < 0.5 else (-0.45, 0.05, -0.20), repolarisation=False)


def af(heart: Heart, rng: np.random.Generator) -> None:
    """Atrial fibrillation."""
    heart.fibrillating = True
    heart.rate = float(np.clip(rng.normal(85, 16), 58, 125))


def long_qt(heart: Heart, rng: np.random.Generator) -> None:
    """QTc (Bazett) of 490-560 ms."""
    heart.qtc = float(rng.uniform(0.49, 0.56))
    heart.rate = min(heart.rate, 85.0)


def tall_t(heart: Heart, rng: np.random.Generator) -> None:
    """T of 1 mV and more in the chest leads, narrow and pointed."""
    tip = heart.waves["t"]
    size = float(rng.uniform(1.0, 1.3))
    heart.waves["t"] = replace(tip, vector=(0.60 * size, 0.42 * size, -0.55 * size), rise=0.045, fall=0.040)


def flat_t(heart: Heart, rng: np.random.Generator) -> None:
    """T hardly leaves the baseline."""
    heart.scale(("t",), float(rng.uniform(0.05, 0.2)))


def inverted_t(heart: Heart, rng: np.random.Generator) -> None:
    """T points downwards in I, II, V3-V6."""
    size = float(rng.uniform(0.8, 1.3))
    heart.waves["t"] = replace(heart.waves["t"], vector=(-0.30 * size, -0.16 * size, 0.05 * size))


def st_t(heart: Heart, rng: np.random.Generator) -> None:
    """ST depression over the left ventricle with a low T."""
    size = float(rng.uniform(0.9, 1.5))
    heart.push("st", x=-0.13 * size, y=-0.09 * size, z=0.04 * size)
    heart.scale(("t",), 0.75)


def vpc(heart: Heart, rng: np.random.Generator) -> None:
    """One or two ventricular premature contractions."""
    heart.ectopic_beats = int(rng.integers(1, 3))
    heart.rate = min(heart.rate, 95.0)


def frequent_vpc(heart: Heart, rng: np.random.Generator) -> None:
    """At least three in ten seconds."""
    heart.ectopic_beats = int(rng.integers(3, 5))
    heart.rate = float(rng.uniform(78, 95))


def couplet(heart: Heart, rng: np.random.Generator) -> None:
    """Two in a row; further ones only where they are frequent."""
    heart.couplet = True
    heart.ectopic_beats = 2 if heart.ectopic_beats > 2 else 0


def bigeminy(heart: Heart, rng: np.random.Generator) -> None:
    """One after each conducted beat."""
    heart.bigeminy = True
    heart.rate = float(rng.uniform(68, 88))


def vt(heart: Heart, rng: np.random.Generator) -> None:
    """A run of five and more ventricular beats at 140-200 per minute."""
    heart.run = int(rng.integers(5, 18))


PATHOLOGIES: dict[str, Pathology] = {
    "af": af,
    "ivcd": ivcd,
    "clbbb": clbbb,
    "crbbb": crbbb,
    "pacemaker": pacemaker,
    "left_axis": left_axis,
    "poor_r": poor_r,
    "abnormal_q": abnormal_q,
    "inferior_mi": partial(_infarct, vector=(0.10, -0.55, 0.0)),  # Q waves in II, III, aVF
    "anteroseptal_mi": anteroseptal_mi,
    "anterior_mi": anterior_mi,
    "lateral_mi": partial(_infarct, vector=(-0.55, 0.05, -0.50)),  # Q waves in I, aVL, V5, V6
    "long_qt": long_qt,
    "tall_t": tall_t,
    "flat_t": flat_t,
    "inverted_t": inverted_t,
    "st_t": st_t,
    "vpc": vpc,
    "frequent_vpc": frequent_vpc,
    "couplet": couplet,
    "bigeminy": bigeminy,
    "vt": vt,
}
"""Finding to the function that draws it, in the order of application; a normal heart stays as it is, and `show_latent` draws the rest."""
