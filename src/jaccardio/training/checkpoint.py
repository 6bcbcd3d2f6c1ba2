"""Checkpoints: safetensors for tensors, JSON for the rest, verified before use. No pickle.

A checkpoint is two files, ``step-00001230.safetensors`` and ``step-00001230.json``; the JSON is written last, sealed, and holds the SHA-256
of the tensors, of the best weights so far, and of the manifest of its run, so a checkpoint is whole or does not count. The last two are
kept.
"""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jaccardio.checksums import read_sealed, seal
from jaccardio.errors import DataError, DivergenceError
from jaccardio.files import sha256_file, write_atomic, write_json
from jaccardio.models.weights import weights_from_bytes, weights_to_bytes

KEPT = 2
REMEDY = "Nothing can be continued from it."


def tensors_of(model: torch.nn.Module, optimiser: torch.optim.Optimizer, average: torch.nn.Module | None) -> dict[str, Tensor]:
    """All tensors that a run depends on, under flat names."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    return tensors


def restore(tensors: dict[str, Tensor], model: torch.nn.Module, optimiser: torch.optim.Optimizer, average: torch.nn.Module | None) -> None:
    """The inverse of `tensors_of`, strictly: a missing or extra name is an error."""
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "optimiser": {}, "average": {}}
    for name, value in tensors.items():
        group, _, rest = name.partition(".")
        groups[group][rest] = value
    model.load_state_dict(groups["model"], strict=True)
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in groups["optimiser"].items():
        index, _, key = name.partition(".")
        like = parameters[int(index)]
        # Fused optimisers walk parameter and state side by side in memory: the state must have the parameter's (channels-last) layout.
        state.setdefault(int(index), {})[key] = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
    optimiser.load_state_dict(optimiser.state_dict() | {"state": state})
    if average is not None:
        average.load_state_dict(groups["average"], strict=True)


def save_checkpoint(folder: Path, step: int, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Writes one checkpoint atomically and removes those older than the last two.

    Parameters
    ----------
    facts
        Any JSON; ``best``, where it is given, names a file that `save_best` wrote by ``file`` and ``sha256``, and ``run_sha256`` the run.

    Raises
    ------
    DivergenceError
        A tensor is not finite: such a checkpoint is never written.
    """
    spoilt = [name for name, tensor in tensors.items() if tensor.is_floating_point() and not bool(tensor.isfinite().all())]
    if spoilt:
        raise DivergenceError(f"{len(spoilt)} of {len(tensors)} tensors are not finite after step {step}, the first is {spoilt[0]}")
    data = weights_to_bytes(tensors)
    stem = folder / f"step-{step:08d}"
    write_atomic(stem.with_suffix(".safetensors"), data)
    write_json(stem.with_suffix(".json"), seal(facts | {"step": step, "tensors_sha256": hashlib.sha256(data).hexdigest()}))
    for old in sorted(folder.glob("step-*.json"))[:-KEPT]:
        old.unlink()
    for tensors_file in folder.glob("step-*.safetensors"):
        if not tensors_file.with_suffix(".json").exists():
            tensors_file.unlink()  # of those, and of a write that was killed between the two


def load_checkpoint(folder: Path, run_sha256: str) -> tuple[dict[str, Tensor], dict[str, Any], list[str]] | None:
    """Loads the newest checkpoint that is whole, its best weights among it.

    Parameters
    ----------
    run_sha256
        SHA-256 of the run's manifest, which the checkpoint must name.

    Returns
    -------
    Tensors, facts, and a sentence for each damaged checkpoint passed over; None if the folder holds no checkpoint yet.

    Raises
    ------
    DataError
        There are checkpoints, and every one is damaged.
    """
    damaged: list[str] = []
    for facts_file in sorted(folder.glob("step-*.json"), reverse=True):
        try:
            facts = read_sealed(facts_file, REMEDY)
            if facts.get("run_sha256") != run_sha256 or facts_file.stem != f"step-{facts['step']:08d}":
                raise DataError(f"{facts_file}: the checkpoint of another run or step. {REMEDY}")
            if facts["best"]["file"]:
                verify(folder / facts["best"]["file"], facts["best"]["sha256"])
            return load_verified(facts_file.with_suffix(".safetensors"), facts["tensors_sha256"]), facts, damaged
        except (DataError, KeyError, TypeError) as error:
            damaged.append(f"{facts_file.name}: passed over: {error}")
    if damaged:
        raise DataError(f"{folder}: no usable checkpoint. {' '.join(damaged)} Train again into a new folder.")
    return None


def verify(path: Path, sha256: str) -> None:
    """Checks that a file is there and has the given SHA-256; raises DataError."""
    if not path.is_file():
        raise DataError(f"{path}: the file is missing.")
    if sha256_file(path) != sha256:
        raise DataError(f"{path}: its SHA-256 is not the one recorded when it was written; the file is damaged.")


def load_verified(path: Path, sha256: str) -> dict[str, Tensor]:
    """Loads a safetensors file whose SHA-256 must be the given one."""
    verify(path, sha256)
    return weights_from_bytes(path.read_bytes(), str(path))


def save_best(folder: Path, step: int, state: dict[str, Tensor]) -> tuple[str, str]:
    """Writes the weights to keep and returns the file's name and SHA-256.

    Earlier ones stay until `remove_superseded`: the checkpoints still refer to them.
    """
    data = weights_to_bytes(state)
    name = f"best-{step:08d}.safetensors"
    write_atomic(folder / name, data)
    return name, hashlib.sha256(data).hexdigest()


def remove_superseded(folder: Path) -> None:
    """Removes best weights that no checkpoint refers to any more."""
    wanted = set()
    for facts in folder.glob("step-*.json"):
        with suppress(DataError, KeyError, TypeError):  # a damaged checkpoint refers to nothing that could be used
            wanted.add(read_sealed(facts, REMEDY)["best"]["file"])
    for path in folder.glob("best-*.safetensors"):
        if path.name not in wanted:
            path.unlink()
