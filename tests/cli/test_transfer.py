"""probe and shift: what they print; the studies themselves are tested in tests/experiments."""

from pathlib import Path

import pytest

from tests.conftest import Command, Hospitals


def test_probe_prints_each_share_and_encoder(jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    words = ["probe", run_folder, "--store", hospitals.home, "--out", tmp_path / "out", "--replicates", 5, "--device", "cpu"]
    done = jaccardio(*words, "--fractions", "0.5", "--subsets", 2, "--json")
    assert done.status == 0
    assert {(row["run"], row["fraction"]) for row in done.json()["rows"]} == {("trained encoder", 0.5), ("random encoder", 0.5)}
    assert "50 % of the labels, trained encoder: macro-AUROC 0." in done.err
    assert "embedding, random encoder: 240/240" in done.err
    assert "not a medical device" in done.err
    assert (tmp_path / "out" / "probe.html").is_file()


@pytest.mark.parametrize("shares", ["half", "0.1,", "0", "2"])
def test_probe_refuses_shares_that_are_none(
    jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path, shares: str
) -> None:
    done = jaccardio("probe", run_folder, "--store", hospitals.home, "--out", tmp_path / "out", "--fractions", shares)
    assert done.status == 2
    assert "--fractions" in done.err


def test_shift_prints_both_places(jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    words = ["shift", run_folder, "--store", hospitals.home, "--external", hospitals.away, "--out", tmp_path / "out"]
    done = jaccardio(*words, "--replicates", 5, "--device", "cpu", "--json")
    assert done.status == 0
    document = done.json()
    assert f"macro-AUROC at home {document['macro_auroc']['home']['value']:.4f}" in done.err
    assert "20 labelled ECGs, per_finding threshold" in done.err
    assert "scoring away: 80/80" in done.err
    assert "embedding away: 80/80" in done.err
    assert jaccardio(*words[:-1], tmp_path / "again", "--external", hospitals.home, "--device", "cpu").status == 3
