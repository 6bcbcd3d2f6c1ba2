from collections.abc import Callable
from pathlib import Path

import pytest

from jaccardio.cohort.split import Split, load_split
from jaccardio.cohort.store import Store
from jaccardio.training.config import TrainConfig, load_preset
from jaccardio.training.loop import train
from jaccardio.training.session import Session
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


@pytest.fixture
def killed_at_its_first_step(store: Store, split: Split, monkeypatch: pytest.MonkeyPatch) -> Callable[[TrainConfig, Path], None]:
    """Begins a run that is killed before it has learned anything."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    def begin(config: TrainConfig, out: Path) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Session, "_step", killed)
            with pytest.raises(KeyboardInterrupt):
                train(store, split, config, out, device="cpu")

    return begin
