"""Simulated echocardiograms agree with the findings of their patients, and ECGs are the same without them."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.simulation.echo import COLUMNS, MEASURES, echo_rows, patient_id
from jaccardio.simulation.hospital import SimulatedEcg
from jaccardio.simulation.sites import ECHO_FINDINGS, create_sites


def test_values_lie_on_the_side_of_the_finding(population: list[SimulatedEcg]) -> None:
    site, other = create_sites(2)
    rows = list(echo_rows(site, population, [0]))
    patients = {patient_id(site, ecg.patient): ecg for ecg in population}
    present = defaultdict(int)
    for patient, _, *values in rows:
        assert patients[patient].echo
        for measure, value in zip(MEASURES, values, strict=True):
            if value:
                above = int(value) > measure.limit
                has = measure.finding in patients[patient].findings
                assert above != has if measure.finding == "low_ef" else above == has
                present[measure.finding] += has
    assert min(present.values()) > 50
    assert set(present) == ECHO_FINDINGS
    assert 0.05 < np.mean([value == "" for row in rows for value in row[2:]]) < 0.11
    several = defaultdict(int)
    for row in rows:
        several[row[0]] += 1
    assert max(several.values()) > 2
    assert any(ecg.echo and name not in several for name, ecg in patients.items())
    assert {row[COLUMNS.index("la_volume_index")] for row in echo_rows(other, population[:500], [0])} == {""}


def test_the_table_stands_beside_the_same_ecgs(tmp_path: Path) -> None:
    [plain] = simulate_hospitals(tmp_path / "plain", 12, 1, 4, 100.0)
    [with_echo] = simulate_hospitals(tmp_path / "echo", 12, 1, 4, 100.0, echo=True)
    assert plain.echo is None
    table = with_echo.echo
    assert table == tmp_path / "echo/site-a/echo.csv"
    with table.open(newline="") as file:
        assert next(csv.reader(file)) == list(COLUMNS)
    for path in (tmp_path / "plain").rglob("*.*"):
        twin = tmp_path / "echo" / path.relative_to(tmp_path / "plain")
        if path.name != "manifest.csv":
            assert twin.read_bytes() == path.read_bytes()
    with (tmp_path / "plain/site-a/manifest.csv").open() as one, (tmp_path / "echo/site-a/manifest.csv").open() as two:
        kept = [{name: cell for name, cell in row.items() if name not in ECHO_FINDINGS} for row in csv.DictReader(one)]
        assert list(csv.DictReader(two)) == kept
