"""Fixtures shared by all rooms."""

import os
from pathlib import Path

import pytest


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
