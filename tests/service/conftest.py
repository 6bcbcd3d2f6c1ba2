"""A service on the tiny trained run, asked without a network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from jaccardio import Predictor
from jaccardio.cohort.store import Store
from jaccardio.prediction.search import Index
from jaccardio.service.app import create_app
from tests.conftest import Hospitals

TOKEN = b"0123456789abcdef0123"


@pytest.fixture(scope="session")
def predictor(trained: Path) -> Predictor:
    return Predictor.from_pretrained(trained, device="cpu")


@pytest.fixture(scope="session")
def index(predictor: Predictor, hospitals: Hospitals) -> Index:
    return Index(predictor, Store.open(hospitals.away))


@pytest.fixture(scope="session")
def ecgs(hospitals: Hospitals) -> list[Path]:
    """Headers of the first hospital's simulated ECGs."""
    return sorted((hospitals.folder / "site-a").rglob("*.hea"))


@pytest.fixture
def log() -> list[str]:
    """What a service of `serving` says."""
    return []


@pytest.fixture
def serving(predictor: Predictor, log: list[str]) -> Iterator[Callable[..., TestClient]]:
    """Starts a service with options of `create_app`."""
    clients = []

    def start(**options: Any) -> TestClient:
        app = create_app(predictor, say=log.append, **options)
        clients.append(TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False))
        return clients[-1].__enter__()

    yield start
    for client in clients:
        client.__exit__(None, None, None)


def pair(header: Path) -> list[tuple[str, tuple[str, bytes]]]:
    """The two files of a WFDB record as parts of a form."""
    return [("file", (file.name, file.read_bytes())) for file in (header, header.with_suffix(".dat"))]
