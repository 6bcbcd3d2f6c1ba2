"""Simulated ECGs shared by the tests of this room: one site on disk, and one study enriched with rare findings."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from jaccardio.simulation.disk import SiteReport, build_heart, simulate_hospitals, twelve_leads
from jaccardio.simulation.ecg import simulate_ecg
from jaccardio.simulation.hospital import SimulatedEcg, draw_patients
from jaccardio.simulation.sites import create_sites

from .measure import Measured, measure
from .rules import RULES

RATE = 500.0
PER_FINDING, AT_RANDOM = 16, 100


@pytest.fixture(scope="session")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> tuple[SiteReport, ...]:
    """Two simulated hospitals, 150 and 50 ECGs."""
    return simulate_hospitals(tmp_path_factory.mktemp("simulated") / "out", records=150, sites=2, seed=3, sampling_rate=RATE)


@pytest.fixture(scope="session")
def population() -> list[SimulatedEcg]:
    """9,000 ECGs of the first site, not drawn."""
    return draw_patients(create_sites(1)[0], 9000, np.random.default_rng(20))


@pytest.fixture(scope="session")
def study(population: list[SimulatedEcg]) -> list[tuple[SimulatedEcg, Measured]]:
    """Measured ECGs: some at random, and the first ones with each finding that has a rule."""
    site = create_sites(1)[0]
    chosen = {ecg.number: ecg for ecg in population[:AT_RANDOM]}
    have: Counter[str] = Counter()
    for ecg in population:
        wanted = [code for code in ecg.findings & RULES.keys() if not ecg.findings & RULES[code].inapplicable]
        if any(have[code] < PER_FINDING for code in wanted):
            chosen[ecg.number] = ecg
            have.update(wanted)
    measured = []
    for ecg in chosen.values():
        heart = build_heart(ecg, np.random.default_rng([1, ecg.patient]))
        signal = simulate_ecg(heart, site.equipment, RATE, np.random.default_rng([2, ecg.number]))
        counts = twelve_leads(signal, site.equipment.counts_per_millivolt)
        measured.append((ecg, measure(counts / site.equipment.counts_per_millivolt, RATE)))
    return measured


@pytest.fixture(scope="session")
def first_site(hospitals: tuple[SiteReport, ...]) -> Path:
    """Folder of the first site."""
    return hospitals[0].manifest.parent
