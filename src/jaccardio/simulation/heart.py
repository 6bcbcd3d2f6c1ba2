"""`Heart`: everything that decides how one simulated ECG looks before the recorder adds its noise."""

from dataclasses import dataclass, replace

import numpy as np

from jaccardio.simulation.beats import NORMAL_WAVES, P_WAVES, QRS_WAVES, Wave


@dataclass
class Heart:
    """A heart at the time of one ECG. The functions of `pathologies` change it in place, one finding after the other.

    Attributes
    ----------
    waves
        Waves of the conducted beat by name.
    rate
        Beats per minute.
    qtc
        QT corrected by Bazett, seconds.
    delay
        Seconds that QRS lasts longer than normal; the T wave comes so much later.
    fibrillating
        Atria fibrillate: irregular beats, no P waves, fibrillatory waves.
    pacing
        None, ``"ventricle"`` or ``"both"`` (atrium and ventricle).
    ectopic_beats
        Ventricular ectopic beats that stand alone, in ten seconds.
    couplet, bigeminy
        Two ectopic beats in a row; an ectopic beat after each conducted one.
    run
        Beats of a ventricular tachycardia, 0 for none.
    """

    waves: dict[str, Wave]
    rate: float
    qtc: float
    delay: float = 0.0
    fibrillating: bool = False
    pacing: str | None = None
    ectopic_beats: int = 0
    couplet: bool = False
    bigeminy: bool = False
    run: int = 0

    def scale(self, names: tuple[str, ...], factor: float) -> None:
        """Makes waves larger or smaller."""
        for name in names:
            self.waves[name] = self.waves[name].scaled(factor)

    def turn(self, names: tuple[str, ...], degrees: float) -> None:
        """Turns waves in the frontal plane."""
        for name in names:
            self.waves[name] = self.waves[name].turned(degrees)

    def push(self, name: str, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
        """Adds millivolt to a wave's vector."""
        old = self.waves[name]
        self.waves[name] = replace(old, vector=(old.vector[0] + x, old.vector[1] + y, old.vector[2] + z))

    def waves_at(self, interval: float) -> list[Wave]:
        """The conducted beat's waves with QT fitting the mean R-R interval in seconds (Bazett)."""
        repolarisation, shift = self.waves["t"], self.waves["st"]
        qt = self.qtc * float(np.sqrt(interval))
        stretch = float(np.clip(qt / 0.4, 0.75, 1.3))
        rise, fall = repolarisation.rise * stretch, repolarisation.fall * stretch
        peak = qt - 0.04 - 2 * fall + self.delay  # QRS starts 40 ms before R; the T wave's last tangent ends two deviations after its peak
        start = 0.05 + self.delay
        timed = {
            "t": replace(repolarisation, centre=peak, rise=rise, fall=fall),
            "st": replace(shift, centre=(start + peak) / 2, rise=(peak - start) / 2.5, fall=(peak - start) / 3),
        }
        drawn = {**self.waves, **timed}
        return [item for name, item in drawn.items() if not (self.fibrillating and name in P_WAVES)]


def normal_heart(rng: np.random.Generator) -> Heart:
    """A healthy adult's heart with the spread that people have in size, axis, times and T wave."""
    heart = Heart(dict(NORMAL_WAVES), rate=float(rng.uniform(58, 92)), qtc=float(np.clip(rng.normal(0.412, 0.013), 0.38, 0.44)))
    heart.turn(QRS_WAVES, float(np.clip(rng.normal(0, 11), -24, 28)))
    heart.scale(QRS_WAVES, float(np.exp(np.clip(rng.normal(0, 0.12), -0.25, 0.25))))
    heart.scale(("s",), float(rng.uniform(0.8, 1.2)))
    heart.scale(("septum", "apex"), float(rng.uniform(0.85, 1.25)))
    heart.scale(("t",), float(np.exp(np.clip(rng.normal(0, 0.14), -0.28, 0.25))))
    heart.turn(("t",), float(np.clip(rng.normal(0, 8), -15, 15)))
    heart.scale(P_WAVES, float(rng.uniform(0.8, 1.25)))
    lag = float(rng.uniform(-0.03, 0.01))
    for name in P_WAVES:
        heart.waves[name] = replace(heart.waves[name], centre=heart.waves[name].centre + lag)
    return heart
