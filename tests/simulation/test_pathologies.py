"""Each finding is visible to a reader who knows nothing of how it was drawn."""

import numpy as np
import pytest

from jaccardio.simulation.hospital import SimulatedEcg
from jaccardio.simulation.pathologies import PATHOLOGIES
from jaccardio.simulation.sites import ECHO_FINDINGS, FINDINGS

from .measure import Measured
from .rules import RULES

ENOUGH = 12


def test_every_finding_has_a_function_and_a_rule_or_a_reason() -> None:
    assert PATHOLOGIES.keys() == RULES.keys() == set(FINDINGS) - ECHO_FINDINGS - {"normal"}


@pytest.mark.parametrize("code", RULES)
def test_rule_holds_where_the_finding_is_and_only_there(code: str, study: list[tuple[SimulatedEcg, Measured]]) -> None:
    rule = RULES[code]
    judged = [(code in ecg.findings, rule.holds(measured)) for ecg, measured in study if not ecg.findings & rule.inapplicable]
    present = [holds for there, holds in judged if there]
    absent = [holds for there, holds in judged if not there]
    assert len(present) >= ENOUGH
    assert np.mean(present) >= 0.9
    assert np.mean(absent) <= 0.1


def test_normal_ecgs_satisfy_no_rule(study: list[tuple[SimulatedEcg, Measured]]) -> None:
    normal = [measured for ecg, measured in study if "normal" in ecg.findings]
    assert len(normal) >= ENOUGH
    assert np.mean([any(rule.holds(measured) for rule in RULES.values()) for measured in normal]) <= 0.1


def test_normal_times_are_normal(study: list[tuple[SimulatedEcg, Measured]]) -> None:
    normal = [measured for ecg, measured in study if "normal" in ecg.findings]
    assert np.median([measured.width for measured in normal]) == pytest.approx(0.085, abs=0.02)
    assert np.median([measured.qtc for measured in normal]) == pytest.approx(0.41, abs=0.03)
    assert all(50 < 60 / np.mean(measured.intervals) < 105 for measured in normal)


def test_echo_findings_show_only_on_average(study: list[tuple[SimulatedEcg, Measured]]) -> None:
    """Sokolow-Lyon voltage is higher with lvh, but no threshold separates: a proxy, not a rule."""
    narrow = [(ecg, measured) for ecg, measured in study if measured.width < 0.11]
    voltage = [(-measured.qrs("V1").min() + measured.r("V5"), "lvh" in ecg.findings) for ecg, measured in narrow]
    thick = np.array([value for value, there in voltage if there])
    others = np.array([value for value, there in voltage if not there])
    separation = np.mean(thick[:, None] > others[None, :])
    assert 0.58 < separation < 0.95
