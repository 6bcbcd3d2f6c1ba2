"""Ingest on Ray: the same units in the same order, the same bytes. Ray itself is too slow to start for a test: here a stand-in answers
its calls; docs/reliability.md has the output of a run on a local cluster."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jaccardio.cohort import ingest as ingest_module
from jaccardio.cohort.ingest import ingest
from jaccardio.errors import MissingError, UsageError
from tests.stand_in_ray import RayError, stand_in


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(ingest_module, "CHUNK", 2)
    return stand_in(monkeypatch)


def contents(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}


def run(source: Path, store: Path, **arguments: Any) -> None:
    ingest(source, store, corpus="ptbxl", vocabulary="ptbxl71", sampling_rate=100.0, **arguments)


def test_the_same_bytes(make_ptbxl: Callable[[int], Path], tmp_path: Path, ray: SimpleNamespace) -> None:
    folder = make_ptbxl(9)
    (folder / "records100/00000/00004_lr.dat").write_bytes(b"short")
    run(folder, tmp_path / "one")
    assert not ray.units
    run(folder, tmp_path / "two", on="ray")
    assert ray.units == [2, 2, 2, 2, 1]
    assert not ray.running, "a cluster that ingest started ends with it"
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    ray.running = True
    run(folder, tmp_path / "three", on="ray")
    assert ray.running, "a cluster of somebody else goes on"


def test_a_lost_worker_and_a_cluster_out_of_reach(make_ptbxl: Callable[[int], Path], tmp_path: Path, ray: SimpleNamespace) -> None:
    folder = make_ptbxl(2)

    def lost(*_: object, **__: object) -> None:
        raise RayError

    ray.get = lost
    with pytest.raises(MissingError, match="every machine of the cluster"):
        run(folder, tmp_path / "store", on="ray")
    assert not (tmp_path / "store").exists()

    def unreachable(**_: object) -> None:
        raise ConnectionError

    ray.init = unreachable
    with pytest.raises(MissingError, match="RAY_ADDRESS"):
        run(folder, tmp_path / "store", on="ray")


def test_no_ray_and_no_such_place(make_ptbxl: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"jaccardio\[ray\]"):
        run(make_ptbxl(1), tmp_path / "store", on="ray")
    with pytest.raises(UsageError, match="--on must be"):
        run(tmp_path, tmp_path / "store", on="dask")
