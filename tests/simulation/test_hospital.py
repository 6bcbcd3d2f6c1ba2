"""Patients: prevalences, exclusions, implications, and how much of the echocardiogram the ECG can know."""

from collections import defaultdict

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.simulation.hospital import ECHO_SHARE, GROUPS, SimulatedEcg, draw_patients
from jaccardio.simulation.sites import FINDINGS, create_sites


def share(ecgs: list[SimulatedEcg], code: str) -> float:
    return float(np.mean([code in ecg.findings for ecg in ecgs]))


@pytest.mark.parametrize("code", FINDINGS)
def test_prevalence(code: str, population: list[SimulatedEcg]) -> None:
    """Within four standard errors; the ECGs of one patient count once, since chronic findings stay."""
    expected = create_sites(1)[0].prevalence[code]
    patients = population[-1].patient
    assert abs(share(population, code) - expected) < 4 * np.sqrt(expected * (1 - expected) / patients)


def test_second_site_has_its_own_prevalences() -> None:
    site = create_sites(2)[1]
    ecgs = draw_patients(site, 4000, np.random.default_rng(0))
    patients = ecgs[-1].patient
    for code in ("normal", "af", "lvh", "poor_r"):
        expected = site.prevalence[code]
        assert abs(share(ecgs, code) - expected) < 4 * np.sqrt(expected * (1 - expected) / patients)


def test_normal_stands_alone(population: list[SimulatedEcg]) -> None:
    assert all(ecg.findings == {"normal"} for ecg in population if "normal" in ecg.findings)


def test_columns_are_those_of_the_vocabulary() -> None:
    vocabulary = Vocabulary.load("paper26")
    assert vocabulary.codes == FINDINGS


def test_what_the_vocabulary_implies_holds(population: list[SimulatedEcg]) -> None:
    for child, parent in Vocabulary.load("paper26").implications:
        assert all(parent in ecg.findings for ecg in population if child in ecg.findings)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.patterns[0][0])
def test_findings_of_a_group_exclude_each_other(group, population: list[SimulatedEcg]) -> None:
    patterns = {frozenset(pattern) for pattern in group.patterns}
    members = frozenset().union(*patterns)
    for ecg in population:
        assert not ecg.findings & members or ecg.findings & members in patterns
        assert not (ecg.findings & members and ecg.findings & set(group.excluded_by))


def test_failing_hearts_have_more_of_the_company_they_keep(population: list[SimulatedEcg]) -> None:
    failing = [ecg for ecg in population if "low_ef" in ecg.findings]
    others = [ecg for ecg in population if not ecg.findings & {"low_ef", "normal"}]
    for code in ("clbbb", "af", "anteroseptal_mi", "vpc"):
        assert share(failing, code) > 1.15 * share(others, code)


def test_what_the_ecg_can_know_of_ejection_fraction(population: list[SimulatedEcg]) -> None:
    """A perfect reader of the visible state stays below certainty, near the paper's 0.887."""
    auc = roc_auc_score(["low_ef" in ecg.findings for ecg in population], [ecg.latent.failing for ecg in population])
    assert 0.87 < auc < 0.95


def test_patients_keep_chronic_findings_and_come_back(population: list[SimulatedEcg]) -> None:
    visits: dict[int, list[SimulatedEcg]] = defaultdict(list)
    for ecg in population:
        visits[ecg.patient].append(ecg)
    chronic = {code for group in GROUPS if not group.transient for pattern in group.patterns for code in pattern}
    several = [ecgs for ecgs in visits.values() if len(ecgs) > 1]
    assert 0.3 < len(several) / len(visits) < 0.5
    for ecgs in several:
        assert len({ecg.findings & chronic for ecg in ecgs}) == 1
        assert len({(ecg.sex, ecg.echo, ecg.latent) for ecg in ecgs}) == 1
        assert [ecg.day for ecg in ecgs] == sorted(ecg.day for ecg in ecgs)
    assert np.mean([ecgs[0].echo for ecgs in visits.values()]) == pytest.approx(ECHO_SHARE, abs=0.03)
