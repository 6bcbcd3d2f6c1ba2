"""Ingest, predict and embed on a local Ray cluster: the same units in the same order, the same bytes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.cli import predict
from jaccardio.cohort import ingest as ingest_module
from jaccardio.cohort.ingest import ingest
from jaccardio.errors import MissingError, UsageError
from jaccardio.on_ray import RayPool
from jaccardio.prediction import embed
from jaccardio.prediction.predictor import BATCH
from tests.conftest import Command, Hospitals, write_wfdb


@pytest.fixture
def units(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Length of each unit that was sent to the cluster."""
    sent: list[int] = []
    submit = RayPool.submit

    def counting(pool: RayPool, function: Callable[..., Any], /, *arguments: Any) -> Any:
        sent.append(len(arguments[0]))
        return submit(pool, function, *arguments)

    monkeypatch.setattr(RayPool, "submit", counting)
    return sent


def contents(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}


def run(source: Path, store: Path, **arguments: Any) -> None:
    ingest(source, store, corpus="ptbxl", vocabulary="ptbxl71", sampling_rate=100.0, **arguments)


@pytest.mark.usefixtures("cluster")
def test_a_store_has_the_same_bytes(
    make_ptbxl: Callable[[int], Path], tmp_path: Path, units: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_module, "CHUNK", 2)
    folder = make_ptbxl(9)
    (folder / "records100/00000/00004_lr.dat").write_bytes(b"short")
    run(folder, tmp_path / "one")
    assert not units
    run(folder, tmp_path / "two", on="ray")
    assert units == [2, 2, 2, 2, 1]
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.usefixtures("cluster")
def test_predict_says_what_one_process_says(
    jaccardio: Command, trained: Path, tmp_path: Path, units: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(3):
        write_wfdb(tmp_path / str(seed), np.random.default_rng(seed).integers(-900, 900, (12, 1000)))
    (tmp_path / "bad.hea").write_text("bad 12 100\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(predict, "UNIT", 2)
    words = ("predict", trained, ".", "--json", "--prompt", "atrial fibrillation")
    one, many = jaccardio(*words), jaccardio(*words, "--on", "ray")
    assert units == [2, 2]
    assert (one.status, many.status) == (1, 1)
    assert many.json() == one.json()
    [rejected] = [line for line in many.err.splitlines() if "rejected bad.hea: " in line]
    assert rejected in one.err.splitlines()


@pytest.mark.usefixtures("cluster")
def test_embeddings_have_the_same_bytes(
    jaccardio: Command, trained: Path, hospitals: Hospitals, tmp_path: Path, units: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "UNIT", BATCH)
    for place, words in (("one", ()), ("many", ("--on", "ray"))):
        done = jaccardio("embed", trained, "--store", hospitals.away, "--out", tmp_path / f"{place}.parquet", *words)
        assert done.status == 0, done.err
    assert len(units) > 1
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "many.parquet").read_bytes()


@pytest.mark.usefixtures("cluster")
def test_a_lost_worker(make_ptbxl: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def lost(_: object) -> None:
        raise ray.exceptions.WorkerCrashedError

    monkeypatch.setattr(ray, "get", lost)
    with pytest.raises(MissingError, match="every machine of the cluster"):
        run(make_ptbxl(2), tmp_path / "store", on="ray")
    assert not (tmp_path / "store").exists()


def test_a_cluster_out_of_reach(make_ptbxl: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def unreachable(**_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", unreachable)
    with pytest.raises(MissingError, match="RAY_ADDRESS"):
        run(make_ptbxl(2), tmp_path / "store", on="ray")


def test_no_ray_and_no_such_place(make_ptbxl: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"jaccardio\[ray\]"):
        run(make_ptbxl(1), tmp_path / "store", on="ray")
    with pytest.raises(UsageError, match="--on must be"):
        run(tmp_path, tmp_path / "store", on="dask")
