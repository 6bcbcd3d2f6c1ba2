"""Checkpoints: safetensors for tensors, JSON for the rest, verified before use. No pickle.

A checkpoint is two files, ``step-00001230.safetensors`` and ``step-00001230.json``; the JSON is written last and holds the
SHA-256 of the tensors, so a checkpoint is whole or does not count. The last two are kept.
"""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jaccardio.errors import DataError
from jaccardio.files import read_json, write_atomic, write_json
from jaccardio.models.weights import weights_from_bytes, weights_to_bytes

KEPT = 2


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
    """Writes one checkpoint atomically and removes those older than the last two."""
    data = weights_to_bytes(tensors)
    stem = folder / f"step-{step:08d}"
    write_atomic(stem.with_suffix(".safetensors"), data)
    write_json(stem.with_suffix(".json"), facts | {"step": step, "sha256": hashlib.sha256(data).hexdigest()})
    for old in sorted(folder.glob("step-*.json"))[:-KEPT]:
        old.unlink()
        old.with_suffix(".safetensors").unlink(missing_ok=True)


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any], list[str]] | None:
    """Loads the newest checkpoint that is whole.

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
            facts = read_json(facts_file)
            return load_verified(facts_file.with_suffix(".safetensors"), facts["sha256"]), facts, damaged
        except (DataError, KeyError, TypeError) as error:
            damaged.append(f"{facts_file.name}: passed over: {error}")
    if damaged:
        raise DataError(f"{folder}: no usable checkpoint. {' '.join(damaged)} Train again into a new folder.")
    return None


def load_verified(path: Path, sha256: str) -> dict[str, Tensor]:
    """Loads a safetensors file whose SHA-256 must be the given one."""
    if not path.is_file():
        raise DataError(f"{path}: the file is missing.")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(f"{path}: its SHA-256 is not the one recorded when it was written; the file is damaged.")
    return weights_from_bytes(data, str(path))


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
            wanted.add(read_json(facts)["best"]["file"])
    for path in folder.glob("best-*.safetensors"):
        if path.name not in wanted:
            path.unlink()
