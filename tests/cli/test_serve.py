"""serve: who may be served, and that the command hands over what it was given; tests/service tries the service itself."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command, Hospitals


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What uvicorn is told to run, which it does not do."""
    import uvicorn

    runs: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: runs.append(options | {"app": app}))
    return runs


def test_serve(jaccardio: Command, trained: Path, hospitals: Hospitals, tmp_path: Path, started: list[dict[str, Any]]) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    options = ("--token-file", tmp_path / "token", "--host", "0.0.0.0", "--port", 8123, "--store", hospitals.away, "--device", "cpu")
    done = jaccardio("serve", trained, *options)
    assert done.status == 0
    assert "not a medical device" in done.err
    assert "serving http://0.0.0.0:8123" in done.err
    assert (started[0]["host"], started[0]["port"], started[0]["access_log"]) == ("0.0.0.0", 8123, False)


def test_the_network_is_served_with_a_token_only(jaccardio: Command, trained: Path, tmp_path: Path, started: list[dict[str, Any]]) -> None:
    refused = jaccardio("serve", trained, "--host", "0.0.0.0")
    assert (refused.status, started) == (2, [])
    assert "--token-file" in refused.err
    assert jaccardio("serve", trained, "--token-file", tmp_path / "absent").status == 2
    assert jaccardio("serve", trained, "--thresholds", "best", "--device", "cpu").status == 2
    assert started == []
