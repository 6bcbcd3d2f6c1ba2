"""Fixtures shared by all rooms."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.split import load_split, save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train

TINY = (
    "model.width=4",
    "model.embedding=16",
    "model.text=random",
    "training.epochs=6",
    "training.batch_size=16",
    "training.precision=fp32",
)
"""Settings that make any small preset train in a second or two."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real recordings named by the environment variable JACCARDIO_DATA; the test is skipped without it."""
    folder = os.environ.get("JACCARDIO_DATA", "")
    if not folder:
        pytest.skip("JACCARDIO_DATA is not set")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail("JACCARDIO_DATA does not name a folder")
    return path


@dataclass(frozen=True)
class Hospitals:
    """Two simulated hospitals, on disk and as stores at 100 Hz with vocabulary paper26; the first is split by fractions."""

    folder: Path
    home: Path
    away: Path


@pytest.fixture(scope="session")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> Hospitals:
    folder = tmp_path_factory.mktemp("hospitals")
    simulate_hospitals(folder, 240, 2, 0, 100.0)
    stores = []
    for site in ("site-a", "site-b"):
        stores.append(folder / f"store-{site}")
        ingest(
            folder / site,
            stores[-1],
            corpus="manifest",
            vocabulary="paper26",
            sampling_rate=100.0,
            key_file=folder / "patient.key",
            jobs=1,
            progress=None,
        )
    home = Store.open(stores[0])
    save_split(home, split_by_fractions(home, (0.6, 0.2, 0.2)))
    return Hospitals(folder, *stores)


@pytest.fixture(scope="session")
def trained(hospitals: Hospitals, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run of the truth objective on the simulated hospital: tiny, with random prompt vectors."""
    store = Store.open(hospitals.home)
    split = load_split(store)
    assert split is not None
    out = tmp_path_factory.mktemp("runs") / "truth"
    train(store, split, load_preset("truth-small", TINY), out, device="cpu")
    return out
