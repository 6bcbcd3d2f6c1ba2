"""The run folder: what a training run leaves on disk.

======================  =====================================================================
``config.toml``         the resolved configuration
``split.json``          the run's own copy of the split, with patients and waveform hashes, and of what models it began from had seen
``environment.json``    versions, device, threads, which weights the run started from, and the members of an ensemble
``teacher.safetensors`` what a teacher says of the training ECGs, where the run has one
``manifest.json``       SHA-256 of these; written when they are whole: its presence makes the folder a run
``log.jsonl``           one line per logged step and per validation
``tensorboard/``        the same for TensorBoard
``checkpoints/``        the last two checkpoints and the best weights; empty in an ensemble
``members/``            the runs that `jaccardio train --ensemble` trained to join them
``model/``              what `Predictor.from_pretrained` reads; written when training has ended
``training.json``       the summary, written last and sealed: its presence means that the run is complete
``test_uses.jsonl``     one line for each time that a test part was looked at
``.lock``               held by the process that writes the run
======================  =====================================================================

What is read back is checked (`jaccardio.checksums`). Checkpoints and the summary name the run that they belong to by the SHA-256 of
``manifest.json``, and the summary names its model so; each line of ``test_uses.jsonl`` is sealed and names the line before it.
"""

import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from torch import Tensor

from jaccardio.checksums import MANIFEST, Manifest, file_entry, is_sealed, read_sealed, seal, write_manifest
from jaccardio.errors import DataError, UsageError
from jaccardio.files import json_bytes, no_such_folder, parse_json, write_atomic, write_json
from jaccardio.locks import LOCK, locked, remove_unfinished
from jaccardio.models.folder import Pretrained, load_pretrained, model_manifest
from jaccardio.models.weights import weights_from_bytes, weights_to_bytes
from jaccardio.training.config import TrainConfig

if TYPE_CHECKING:  # they bring pandas, which prediction does not need
    from jaccardio.cohort.split import Split
    from jaccardio.cohort.store import Store

