"""The command line in process: what a user types, and what comes back."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.cli.app import main
from jaccardio.recording.leads import LEADS
from tests.conftest import TINY, Hospitals

SETTINGS = [word for setting in TINY for word in ("--set", setting)]
"""`TINY` as a user would type it."""


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


@pytest.fixture
def ecgs(hospitals: Hospitals) -> list[Path]:
    """Headers of the first hospital's simulated ECGs."""
    return sorted((hospitals.folder / "site-a").rglob("*.hea"))


@pytest.fixture
def store(hospitals: Hospitals, tmp_path: Path) -> Path:
    """A copy of the first hospital's store, to be changed or damaged."""
    return Path(shutil.copytree(hospitals.home, tmp_path / "store"))


@pytest.fixture
def run_folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained run, to be written to or damaged."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Folder of two small sound records, ``good`` and ``other``, of 4 s at 100 Hz; random numbers, no ECGs."""
    folder = tmp_path / "records"
    folder.mkdir()
    for seed, name in enumerate(("good", "other")):
        counts = np.random.default_rng(seed).integers(-900, 900, (12, 400)).astype("<i2")
        (folder / f"{name}.dat").write_bytes(counts.T.tobytes())
        lines = [f"{name} 12 100 400"]
        for lead, row in zip(LEADS, counts, strict=True):
            lines.append(f"{name}.dat 16 1000(0)/mV 16 0 {row[0]} {int(row.sum(dtype=np.int64)) & 0xFFFF} 0 {lead}")
        (folder / f"{name}.hea").write_text("\n".join(lines) + "\n")
    return folder
