"""probe and shift: what they print; the studies themselves are tested in tests/experiments."""

from pathlib import Path

import pytest

from jaccardio.evaluation.table import Table
from tests.conftest import Command, Hospitals


def test_probe_prints_each_share_and_encoder(jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    words = ["probe", run_folder, "--store", hospitals.home, "--out", tmp_path / "out", "--replicates", 5, "--device", "cpu"]
    done = jaccardio(*words, "--fractions", "0.5", "--subsets", 2, "--json")
    assert done.status == 0
    assert {row["model"] for row in done.json()["tables"]["share-0.5"]["rows"]} == {"trained encoder", "random encoder"}
    assert "50 % of the training labels, trained encoder: macro-AUROC 0." in done.err
    assert "embedding, random encoder: 240/240" in done.err
    assert "not a medical device" in done.err
    assert (tmp_path / "out" / "results.html").is_file()


@pytest.mark.parametrize("shares", ["half", "0.1,", "0", "2"])
def test_probe_refuses_shares_that_are_none(
    jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path, shares: str
) -> None:
    done = jaccardio("probe", run_folder, "--store", hospitals.home, "--out", tmp_path / "out", "--fractions", shares)
    assert done.status == 2
    assert "--fractions" in done.err


@pytest.mark.parametrize("command", ["probe", "shift"])
def test_what_the_ecgs_cannot_bear_is_said_once(
    jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    tables = {name: Table(name, warnings=["24 ECGs: AUROC is undefined"]).to_dict() for name in ("one", "two")}
    monkeypatch.setattr(f"jaccardio.experiments.{command}.run_{command}", lambda *_, **__: {"tables": tables})
    external = ["--external", hospitals.away] if command == "shift" else []
    done = jaccardio(command, run_folder, "--store", hospitals.home, "--out", tmp_path / "out", *external)
    assert done.status == 0
    assert done.err.count("warning: 24 ECGs: AUROC is undefined") == 1


def test_shift_prints_both_places(jaccardio: Command, run_folder: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    words = ["shift", run_folder, "--store", hospitals.home, "--external", hospitals.away, "--out", tmp_path / "out"]
    done = jaccardio(*words, "--replicates", 5, "--device", "cpu", "--json")
    assert done.status == 0
    document = done.json()
    home = next(row for row in document["tables"]["hospitals"]["rows"] if (row["model"], row["metric"]) == ("home", "macro_auroc"))
    assert f"home: macro_auroc {home['value']:.4f}" in done.err
    assert "20 labelled local ECGs, per_finding threshold: micro_f1_fitted_again" in done.err
    assert "scoring, external: 80/80" in done.err
    assert "embedding, external: 80/80" in done.err
    assert jaccardio(*words[:-1], tmp_path / "again", "--external", hospitals.home, "--device", "cpu").status == 3
