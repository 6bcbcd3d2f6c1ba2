"""`train --on ray`: two processes of a local Ray cluster leave the run that one would, and what they refuse comes back as it was said."""

from pathlib import Path

import pytest

from jaccardio.errors import MissingError, UsageError
from jaccardio.training.ray_train import raised_by_work
from tests.conftest import Command, Hospitals
from tests.training.several_processes import STEPS, WORDS, assert_same_run


@pytest.mark.usefixtures("cluster")
def test_two_processes_train_the_run_of_one(jaccardio: Command, hospitals: Hospitals, run_of_one: Path, tmp_path: Path) -> None:
    words = ["--store", hospitals.home, "--out", tmp_path / "two", "--device", "cpu", *WORDS, "--on", "ray", "--processes", 2]
    done = jaccardio("train", "--json", *words)
    assert done.status == 0, done.err
    assert done.json()["steps"] == STEPS
    assert_same_run(run_of_one, tmp_path / "two")


@pytest.mark.usefixtures("cluster")
def test_more_processes_than_cores(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> None:
    refused = jaccardio("train", "--store", hospitals.home, "--out", tmp_path / "run", *WORDS, "--on", "ray", "--processes", 3)
    assert refused.status == 2
    assert "the Ray cluster has 2 cores" in refused.err


def test_what_a_process_raised_comes_back() -> None:
    from ray.train import WorkerGroupError
    from ray.train.v2._internal.exceptions import UserExceptionWithTraceback

    lost, refused = RuntimeError("connection closed by peer"), UserExceptionWithTraceback(UsageError("no such preset"), "Traceback")
    assert str(raised_by_work(WorkerGroupError("two failed", {0: lost, 1: refused}))) == "no such preset"
    assert isinstance(raised_by_work(WorkerGroupError("one failed", {0: lost})), MissingError)


@pytest.mark.parametrize("half", [("--on", "ray"), ("--processes", "2"), ("--on", "dask")])
def test_half_of_the_options(jaccardio: Command, hospitals: Hospitals, tmp_path: Path, half: tuple[str, str]) -> None:
    refused = jaccardio("train", "--store", hospitals.home, "--out", tmp_path / "run", *WORDS, *half)
    assert refused.status == 2
    assert "--on" in refused.err
