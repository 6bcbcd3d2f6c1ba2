from pathlib import Path

import pytest

from jaccardio.cohort.split import Split, load_split
from jaccardio.cohort.store import Store
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from tests.conftest import Hospitals
from tests.training.several_processes import SETTINGS


@pytest.fixture(scope="session")
def store(hospitals: Hospitals) -> Store:
    return Store.open(hospitals.home)


@pytest.fixture(scope="session")
def split(store: Store) -> Split:
    split = load_split(store)
    assert split is not None
    return split


@pytest.fixture(scope="session")
def run_of_one(store: Store, split: Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few steps of one process, as several are to leave them."""
    out = tmp_path_factory.mktemp("alone") / "run"
    train(store, split, load_preset("paper-small", SETTINGS), out, device="cpu")
    return out
