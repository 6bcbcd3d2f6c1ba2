from itertools import pairwise

import pytest
import torch
from torch import nn

from jaccardio.training.config import OptimiserConfig
from jaccardio.training.optimiser import create_optimiser, learning_rate, moving_average


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam)])
def test_matrices_decay_and_vectors_do_not(name: str, kind: type) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2), nn.Linear(2, 2))
    model[2].requires_grad_(False)
    settings = OptimiserConfig.model_validate({"epochs": 1, "optimiser": name, "weight_decay": 0.1, "learning_rate": 0.01})
    optimiser = create_optimiser(model.parameters(), settings)
    assert type(optimiser) is kind
    decayed, rest = optimiser.param_groups
    assert (decayed["weight_decay"], rest["weight_decay"], decayed["lr"]) == (0.1, 0.0, 0.01)
    assert [parameter.shape for parameter in decayed["params"]] == [(2, 3)]
    assert [parameter.shape for parameter in rest["params"]] == [(2,), (2,), (2,)]


def test_the_average_follows_the_weights_slowly() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = moving_average(model, 0.9)
    average.update_parameters(model)
    before = model.weight.item()
    with torch.no_grad():
        model.weight.add_(1.0)
    average.update_parameters(model)
    assert average.module.weight.item() == pytest.approx(before + 0.1)


def test_warmup_rises_linearly_to_the_peak_then_falls_to_zero() -> None:
    rates = [learning_rate(step, 100, 1.0, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert max(rates) == pytest.approx(1.0)
    assert all(later < earlier for earlier, later in pairwise(rates[10:]))
    assert 0 < rates[-1] < 1e-3
    assert rates[55] == pytest.approx(0.5)  # half-way down the cosine


def test_warmup_counts_steps_from_one_on_and_never_outlasts_the_run() -> None:
    assert learning_rate(49, 1000, 1.0, 100) == pytest.approx(0.5)
    assert learning_rate(9, 10, 1.0, 20_000) == pytest.approx(1.0)


def test_no_warmup_starts_at_the_peak() -> None:
    assert learning_rate(0, 10, 3e-3, 0.0) == pytest.approx(3e-3)
