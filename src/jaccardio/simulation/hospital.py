"""Patients of a simulated hospital: who has which findings, and how many ECGs.

Findings that exclude each other form a `Group`: each is a slice of the upper tail of one standard normal variable, which
loads on the states of the patient's heart (failing, thick, wide atrium). So prevalences are those asked for and findings come
together as they do in patients. Groups that an earlier finding rules out (no T wave diagnosis in a paced beat) are drawn more
often in the others, so that the total stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from jaccardio.simulation.pathologies import Latent
from jaccardio.simulation.sites import Site

ECG_COUNT_SHARES = (0.60, 0.25, 0.10, 0.05)
"""Share of patients with one, two, three, four ECGs."""

ECHO_SHARE = 0.6
"""Share of patients who had an echocardiogram."""

VISIBLE_CORRELATION = 0.78
"""Correlation of the heart's true state, which decides the echocardiographic label, with what the ECG shows of it:
the area under the ROC curve of a perfect reader is about 0.91 for ``low_ef`` and less for the commoner two."""

HEALTHY = Latent(-1.0, -1.0, -1.0)
FIRST_DAY, DAYS = date(2015, 1, 1), 3650


@dataclass(frozen=True)
class Group:
    """Findings that exclude each other, the far tail first.

    Attributes
    ----------
    patterns
        Findings that are present together, most severe pattern first.
    loading
        Correlation with (failing, thick, wide atrium).
    excluded_by
        Findings, exclusive among themselves, that rule the group out.
    transient
        Drawn anew for each ECG; the others stay with the patient.
    """

    patterns: tuple[tuple[str, ...], ...]
    loading: tuple[float, float, float]
    excluded_by: tuple[str, ...] = ("normal",)
    transient: bool = False


BLOCKED = ("normal", "pacemaker", "clbbb")

GROUPS: tuple[Group, ...] = (
    Group((("low_ef",),), (1.0, 0.0, 0.0)),
    Group((("lvh",),), (0.0, 1.0, 0.0)),
    Group((("lae",),), (0.0, 0.0, 1.0)),
    Group((("clbbb",), ("ivcd",), ("pacemaker",), ("crbbb",)), (0.45, 0.0, 0.0)),
    Group((("af",),), (0.15, 0.0, 0.4)),
    Group((("left_axis",),), (0.1, 0.2, 0.0), ("normal", "pacemaker")),
    Group((("anteroseptal_mi",), ("anterior_mi",), ("inferior_mi",), ("lateral_mi",), ("abnormal_q",), ("poor_r",)), (0.4, 0, 0), BLOCKED),
    Group((("long_qt",),), (0.2, 0.0, 0.0), BLOCKED, transient=True),
    Group((("inverted_t",), ("flat_t",), ("tall_t",)), (0.1, 0.3, 0.0), BLOCKED, transient=True),
    Group((("st_t",),), (0.25, 0.3, 0.0), (*BLOCKED, "tall_t"), transient=True),
    Group(
        (
            ("vt",),
            ("vpc", "frequent_vpc", "bigeminy"),
            ("vpc", "frequent_vpc", "couplet"),
            ("vpc", "couplet"),
            ("vpc", "frequent_vpc"),
            ("vpc",),
        ),
        (0.3, 0.0, 0.0),
        ("normal", "pacemaker"),
        transient=True,
    ),
)


@dataclass(frozen=True)
class SimulatedEcg:
    """What is to be drawn and written for one ECG.

    Attributes
    ----------
    number
        Of the record, from 1; of the patient, from 1.
    findings
        All that are present, known to the hospital's readers or not.
    echo
        The patient had an echocardiogram.
    """

    number: int
    patient: int
    age: int
    sex: str
    day: date
    findings: frozenset[str]
    latent: Latent
    echo: bool


def draw_patients(site: Site, records: int, rng: np.random.Generator) -> list[SimulatedEcg]:
    """Draws patients until `records` ECGs are there."""
    ecgs: list[SimulatedEcg] = []
    patient = 0
    while len(ecgs) < records:
        patient += 1
        ecgs.extend(_draw_patient(site, patient, len(ecgs) + 1, records - len(ecgs), rng))
    return ecgs


def _draw_patient(site: Site, patient: int, number: int, room: int, rng: np.random.Generator) -> list[SimulatedEcg]:
    healthy = bool(rng.random() < site.prevalence["normal"])
    truth = rng.normal(size=3)
    seen = VISIBLE_CORRELATION * truth + np.sqrt(1 - VISIBLE_CORRELATION**2) * rng.normal(size=3)
    age = int(np.clip(rng.normal(48 if healthy else 67, 14), 18, 89))
    sex = str(rng.choice(("female", "male")))
    echo = bool(rng.random() < ECHO_SHARE)
    chronic = _draw_findings(site, frozenset({"normal"}) if healthy else frozenset(), truth, rng, transient=False)
    count = min(room, 1 + int(rng.choice(len(ECG_COUNT_SHARES), p=ECG_COUNT_SHARES)))
    days = np.sort(rng.integers(0, DAYS, count))
    return [
        SimulatedEcg(
            number=number + index,
            patient=patient,
            age=age,
            sex=sex,
            day=FIRST_DAY + timedelta(days=int(day)),
            findings=_draw_findings(site, chronic, truth, rng, transient=True),
            latent=HEALTHY if healthy else Latent(*(float(value) for value in seen)),
            echo=echo,
        )
        for index, day in enumerate(days)
    ]


def _draw_findings(
    site: Site, present: frozenset[str], truth: NDArray[np.float64], rng: np.random.Generator, transient: bool
) -> frozenset[str]:
    for group in GROUPS:
        if group.transient != transient:
            continue
        loading = np.array(group.loading)
        own = rng.normal()
        if present.isdisjoint(group.excluded_by):
            variable = float(loading @ truth + np.sqrt(1 - loading @ loading) * own)
            present |= _slice(group, variable, site.prevalence)
    return present


def _slice(group: Group, variable: float, prevalence: Mapping[str, float]) -> frozenset[str]:
    possible = 1 - sum(prevalence[code] for code in group.excluded_by)
    above = 0.0
    for pattern in group.patterns:
        above += pattern_prevalence(pattern, prevalence) / possible
        if variable > -ndtri(above):
            return frozenset(pattern)
    return frozenset()


def pattern_prevalence(pattern: tuple[str, ...], prevalence: Mapping[str, float]) -> float:
    """Share of ECGs with exactly this pattern: half the couplets come with further ectopic beats, all bigeminies do."""
    bigeminy, couplet, frequent = prevalence["bigeminy"], prevalence["couplet"], prevalence["frequent_vpc"]
    shares = {
        ("vpc", "frequent_vpc", "bigeminy"): bigeminy,
        ("vpc", "frequent_vpc", "couplet"): couplet / 2,
        ("vpc", "couplet"): couplet / 2,
        ("vpc", "frequent_vpc"): frequent - bigeminy - couplet / 2,
        ("vpc",): prevalence["vpc"] - frequent - couplet / 2,
    }
    return shares[pattern] if pattern in shares else prevalence[pattern[0]]