FORMAT = "jaccardio-run-1"
MEMBERS = "members"
CONFIG, SPLIT, ENVIRONMENT, TEST_USES = "config.toml", "split.json", "environment.json", "test_uses.jsonl"
KNOWN_BY = ("recording_id", "patient_key", "waveform")
EARLIER = "earlier"
TEACHER, TAUGHT = "teacher.safetensors", "scores"
DRAWN = "drawn weights"
REMEDY = "Restore the file from a copy of the run, or train again into a new folder."


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run and the few documents that others read from it."""

    path: Path

    @classmethod
    def create(
        cls,
        path: Path,
        config: TrainConfig,
        store: "Store",
        split: "Split",
        *,
        started_from: str = DRAWN,
        members: Sequence[str] = (),
        together: Mapping[str, Any] | None = None,
        taught: Tensor | None = None,
        earlier: Mapping[str, list[str]] | None = None,
    ) -> "RunFolder":
        """Starts a new run in a folder that is empty, or holds only what a run left that was killed before it had begun.

        Parameters
        ----------
        started_from
            The first weights, by their SHA-256 where they are another model's.
        members
            SHA-256 of the weights of the members of an ensemble.
        together
            How many processes train it, and over what batch norm goes; nothing of one process.
        taught
            (training rows, findings) scores of a teacher; None without one.
        earlier
            What the models that it starts or learns from have seen, by the columns of `KNOWN_BY`.

        Raises
        ------
        UsageError
            The folder holds something else.
        """
        run = cls(path)
        if not run._vacant():
            way = "Continue that run with --resume" if run.begun else f"It holds no run that could be continued (no {MANIFEST}): remove it"
            raise UsageError(f"{path}: the folder exists and is not empty. {way}, or choose another --out.")
        run.checkpoints.mkdir(parents=True, exist_ok=True)
        rows = {part: store.records.iloc[store.rows_of(ids)] for part, ids in split.parts.items()}
        parts = {part: {column: records[column].tolist() for column in KNOWN_BY} for part, records in rows.items()}
        if earlier and any(earlier.values()):
            parts[EARLIER] = dict(earlier)
        files = {
            SPLIT: json_bytes({"split": split.to_dict(), "store": store.fingerprint, "parts": parts}),
            ENVIRONMENT: json_bytes(environment() | {"started_from": started_from, "members": list(members)} | dict(together or {})),
            CONFIG: tomli_w.dumps(config.model_dump(mode="json", exclude_none=True)).encode(),
        }
        if taught is not None:
            files[TEACHER] = weights_to_bytes({TAUGHT: taught})
        for name, data in files.items():
            write_atomic(path / name, data)
        write_manifest(path, FORMAT, {name: file_entry(data) for name, data in files.items()})
        return run

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Opens an existing run, complete or not.

        Raises
        ------
        UsageError
            There is no such folder.
        DataError
            The folder is no run, or what it was begun with or its list of looks at test parts is damaged.
        """
        run = cls(path)
        if not path.exists():
            raise no_such_folder(path)
        if not run.begun:
            if looks_like_a_run(path):
                raise DataError(
                    f"{path / MANIFEST}: missing, so nothing in this run folder can be checked; an earlier version wrote it, or the file "
                    "is lost. Restore it from a copy of the run, or train again into a new folder."
                )
            raise DataError(f"{path}: no run folder ({MANIFEST} is missing). Make one with `jaccardio train --out {path.name}`.")
        run.manifest.verify()
        run.test_uses()
        return run

    @property
    def begun(self) -> bool:
        """Whether the folder holds a run that can be continued or used."""
        return (self.path / MANIFEST).is_file()

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
    def manifest(self) -> Manifest:
        """The manifest of configuration, split and environment."""
        return Manifest.read(self.path, FORMAT, REMEDY)

    @cached_property
    def config(self) -> TrainConfig:
        """The resolved configuration."""
        return TrainConfig.from_toml(self.manifest.bytes_of(CONFIG).decode(), str(self.path / CONFIG))

    @cached_property
    def split(self) -> "Split":
        """The split that the run was trained with."""
        from jaccardio.cohort.split import Split

        return Split.from_dict(self._split_document["split"])

    @property
    def store_fingerprint(self) -> str:
        """Fingerprint of the store that the run was trained on."""
        return str(self._split_document["store"])

    @property
    def environment(self) -> Mapping[str, Any]:
        """Versions, device, threads and first weights of the training."""
        document: Mapping[str, Any] = self.manifest.json_of(ENVIRONMENT)
        return document

    @property
    def summary(self) -> dict[str, Any]:
        """The summary of a complete run.

        Raises
        ------
        DataError
            Training has not ended, or the file is damaged or another run's.
        """
        if not self.complete:
            raise DataError(f"{self.path}: this run is not complete. Continue it with `jaccardio train --resume`.")
        summary = read_sealed(self.summary_file, REMEDY)
        if summary.get("run_sha256") != self.manifest.sha256:
            raise DataError(f"{self.summary_file}: the summary of another run. {REMEDY}")
        return summary

    @property
    def title(self) -> str:
        """What the run is in words, without its name."""
        return f"{self.config.title}, " + (f"ensemble of {len(self.members)}" if self.members else f"seed {self.config.training.seed}")

    @property
    def taught(self) -> Tensor | None:
        """(training rows, findings) scores of the teacher, as the run began with them; None without one."""
        if TEACHER not in self.manifest.files:
            return None
        return weights_from_bytes(self.manifest.bytes_of(TEACHER), str(self.path / TEACHER))[TAUGHT]

    @property
    def members(self) -> tuple[str, ...]:
        """SHA-256 of the weights of the members of an ensemble; of a single model, none."""
        return tuple(self.environment["members"])

    @property
    def model_manifest(self) -> Manifest:
        """The manifest of the trained model; raises as `summary` does, and where ``model/`` is not the model that this run trained."""
        summary, manifest = self.summary, model_manifest(self.model)
        if summary["model_sha256"] != manifest.sha256:
            raise DataError(f"{self.model}: not the model that this run trained. {REMEDY}")
        return manifest

    def pretrained(self) -> Pretrained:
        """The trained model; raises as `model_manifest` and `load_pretrained` do."""
        self.model_manifest  # noqa: B018 - another run's model is refused
        return load_pretrained(self.model)

    def finish(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """Writes the summary, after the model, and returns it as written; the run is complete now."""
        document = seal({**summary, "run_sha256": self.manifest.sha256, "model_sha256": model_manifest(self.model).sha256})
        write_json(self.summary_file, document)
        return document

    def part(self, name: str) -> Mapping[str, list[str]]:
        """Of a part's records, or of `EARLIER`, the columns of `KNOWN_BY`."""
        part: Mapping[str, list[str]] = self._split_document["parts"].get(name) or {column: [] for column in KNOWN_BY}
        return part

    @cached_property
    def _split_document(self) -> dict[str, Any]:
        document: dict[str, Any] = self.manifest.json_of(SPLIT)
        return document

    def _vacant(self) -> bool:
        if not self.path.exists():
            return True
        left = {path.name for path in self.path.iterdir()} - {LOCK}
        return left <= {MEMBERS} or (
            left <= {self.checkpoints.name, MEMBERS, CONFIG, SPLIT, ENVIRONMENT, TEACHER}
            and self.checkpoints.is_dir()
            and not any(self.checkpoints.iterdir())
        )

    def record_test_use(self, store: "Store", part: str, records: int) -> int:
        """Appends one line to ``test_uses.jsonl`` and returns how often a test part has now been looked at.

        Raises
        ------
        DataError
            A line is not as it was written.
        """
        file = self.path / TEST_USES
        with locked(self.path / f".{TEST_USES}.lock", str(file), wait=True):
            remove_unfinished(self.path, TEST_USES)
            uses = self.test_uses()
            before = uses[-1]["sha256"] if uses else None
            uses.append(seal({"time": now(), "store": store.fingerprint, "part": part, "records": records, "before": before}))
            write_atomic(file, "".join(json.dumps(use) + "\n" for use in uses).encode())
        return len(uses)

    def test_uses(self) -> list[dict[str, Any]]:
        """The looks at test parts in order; none where ``test_uses.jsonl`` is absent.

        Raises
        ------
        DataError
            A line is not as it was written, or one is missing before it.
        """
        file = self.path / TEST_USES
        uses: list[dict[str, Any]] = []
        for number, line in enumerate(file.read_bytes().splitlines() if file.exists() else [], 1):
            use = parse_json(line, file)
            if not is_sealed(use) or use.get("before") != (uses[-1]["sha256"] if uses else None):
                raise DataError(f"{file}: line {number} is not as it was written, or the line before it is missing. {REMEDY}")
            uses.append(use)
        return uses

    def log_lines(self) -> list[dict[str, Any]]:
        """The lines of ``log.jsonl``; those that are damaged or were cut off by a kill are left out."""
        lines = self.log_file.read_bytes().splitlines() if self.log_file.exists() else []
        return [document for line in lines if (document := _log_line(line)) is not None]

    def rewind_log(self, step: int) -> None:
        """Drops log lines from `step` on, so that a resumed run does not log a step twice."""
        if self.log_file.exists():
            kept = [json.dumps(line) + "\n" for line in self.log_lines() if line["step"] < step]
            write_atomic(self.log_file, "".join(kept).encode())
        shutil.rmtree(self.path / "tensorboard", ignore_errors=True)  # rebuilt from the log by the logger


def looks_like_a_run(path: Path) -> bool:
    """Whether a folder is a run, whole or not: neither a store nor a model has these."""
    return (path / CONFIG).exists() or (path / "checkpoints").is_dir()


def _log_line(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    numbers = isinstance(document, dict) and all(value is None or isinstance(value, int | float) for value in document.values())
    return document if numbers and document.get("step") is not None else None


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
