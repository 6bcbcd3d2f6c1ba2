"""The simulated hospitals: how often each finding is seen there, and with which recorder."""

from collections.abc import Mapping
from dataclasses import dataclass

from jaccardio.errors import UsageError
from jaccardio.simulation.noise import Equipment

ECHO_FINDINGS = frozenset({"low_ef", "lvh", "lae"})
"""Known from the echocardiogram only: unknown for patients who had none."""


@dataclass(frozen=True)
class Site:
    """One simulated hospital.

    Attributes
    ----------
    name
        Folder name and behind ``simulated`` the value of the column ``site``.
    prevalence
        Share of ECGs per finding.
    unannotated
        Findings that occur but that this hospital's readers never write down: their cells are empty, i.e. unknown.
    """

    name: str
    prevalence: Mapping[str, float]
    unannotated: frozenset[str]
    equipment: Equipment


_PERCENT: dict[str, tuple[float, float]] = {
    "lvh": (30.14, 23.05),
    "lae": (17.58, 17.58),
    "low_ef": (8.69, 7.99),
    "normal": (15.65, 22.54),
    "long_qt": (6.43, 4.30),
    "tall_t": (0.91, 0.68),
    "left_axis": (5.24, 4.19),
    "pacemaker": (2.94, 3.35),
    "ivcd": (1.92, 0.95),
    "crbbb": (8.37, 7.75),
    "clbbb": (1.94, 1.02),
    "flat_t": (12.63, 11.23),
    "inverted_t": (6.52, 5.44),
    "st_t": (17.24, 12.82),
    "poor_r": (5.34, 3.53),
    "abnormal_q": (1.65, 1.33),
    "anterior_mi": (0.86, 0.72),
    "lateral_mi": (0.75, 1.27),
    "inferior_mi": (2.55, 1.49),
    "anteroseptal_mi": (2.16, 1.13),
    "vpc": (6.06, 3.69),
    "frequent_vpc": (2.26, 1.38),
    "bigeminy": (0.61, 0.43),
    "vt": (0.30, 0.30),
    "couplet": (0.80, 0.29),
    "af": (13.71, 8.61),
}
"""Per cent of ECGs in the paper's two hospitals, recomputed from its Tables 5 and 7. The paper's tables do not determine ``vt``
(0.3 chosen), and its second hospital has no positive ``lae`` and ``frequent_vpc`` (Table 6, note): they occur here, unannotated."""

FINDINGS: tuple[str, ...] = tuple(_PERCENT)
"""Codes in the order of the vocabulary ``paper26``."""

_EQUIPMENT = (
    Equipment(counts_per_millivolt=1000.0, wander=0.035, mains=0.004, mains_frequency=50.0, muscle=0.012, low_cut=0.05, high_cut=150.0),
    Equipment(counts_per_millivolt=200.0, wander=0.060, mains=0.010, mains_frequency=60.0, muscle=0.018, low_cut=0.3, high_cut=100.0),
)

MAXIMUM_SITES = 26


def create_sites(count: int) -> tuple[Site, ...]:
    """``site-a`` is like the paper's first hospital; ``site-b`` and any further one are like its second.

    Raises
    ------
    UsageError
        `count` is not between 1 and 26.
    """
    if not 1 <= count <= MAXIMUM_SITES:
        raise UsageError(f"sites must be between 1 and {MAXIMUM_SITES}, got {count}.")
    sites = []
    for index in range(count):
        kind = min(index, 1)
        prevalence = {code: percent[kind] / 100 for code, percent in _PERCENT.items()}
        unannotated = frozenset({"lae", "frequent_vpc"}) if kind else frozenset()
        sites.append(Site(f"site-{chr(ord('a') + index)}", prevalence, unannotated, _EQUIPMENT[kind]))
    return tuple(sites)
