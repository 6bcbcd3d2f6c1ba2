"""serve: who may be served, and that the command hands over what it was given; tests/service tries the service itself."""

import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from jaccardio.checksums import write_manifest
from jaccardio.models.folder import FORMAT, REFERENCE, model_manifest
from tests.conftest import Command, Hospitals


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What uvicorn is told to run, which it does not do."""
    import uvicorn

    runs: list[tuple[Any, Any]] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda server, sockets: runs.append((server.config, sockets[0].getsockname())))
    return runs


@pytest.fixture
def port() -> int:
    """One that is free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_serve(jaccardio: Command, trained: Path, hospitals: Hospitals, tmp_path: Path, started: list[tuple[Any, Any]], port: int) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    options = ("--token-file", tmp_path / "token", "--host", "0.0.0.0", "--port", port, "--store", hospitals.away, "--device", "cpu")
    done = jaccardio("serve", trained, *options)
    assert done.status == 0
    assert "not a medical device" in done.err
    assert f"serving http://0.0.0.0:{port}" in done.err
    ((config, address),) = started
    assert (address, config.access_log, config.log_config) == (("0.0.0.0", port), False, None)


def test_the_network_is_served_with_a_token_only(jaccardio: Command, trained: Path, tmp_path: Path, started: list[tuple[Any, Any]]) -> None:
    refused = jaccardio("serve", trained, "--host", "0.0.0.0")
    assert (refused.status, started) == (2, [])
    assert "--token-file" in refused.err
    assert jaccardio("serve", trained, "--token-file", tmp_path / "absent").status == 2
    assert jaccardio("serve", trained, "--thresholds", "best", "--device", "cpu").status == 2
    no_report = jaccardio("serve", trained, "--report", trained, "--device", "cpu")
    assert (no_report.status, "not the manifest of a jaccardio-evaluation-1 folder" in no_report.err) == (3, True), no_report.err
    assert started == []


def test_a_model_of_an_earlier_version_is_served_with_a_word(
    jaccardio: Command, trained: Path, tmp_path: Path, started: list[tuple[Any, Any]], port: int
) -> None:
    assert "without a reference" not in jaccardio("serve", trained / "model", "--port", port, "--device", "cpu").err
    shutil.copytree(trained / "model", tmp_path / "model")
    listed = {name: entry for name, entry in model_manifest(tmp_path / "model").files.items() if name != REFERENCE}
    (tmp_path / "model" / REFERENCE).unlink()
    write_manifest(tmp_path / "model", FORMAT, listed)
    done = jaccardio("serve", tmp_path / "model", "--port", port, "--device", "cpu")
    assert (done.status, len(started)) == (0, 2)
    assert "without a reference" in done.err


def test_a_port_that_is_taken(jaccardio: Command, trained: Path, started: list[tuple[Any, Any]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = jaccardio("serve", trained, "--port", taken.getsockname()[1], "--device", "cpu")
    assert (refused.status, started) == (4, [])
    assert "Choose another --port" in refused.err
