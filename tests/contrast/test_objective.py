"""The grid: names are checked, sentences that cannot be written count for nothing, and the log tells what the loss sees."""

import itertools
import math

import pytest
import torch

from jaccardio.contrast.banks import BANKS, TrainingLabels
from jaccardio.contrast.losses import LOSSES, OPTIONS
from jaccardio.contrast.objective import Objective, pair_statistics, soft_truth_loss
from jaccardio.contrast.statements import Reading
from jaccardio.contrast.targets import TARGETS
from jaccardio.errors import UsageError

LABELS = torch.tensor([[1, 0, 0], [1, 1, -1], [0, 0, 0], [0, -1, 0]], dtype=torch.int8)
TRAINING = TrainingLabels(LABELS, groups=((0, 2),))
JOINED = ("findings+parents+negations", "captions+findings", "captions+subsets+false_captions")


def _exists(statements: str, target: str) -> bool:
    if target == "identity":
        return statements == "captions"
    return target == "truth" or all(BANKS[bank].reading == Reading.ALL for bank in statements.split("+"))


CELLS = [cell for cell in itertools.product((*BANKS, *JOINED), TARGETS, LOSSES) if _exists(*cell[:2])]


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_of_the_grid_trains(cell: tuple[str, str, str]) -> None:
    objective = Objective(*cell)
    pool = objective.pool(TRAINING)
    statements = pool.statements.at(pool.against(torch.arange(4)))
    target, weight = objective.targets(LABELS, statements)
    logits = torch.randn(target.shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = objective(logits, target, weight)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    something_to_learn = (weight * target).any() if objective.loss == "softmax" else weight.any()
    assert not something_to_learn or objective(logits - 1e-3 * logits.grad, target, weight) < loss
    assert something_to_learn or cell[0] in ("subsets", "false_captions")  # which need not be the exact set of any ECG
    assert not weight[:, ~statements.valid].any()


def test_hidden_labels_change_no_pair_that_was_settled_between_known_ones() -> None:
    """Hiding a record's labels takes its pairs away and leaves all others as they were."""
    objective = Objective("captions", "jaccard", "sigmoid")
    target, weight = objective.targets(LABELS, objective.pool(TRAINING).statements)
    hidden = LABELS.clone()
    hidden[1] = -1
    new_target, new_weight = objective.targets(hidden, objective.pool(TrainingLabels(hidden)).statements)
    others = torch.tensor([0, 2, 3])
    assert torch.equal(target[others][:, others], new_target[others][:, others])
    assert torch.equal(weight[others][:, others], new_weight[others][:, others])
    assert not new_weight[1].any()
    assert not new_weight[:, 1].any()


@pytest.mark.parametrize(
    "cell",
    [
        ("sentences", "truth", "sigmoid"),
        ("captions+", "truth", "sigmoid"),
        ("captions", "cosine", "sigmoid"),
        ("captions", "truth", "hinge"),
    ],
)
def test_unknown_names_are_refused(cell: tuple[str, str, str]) -> None:
    with pytest.raises(UsageError, match="available"):
        Objective(*cell)


@pytest.mark.parametrize(
    ("statements", "target", "named"),
    [
        ("findings", "identity", "captions"),
        ("captions+findings", "identity", "captions"),
        ("findings+parents", "jaccard", "parents"),
        ("negations", "exact", "negations"),
        ("findings+findings", "truth", "twice"),
    ],
)
def test_cells_that_mean_nothing_are_refused(statements: str, target: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Objective(statements, target, "sigmoid")


@pytest.mark.parametrize(
    ("loss", "options", "named"),
    [
        ("sigmoid", {"margin": 0.1}, "sigmoid has no option 'margin'; it has none"),
        ("asymmetric", {"gamma": 2.0}, "no option 'gamma'; it has positive_exponent, negative_exponent, margin"),
        ("asymmetric", {"margin": 0.6}, "margin of loss asymmetric is 0.6; it must lie between 0 and 0.5"),
        ("asymmetric", {"negative_exponent": -1.0}, "between 0 and 16"),
        ("asymmetric", {"positive_exponent": float("nan")}, "between 0 and 16"),
    ],
)
def test_options_that_a_loss_cannot_have_are_refused(loss: str, options: dict[str, float], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Objective("findings", "truth", loss, options)


def test_the_loss_gets_its_options() -> None:
    logits, target, weight = torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 0.0]]), torch.ones(1, 2)
    plain = Objective("findings", "truth", "asymmetric", dict.fromkeys(OPTIONS["asymmetric"], 0.0))
    assert torch.allclose(plain(logits, target, weight), LOSSES["sigmoid"](logits, target, weight))
    assert Objective("findings", "truth", "asymmetric")(logits, target, weight) < plain(logits, target, weight)


def test_pair_statistics() -> None:
    statistics = pair_statistics(torch.tensor([[1.0, 0.5], [0.0, 1.0]]), torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
    assert statistics == pytest.approx({"mean_target": 0.5, "share_positive": 2 / 3, "share_one": 1 / 3, "share_unknown": 0.25})
    assert pair_statistics(torch.ones(1, 1), torch.zeros(1, 1))["mean_target"] == 0


def test_measured_statements_stand_beside_others_and_weigh_as_much_as_the_findings() -> None:
    objective = Objective("findings+measurements", "truth", "sigmoid")
    assert (objective.banks, objective.measured) == (("findings",), True)
    assert len(objective.pool(TRAINING).statements) == 3
    logits = torch.tensor([[0.0, 2.0], [0.0, -1.0]])
    truth = torch.tensor([[0.25, float("nan")], [1.0, 0.5]])
    known = [(0.0, 0.25), (0.0, 1.0), (-1.0, 0.5)]
    entropy = sum(math.log1p(math.exp(logit)) - target * logit for logit, target in known)
    assert soft_truth_loss(logits, truth, columns=3).item() == pytest.approx(entropy / 2 * 3 / 2, rel=1e-6)
    with pytest.raises(UsageError, match=r"findings\+measurements"):
        Objective("measurements", "truth", "sigmoid")
    with pytest.raises(UsageError, match="name a bank twice"):
        Objective("findings+findings+measurements", "truth", "sigmoid")
