from pathlib import Path

import pytest
import torch

from jaccardio.errors import DataError
from jaccardio.training.checkpoint import load_checkpoint, remove_superseded, restore, save_best, save_checkpoint, tensors_of

RUN = "0" * 64
FACTS = {"run_sha256": RUN, "best": {"file": "", "sha256": ""}}


def _trained(seed: int, steps: int) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
    _steps(model, optimiser, steps)
    return model, optimiser


def _steps(model: torch.nn.Module, optimiser: torch.optim.Optimizer, steps: int) -> None:
    for step in range(steps):
        optimiser.zero_grad()
        model(torch.randn(8, 3, generator=torch.Generator().manual_seed(step))).square().mean().backward()
        optimiser.step()


def test_a_restored_run_goes_on_to_the_bit(tmp_path: Path) -> None:
    model, optimiser = _trained(0, 3)
    save_checkpoint(tmp_path, 3, tensors_of(model, optimiser, None), FACTS | {"seconds": 1.0})
    other, other_optimiser = _trained(1, 1)
    loaded = load_checkpoint(tmp_path, RUN)
    assert loaded is not None
    restore(loaded[0], other, other_optimiser, None)
    for pair in ((model, optimiser), (other, other_optimiser)):
        _steps(*pair, 2)
    for name, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name
    assert loaded[1]["seconds"] == 1.0


def test_two_are_kept_and_an_empty_folder_holds_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, RUN) is None
    model, optimiser = _trained(0, 1)
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, tensors_of(model, optimiser, None), FACTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"step-0000000{step}.{kind}" for step in (2, 3) for kind in ("json", "safetensors")
    ]


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "facts"])
def test_a_damaged_checkpoint_is_passed_over_and_said(tmp_path: Path, damage: str) -> None:
    model, optimiser = _trained(0, 1)
    for step in (1, 2):
        save_checkpoint(tmp_path, step, tensors_of(model, optimiser, None), FACTS)
    tensors = tmp_path / "step-00000002.safetensors"
    data = bytearray(tensors.read_bytes())
    if damage == "flip":
        data[-3] ^= 1
        tensors.write_bytes(data)
    elif damage == "truncate":
        tensors.write_bytes(data[:-10])
    elif damage == "remove":
        tensors.unlink()
    else:
        (tmp_path / "step-00000002.json").write_text("{")
    loaded = load_checkpoint(tmp_path, RUN)
    assert loaded is not None
    assert loaded[1]["step"] == 1
    assert "step-00000002" in loaded[2][0]


def test_no_usable_checkpoint_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "step-00000002.json").write_text("{}")
    with pytest.raises(DataError, match="no usable checkpoint"):
        load_checkpoint(tmp_path, RUN)


def test_best_weights_stay_as_long_as_a_checkpoint_refers_to_them(tmp_path: Path) -> None:
    model, optimiser = _trained(0, 1)
    for step in (1, 2, 3):
        name, sha256 = save_best(tmp_path, step, model.state_dict())
        save_checkpoint(tmp_path, step, tensors_of(model, optimiser, None), FACTS | {"best": {"file": name, "sha256": sha256}})
        remove_superseded(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("best-*")) == [f"best-0000000{step}.safetensors" for step in (2, 3)]
    (tmp_path / "step-00000002.json").write_text("{")
    remove_superseded(tmp_path)
    assert [path.name for path in tmp_path.glob("best-*")] == ["best-00000003.safetensors"]
