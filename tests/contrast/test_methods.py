"""The table of methods: each is the cell it is known as, and trains."""

import pytest
import torch

from jaccardio.contrast.banks import TrainingLabels
from jaccardio.contrast.methods import METHODS, Method
from jaccardio.contrast.objective import Objective

CELLS = {
    "siglip": "captions x identity x sigmoid",
    "siglip-exact": "captions x exact x sigmoid",
    "clip": "captions x identity x softmax",
    "merl": "captions x identity x softmax, views 1",
    "unicl": "captions x exact x softmax",
    "supcon-any": "captions x shared x softmax",
    "ked": "captions x label_aware x softmax",
    "similarity-dissimilarity": "captions x similarity_dissimilarity x softmax",
    "paper": "captions x jaccard x signed_sigmoid",
    "jaccard-soft": "captions x jaccard x sigmoid",
    "dice": "captions x dice x sigmoid",
    "overlap": "captions x overlap x sigmoid",
    "idf-jaccard": "captions x idf_jaccard x sigmoid",
    "truth": "findings x truth x sigmoid",
    "truth-parents": "findings+parents x truth x sigmoid",
    "truth-negations": "findings+negations x truth x sigmoid",
    "truth-subsets": "findings+subsets x truth x sigmoid",
    "truth-captions": "findings+captions x truth x sigmoid",
    "truth-mined": "findings+false_captions x truth x sigmoid",
    "truth-measured": "findings+measurements x truth x sigmoid",
    "truth-asymmetric": "findings x truth x asymmetric",
    "truth-weighted": "findings x truth x sigmoid, positive_weight",
    "truth-prototypes": "findings x truth x sigmoid, prototypes 1",
    "classifier": "findings x truth x sigmoid, classifier",
    "classifier-measured": "findings+measurements x truth x sigmoid, classifier",
    "classifier-asymmetric": "findings x truth x asymmetric, classifier",
    "classifier-weighted": "findings x truth x sigmoid, classifier, positive_weight",
}
LABELS = torch.tensor([[1, 0, 0], [1, 1, -1], [0, 0, 0], [1, 0, 1], [0, 1, 1]], dtype=torch.int8)


def test_every_method_is_the_cell_it_is_known_as() -> None:
    assert {name: method.cell for name, method in METHODS.items()} == CELLS
    assert len(set(CELLS.values())) == len(CELLS)
    assert all(method.description and method.source for method in METHODS.values())


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_method_trains(method: Method) -> None:
    objective = method.objective
    pool = objective.pool(TrainingLabels(LABELS, groups=((0, 2),)))
    target, weight = objective.targets(LABELS, pool.statements.at(pool.against(torch.arange(len(LABELS)))))
    logits = torch.randn(target.shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = objective(logits, target, weight)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad is not None
    assert objective(logits - 1e-3 * logits.grad, target, weight) < loss


def test_groups_are_needed_by_statements_of_groups_alone() -> None:
    assert [name for name, method in METHODS.items() if method.needs_groups] == ["truth-parents"]
    without = TrainingLabels(LABELS)
    assert all(method.needs_groups or method.objective.pool(without) for method in METHODS.values())


def test_what_a_method_adds_is_in_its_cell() -> None:
    method = Method(Objective("findings", "truth", "asymmetric"), False, True, 0.0, 0.5, "", "")
    assert method.cell == "findings x truth x asymmetric, positive_weight, prototypes 0.5"
