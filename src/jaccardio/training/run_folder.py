"""The run folder: what a training run leaves on disk.

======================  =====================================================================
``config.toml``         the resolved configuration
``split.json``          the run's own copy of the split, with patients and waveform hashes
``environment.json``    versions, device, threads
``log.jsonl``           one line per logged step and per validation
``tensorboard/``        the same for TensorBoard
``checkpoints/``        the last two checkpoints and the best weights
``model/``              what `Predictor.from_pretrained` reads; written when training has ended
``training.json``       the summary, written last: its presence means that the run is complete
``test_uses.jsonl``     one line for each time that a test part was looked at
======================  =====================================================================
"""

import json
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tomli_w

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.files import read_json, write_atomic, write_json
from jaccardio.training.config import TrainConfig


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run and the few documents that others read from it."""

    path: Path

    @classmethod
    def create(cls, path: Path, config: TrainConfig, store: Store, split: Split) -> "RunFolder":
        """Starts a new run.

        Raises
        ------
        UsageError
            The folder exists and is not empty.
        """
        run = cls(path)
        if path.exists() and any(path.iterdir()):
            way = "Continue that run with --resume" if run.config_file.exists() else "It holds no run that could be continued: remove it"
            raise UsageError(f"{path}: the folder exists and is not empty. {way}, or choose another --out.")
        run.checkpoints.mkdir(parents=True)
        records = store.records
        parts = {}
        for part, ids in split.parts.items():
            rows = store.rows_of(ids)
            parts[part] = {
                "recording_id": list(ids),
                "patient_key": records["patient_key"].iloc[rows].tolist(),
                "waveform": records["waveform"].iloc[rows].tolist(),
            }
        write_json(path / "split.json", {"split": split.to_dict(), "store": store.fingerprint, "parts": parts})
        write_json(path / "environment.json", environment())
        document = config.model_dump(mode="json", exclude_none=True)
        write_atomic(path / "config.toml", tomli_w.dumps(document).encode())  # last: its presence makes the folder a run
        return run

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Opens an existing run, complete or not.

        Raises
        ------
        DataError
            The folder is no run.
        """
        run = cls(path)
        if not run.config_file.is_file():
            raise DataError(f"{path}: no run folder (config.toml is missing). Make one with `jaccardio train --out {path.name}`.")
        return run

    @property
    def config_file(self) -> Path:
        return self.path / "config.toml"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def log_file(self) -> Path:
        return self.path / "log.jsonl"

    @property
    def summary_file(self) -> Path:
        return self.path / "training.json"

    @property
    def complete(self) -> bool:
        """Whether training has ended and the model stands in ``model/``."""
        return self.summary_file.is_file()

    @cached_property
    def config(self) -> TrainConfig:
        """The resolved configuration."""
        return TrainConfig.from_toml(self.config_file.read_text("utf-8"), str(self.config_file))

    @cached_property
    def split(self) -> Split:
        """The split that the run was trained with."""
        return Split.from_dict(self._split_document["split"])

    @property
    def store_fingerprint(self) -> str:
        """Fingerprint of the store that the run was trained on."""
        return str(self._split_document["store"])

    def part(self, name: str) -> Mapping[str, list[str]]:
        """Ids, patient keys and waveform hashes of a part's records: ``recording_id``, ``patient_key``, ``waveform``."""
        part: Mapping[str, list[str]] = self._split_document["parts"][name]
        return part

    @cached_property
    def _split_document(self) -> dict[str, Any]:
        document: dict[str, Any] = read_json(self.path / "split.json")
        return document

    def record_test_use(self, store: Store, part: str, records: int) -> int:
        """Appends one line to ``test_uses.jsonl`` and returns how often a test part has now been looked at."""
        file = self.path / "test_uses.jsonl"
        line = {"time": now(), "store": store.fingerprint, "part": part, "records": records}
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        return len(file.read_text("utf-8").splitlines())

    def rewind_log(self, step: int) -> None:
        """Drops log lines from `step` on, so that a resumed run does not log a step twice."""
        if self.log_file.exists():
            lines = [line for line in self.log_file.read_text("utf-8").splitlines() if _step_of(line) < step]
            write_atomic(self.log_file, "".join(f"{line}\n" for line in lines).encode())
        shutil.rmtree(self.path / "tensorboard", ignore_errors=True)  # rebuilt from the log by the logger


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError):
        return float("inf")  # a line cut off by a kill


def environment() -> dict[str, Any]:
    """Versions, device and threads, without host or user names."""
    import torch

    packages = ("jaccardio", "torch", "numpy", "transformers")
    return {
        "time": now(),
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "packages": {package: version(package) for package in packages},
    }


def now() -> str:
    """Time in UTC to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
