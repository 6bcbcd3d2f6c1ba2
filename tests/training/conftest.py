import pytest

from jaccardio.cohort.split import Split, load_split
from jaccardio.cohort.store import Store
from tests.conftest import Hospitals


@pytest.fixture(scope="session")
def store(hospitals: Hospitals) -> Store:
    return Store.open(hospitals.home)


@pytest.fixture(scope="session")
def split(store: Store) -> Split:
    split = load_split(store)
    assert split is not None
    return split
