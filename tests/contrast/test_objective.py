"""The grid: names are checked, sentences that cannot be written count for nothing, and the log tells what the loss sees."""

import itertools

import pytest
import torch

from jaccardio.contrast.losses import LOSSES
from jaccardio.contrast.objective import STATEMENTS, Objective, pair_statistics
from jaccardio.contrast.targets import TARGETS
from jaccardio.errors import UsageError

LABELS = torch.tensor([[1, 0, 0], [1, 1, -1], [0, 0, 0], [0, -1, 0]], dtype=torch.int8)
CELLS = [cell for cell in itertools.product(STATEMENTS, TARGETS, LOSSES) if cell[:2] != ("findings", "identity")]


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_of_the_grid_trains(cell: tuple[str, str, str]) -> None:
    objective = Objective(*cell)
    statements = objective.statements_for(LABELS)
    target, weight = objective.targets(LABELS, statements)
    logits = torch.zeros(target.shape, requires_grad=True)
    loss = objective(logits, target, weight)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert not weight[:, ~statements.valid].any()


def test_hidden_labels_change_no_pair_that_was_settled_between_known_ones() -> None:
    """Hiding a record's labels takes its pairs away and leaves all others as they were."""
    objective = Objective("captions", "jaccard", "sigmoid")
    target, weight = objective.targets(LABELS, objective.statements_for(LABELS))
    hidden = LABELS.clone()
    hidden[1] = -1
    new_target, new_weight = objective.targets(hidden, objective.statements_for(hidden))
    others = torch.tensor([0, 2, 3])
    assert torch.equal(target[others][:, others], new_target[others][:, others])
    assert torch.equal(weight[others][:, others], new_weight[others][:, others])
    assert not new_weight[1].any()
    assert not new_weight[:, 1].any()


@pytest.mark.parametrize("cell", [("sentences", "truth", "sigmoid"), ("captions", "dice", "sigmoid"), ("captions", "truth", "hinge")])
def test_unknown_names_are_refused(cell: tuple[str, str, str]) -> None:
    with pytest.raises(UsageError, match="available"):
        Objective(*cell)


def test_identity_needs_captions() -> None:
    with pytest.raises(UsageError, match="captions"):
        Objective("findings", "identity", "sigmoid")


def test_pair_statistics() -> None:
    statistics = pair_statistics(torch.tensor([[1.0, 0.5], [0.0, 1.0]]), torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
    assert statistics == pytest.approx({"mean_target": 0.5, "share_positive": 2 / 3, "share_one": 1 / 3, "share_unknown": 0.25})
    assert pair_statistics(torch.ones(1, 1), torch.zeros(1, 1))["mean_target"] == 0
