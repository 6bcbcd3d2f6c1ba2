"""Echocardiograms of a simulated hospital: several a patient, some with gaps, whose numbers agree with the patient's findings.

The numbers are drawn from the findings alone: an ejection fraction of 40 % or less goes with ``low_ef``, a mass index above 115 g/m2 with
``lvh``, a left atrial volume index above 34 ml/m2 with ``lae``. The limits are those of Lang et al. 2015 (doi:10.1016/j.echo.2014.10.003),
for men in the case of the mass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import numpy as np

from jaccardio.simulation.hospital import SimulatedEcg
from jaccardio.simulation.sites import Site

COLUMNS = ("patient_id", "date", "lvef", "lv_mass_index", "la_volume_index")

NEAR_SHARE, FAR_SHARE = 0.7, 0.3
"""Chance of an echocardiogram within weeks of an ECG, and of one months or years away from it."""

NEAR_DAYS, FAR_DAYS = 12.0, (60, 1500)
"""Standard deviation of the near ones, range of the far ones."""

UNMEASURED = 0.08
"""Share of the values that an examiner left out."""


@dataclass(frozen=True)
class _Measure:
    """A value's limit, and (mean, standard deviation, outermost) on the side of the finding and on the other one."""

    finding: str
    limit: int
    with_finding: tuple[float, float, int]
    without: tuple[float, float, int]

    def draw(self, present: bool, rng: np.random.Generator) -> int:
        mean, deviation, outermost = self.with_finding if present else self.without
        low_side = outermost < mean
        inner = self.limit if low_side else self.limit + 1  # the limit itself is on the lower side
        return max(min(inner, outermost), min(round(rng.normal(mean, deviation)), max(inner, outermost)))


MEASURES = (
    _Measure("low_ef", 40, (31, 6, 12), (60, 7, 78)),
    _Measure("lvh", 115, (138, 16, 230), (88, 13, 45)),
    _Measure("lae", 34, (44, 8, 90), (26, 5, 12)),
)


def echo_rows(site: Site, ecgs: Sequence[SimulatedEcg], seed: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Rows of the table, in the order of `COLUMNS`, patients in order and their echocardiograms by day.

    Parameters
    ----------
    seed
        Of the site; each patient has random numbers of their own, so ECGs stay as they are without this table.
    """
    for patient, own in groupby(ecgs, key=lambda ecg: ecg.patient):
        rng = np.random.default_rng([*seed, patient])
        theirs = list(own)
        days = [day for ecg in theirs for day in _days(ecg, rng)] if theirs[0].echo else []
        for day in sorted(days):
            values = (
                ""
                if measure.finding in site.unannotated or rng.random() < UNMEASURED
                else str(measure.draw(measure.finding in theirs[0].findings, rng))
                for measure in MEASURES
            )
            yield (patient_id(site, patient), day.isoformat(), *values)


def patient_id(site: Site, patient: int) -> str:
    """A patient's number as the hospital writes it: ``A000001``."""
    return f"{site.name[-1].upper()}{patient:06d}"


def _days(ecg: SimulatedEcg, rng: np.random.Generator) -> Iterator[date]:
    if rng.random() < NEAR_SHARE:
        yield ecg.day + timedelta(days=round(rng.normal(0, NEAR_DAYS)))
    if rng.random() < FAR_SHARE:
        yield ecg.day + timedelta(days=int(rng.integers(*FAR_DAYS)) * int(rng.choice((-1, 1))))
