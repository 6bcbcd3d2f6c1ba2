"""What commands work on: stores and runs that a test may change or damage."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from jaccardio.recording.leads import LEADS
from tests.conftest import Hospitals


@pytest.fixture
def ecgs(hospitals: Hospitals) -> list[Path]:
    """Headers of the first hospital's simulated ECGs."""
    return sorted((hospitals.folder / "site-a").rglob("*.hea"))


@pytest.fixture
def store(hospitals: Hospitals, tmp_path: Path) -> Path:
    """A copy of the first hospital's store, to be changed or damaged."""
    return Path(shutil.copytree(hospitals.home, tmp_path / "store"))


@pytest.fixture
def run_folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained run, to be written to or damaged."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Folder of two small sound records, ``good`` and ``other``, of 4 s at 100 Hz; random numbers, no ECGs."""
    folder = tmp_path / "records"
    folder.mkdir()
    for seed, name in enumerate(("good", "other")):
        counts = np.random.default_rng(seed).integers(-900, 900, (12, 400)).astype("<i2")
        (folder / f"{name}.dat").write_bytes(counts.T.tobytes())
        lines = [f"{name} 12 100 400"]
        for lead, row in zip(LEADS, counts, strict=True):
            lines.append(f"{name}.dat 16 1000(0)/mV 16 0 {row[0]} {int(row.sum(dtype=np.int64)) & 0xFFFF} 0 {lead}")
        (folder / f"{name}.hea").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(autouse=True)
def undrawn(without_plots: None) -> None:
    """No command here draws an evaluation; see `without_plots`."""
