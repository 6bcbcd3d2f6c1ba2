"""One rule per finding that has one: textbook criteria on what `measure` reads off the waveform."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .measure import Measured

CONDUCTION = frozenset({"clbbb", "crbbb", "ivcd", "pacemaker"})
INFARCTS = frozenset({"inferior_mi", "lateral_mi", "anterior_mi", "anteroseptal_mi"})


@dataclass(frozen=True)
class Rule:
    """`holds` tells from the waveform whether the finding is there; ECGs with a finding of `inapplicable` are not judged."""

    holds: Callable[[Measured], bool]
    inapplicable: frozenset[str] = frozenset()


def runs(ecg: Measured) -> list[int]:
    """Lengths of the runs of odd beats."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ecg.odd.astype(int), [0]])))
    return list(edges[1::2] - edges[::2])


def mean_t(ecg: Measured, leads: str) -> float:
    return float(np.mean([ecg.t(lead) for lead in leads.split()]))


def mean_q(ecg: Measured, leads: str) -> float:
    return float(np.mean([ecg.q(lead) for lead in leads.split()]))


def axis(ecg: Measured) -> float:
    return float(np.degrees(np.arctan2(2 * ecg.net("aVF") / np.sqrt(3), ecg.net("I"))))


def alternates(ecg: Measured) -> bool:
    pattern = "".join("v" if odd else "n" for odd in ecg.odd)
    return "vnvnv" in pattern


def no_p_and_irregular(ecg: Measured) -> bool:
    gaps = ecg.usual_intervals
    return ecg.p < 0.10 and (gaps.size < 3 or float(np.std(gaps) / np.mean(gaps)) > 0.09)


def early(ecg: Measured) -> bool:
    """A single odd beat comes before its time."""
    first = np.flatnonzero(ecg.odd[1:] & ~ecg.odd[:-1])
    return first.size > 0 and bool((ecg.intervals[first] < 0.85 * np.median(ecg.intervals)).any() or alternates(ecg))


RULES: dict[str, Rule] = {
    "af": Rule(no_p_and_irregular, frozenset({"pacemaker", "bigeminy"})),
    "pacemaker": Rule(lambda ecg: ecg.spike > 0.38),
    "clbbb": Rule(lambda ecg: ecg.width > 0.12 and ecg.first_r("V1") < 0.15 and ecg.qrs("V6").min() > -0.2, frozenset({"pacemaker"})),
    "crbbb": Rule(lambda ecg: ecg.width > 0.11 and ecg.qrs("V1")[len(ecg.qrs("V1")) // 2 :].max() > 0.35 and ecg.qrs("V6").min() < -0.2),
    "ivcd": Rule(
        lambda ecg: ecg.width > 0.12 and ecg.qrs("V1")[len(ecg.qrs("V1")) // 2 :].max() < 0.3, frozenset({"pacemaker", "clbbb", "crbbb"})
    ),
    "left_axis": Rule(lambda ecg: -90 < axis(ecg) < -30, frozenset({"pacemaker", "inferior_mi"})),
    "poor_r": Rule(lambda ecg: ecg.first_r("V3") < 0.3, CONDUCTION | {"anteroseptal_mi", "anterior_mi"}),
    "inferior_mi": Rule(lambda ecg: mean_q(ecg, "II III aVF") > 0.2, CONDUCTION | {"abnormal_q"}),
    "anteroseptal_mi": Rule(lambda ecg: mean_q(ecg, "V1 V2") > 0.25, CONDUCTION | {"anterior_mi", "poor_r"}),
    "anterior_mi": Rule(lambda ecg: mean_q(ecg, "V3 V4") > 0.25, CONDUCTION | {"anteroseptal_mi"}),
    "lateral_mi": Rule(lambda ecg: mean_q(ecg, "V5 V6") > 0.3 and ecg.q("I") > 0.1, CONDUCTION | {"abnormal_q"}),
    "abnormal_q": Rule(lambda ecg: max(mean_q(ecg, "II III aVF"), mean_q(ecg, "I V6")) > 0.15, CONDUCTION | INFARCTS),
    "long_qt": Rule(lambda ecg: ecg.qtc > 0.47, CONDUCTION | {"flat_t", "vt", "bigeminy", "frequent_vpc"}),
    "tall_t": Rule(lambda ecg: max(ecg.t("V2"), ecg.t("V3"), ecg.t("V4")) > 0.95, CONDUCTION | {"bigeminy", "vt"}),
    "inverted_t": Rule(lambda ecg: mean_t(ecg, "V4 V5 V6") < -0.12, CONDUCTION | {"bigeminy", "vt"}),
    "flat_t": Rule(lambda ecg: max(abs(ecg.t(lead)) for lead in ("II", "V5", "V6")) < 0.15, CONDUCTION | {"st_t", "bigeminy", "vt"}),
    "st_t": Rule(lambda ecg: np.mean([ecg.st(lead) for lead in ("II", "V4", "V5", "V6")]) < -0.06, CONDUCTION),
    "vpc": Rule(lambda ecg: early(ecg), frozenset({"vt", "pacemaker"})),
    "frequent_vpc": Rule(lambda ecg: int(ecg.odd.sum()) >= 3, frozenset({"vt", "pacemaker"})),
    "couplet": Rule(lambda ecg: 2 in runs(ecg), frozenset({"vt", "pacemaker"})),
    "bigeminy": Rule(alternates, frozenset({"pacemaker"})),
    "vt": Rule(lambda ecg: max(runs(ecg), default=0) >= 3),
}
"""Exceptions: broad complexes carry Q, R, ST and T patterns of their own; an infarct beside the place in question shares its
Q waves; regular pacing and bigeminy hide the irregularity of fibrillating atria; paced beats are broad like ectopic ones;
in bigeminy and ventricular tachycardia the next beat covers the T wave; a flat T has no end to measure QT by; ST
depression lifts or lowers what is left of a flat T. Where a finding has no rule here (normal, and the echocardiographic low_ef,
lvh, lae) the waveform does not decide it."""
