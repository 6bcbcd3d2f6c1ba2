"""Fixtures shared by all rooms."""

import csv
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from jaccardio import threads
from jaccardio.cli.app import main
from jaccardio.cohort.corpora.ptbxl import COLUMNS
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.split import load_split, save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.recording.leads import LEADS
from jaccardio.report import evaluation_report
from jaccardio.report.plots import CURVES
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.threads import fix_threads
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train

TINY = (
    "model.width=4",
    "model.embedding=16",
    "model.text=random",
    "training.epochs=6",
    "training.batch_size=16",
    "training.precision=fp32",
)
"""Settings that make any small preset train in a second or two."""

SETTINGS = [word for setting in TINY for word in ("--set", setting)]
"""`TINY` as a user would type it."""

LONGEST = (
    "paper/test_reproduce.py",
    "test_readme.py",
    "experiments/test_compare.py",
    "training/test_loop.py",
    "training/test_ray_train.py",
    "recording/readers/test_formats.py",
)
"""Files that take longest, longest first: `make test` gives files out in this order, so that no core waits for one of them at the end."""

STATEMENTS = ("NORM", "IMI", "AFIB", "STACH", "CLBBB", "PVC", "ABQRS", "LVH")
"""Of the corpus that `make_ptbxl` writes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`LONGEST` first, all others in the order of their names."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Weights that are compared to the bit need one number of threads, whatever else the machine does."""
    fix_threads(1)


@pytest.fixture
def free_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The number of threads is not fixed, and afterwards what it was."""
    before = torch.get_num_threads()
    threads.most_threads.cache_clear()
    monkeypatch.setattr(threads, "_fixed", False)
    yield
    torch.set_num_threads(before)
    threads.most_threads.cache_clear()


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


@dataclass(frozen=True)
class Hospitals:
    """Two simulated hospitals, on disk and as stores at 100 Hz with vocabulary paper26; the first is split by fractions."""

    folder: Path
    home: Path
    away: Path


@pytest.fixture(scope="session")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> Hospitals:
    folder = tmp_path_factory.mktemp("hospitals")
    simulate_hospitals(folder, 240, 2, 0, 100.0)
    stores = []
    for site in ("site-a", "site-b"):
        stores.append(folder / f"store-{site}")
        ingest(
            folder / site,
            stores[-1],
            corpus="manifest",
            vocabulary="paper26",
            sampling_rate=100.0,
            key_file=folder / "patient.key",
            jobs=1,
            progress=None,
        )
    home = Store.open(stores[0])
    save_split(home, split_by_fractions(home, (0.6, 0.2, 0.2)))
    return Hospitals(folder, *stores)


@pytest.fixture(scope="session")
def trained(hospitals: Hospitals, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run of the truth objective on the simulated hospital: tiny, with random prompt vectors."""
    store = Store.open(hospitals.home)
    split = load_split(store)
    assert split is not None
    out = tmp_path_factory.mktemp("runs") / "truth"
    train(store, split, load_preset("truth-small", TINY), out, device="cpu")
    return out


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A local Ray cluster of two cores, whatever the machine has."""
    import ray

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of Ray's own code
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


@pytest.fixture
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluations write empty pictures: tests/report draws them, and a panel for each finding, three times, takes most of an evaluation."""
    monkeypatch.setattr(evaluation_report, "draw_evaluation", lambda *_: dict.fromkeys(("auroc", *CURVES), b""))


@pytest.fixture
def make_ptbxl(tmp_path: Path) -> Callable[[int], Path]:
    """Writes a folder as PTB-XL is published, 100 Hz, with random signals; record 2 repeats the waveform of record 1."""

    def make(records: int) -> Path:
        folder = tmp_path / "ptbxl"
        (folder / "records100/00000").mkdir(parents=True)
        random = np.random.default_rng(0)
        with (folder / "ptbxl_database.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, restval="")
            table.writeheader()
            for number in range(1, records + 1):
                name = f"records100/00000/{number:05d}_lr"
                write_wfdb(folder / name, np.random.default_rng(max(number, 2)).integers(-900, 900, (12, 1000)))
                codes = {code: 0.0 for code in STATEMENTS if random.random() < 0.4} or {"SR": 0.0}
                row = {"ecg_id": number, "patient_id": f"{number // 2}.0", "age": 50, "sex": 0, "strat_fold": 1 + (number // 2) % 10}
                table.writerow(row | {"scp_codes": codes, "filename_lr": name, "filename_hr": name})
        return folder

    return make


def write_wfdb(path: Path, counts: NDArray[np.int64]) -> None:
    """One WFDB record of format 16, 100 Hz, 1 count = 1 microvolt."""
    data = counts.astype("<i2")
    path.with_name(path.name + ".dat").write_bytes(np.ascontiguousarray(data.T).tobytes())
    lines = [f"{path.name} 12 100 {data.shape[1]}"]
    for lead, row in zip(LEADS, data, strict=True):
        checksum = int(row.astype(np.int64).sum()) % 65536
        lines.append(f"{path.name}.dat 16 1000.0(0)/mV 16 0 {row[0]} {checksum} 0 {lead}")
    path.with_name(path.name + ".hea").write_text("\n".join(lines) + "\n")


@dataclass(frozen=True)
class Outcome:
    """Exit status and both streams of one command."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Stdout as exactly one JSON document without NaN."""

        def refuse(name: str) -> None:
            raise AssertionError(f"{name} is no JSON")

        return json.loads(self.out, parse_constant=refuse)


Command = Callable[..., Outcome]


@pytest.fixture
def jaccardio(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`jaccardio("split", store)` is `jaccardio split STORE`, without the start of a process."""

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["jaccardio", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        streams = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, streams.out, streams.err)

    return run
