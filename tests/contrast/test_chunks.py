"""The loss in chunks is the loss of the whole, in value and gradient, and takes memory for one chunk."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from jaccardio.contrast.banks import TrainingLabels
from jaccardio.contrast.chunks import chunked_loss, chunks_of
from jaccardio.contrast.losses import LOSSES
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.contrast.targets import TARGETS
from tests.contrast.test_targets import SLOW, all_of, sets

N, FINDINGS, WIDTH = 13, 5, 4
PAIRED = [(target, loss) for target, loss in itertools.product(TARGETS, LOSSES)]


def labels_of(n: int = N) -> Tensor:
    """Few findings, a fifth unknown; of the first ECG and the last nothing is known, the second is known to show nothing."""
    generator = torch.Generator().manual_seed(1)
    labels = (torch.rand(n, FINDINGS, generator=generator) < 0.35).to(torch.int8)
    labels[torch.rand(labels.shape, generator=generator) < 0.2] = -1
    labels[0], labels[1], labels[-1] = -1, 0, -1
    return labels


def parameters(n: int, m: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """ECG vectors, text vectors, scale, bias."""
    generator = torch.Generator().manual_seed(2)
    shapes: list[tuple[int, ...]] = [(n, WIDTH), (m, WIDTH), (), (m,)]
    return [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in shapes]


def match(ecg: Tensor, text: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    return scale * ecg @ text.T + bias


def value_and_gradients(objective: Objective, statements: Statements, labels: Tensor, chunk: int | None) -> list[Tensor]:
    ecg, *sentences = leaves = parameters(len(labels), len(statements))

    def targets(rows: slice) -> tuple[Tensor, Tensor]:
        target, weight = objective.targets(labels, statements, rows)
        return target.double(), weight.double()

    if chunk is None:
        loss = objective(match(ecg, *sentences), *targets(slice(None)))
    else:
        loss = chunked_loss(objective, ecg, sentences, match, targets, len(labels), chunk)
    return [loss.detach(), *torch.autograd.grad(loss, leaves)]


@pytest.mark.parametrize(("target", "loss"), PAIRED)
def test_chunks_even_and_uneven_are_the_whole(target: str, loss: str) -> None:
    objective, labels = Objective("captions", target, loss), labels_of()
    statements = objective.pool(TrainingLabels(labels)).statements
    whole = value_and_gradients(objective, statements, labels, None)
    assert whole[0] > 0
    for chunk in (1, 4, N, 100):
        for ours, theirs in zip(value_and_gradients(objective, statements, labels, chunk), whole, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("statements", ["findings+parents+negations", "captions+subsets+false_captions"])
@pytest.mark.parametrize("loss", LOSSES)
def test_chunks_of_every_bank(statements: str, loss: str) -> None:
    objective, labels = Objective(statements, "truth", loss), labels_of()
    pool = objective.pool(TrainingLabels(labels, groups=((0, 2),)))
    columns = pool.statements.at(pool.against(torch.arange(N)))
    for ours, theirs in zip(*(value_and_gradients(objective, columns, labels, chunk) for chunk in (3, None)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_nothing_known_is_no_loss() -> None:
    labels = torch.full((4, FINDINGS), -1, dtype=torch.int8)
    statements = Statements.read_as(Reading.ALL, labels)
    for loss in LOSSES:
        value, *gradients = value_and_gradients(Objective("captions", "jaccard", loss), statements, labels, 3)
        assert value == 0
        assert not any(gradient.any() for gradient in gradients)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_rows_of_a_target_are_those_of_the_double_loop_over_the_batch(name: str) -> None:
    labels = labels_of(7)
    shown = [sets(row) for row in labels]
    for rows in chunks_of(slice(0, 7), 3):
        target, weight = TARGETS[name](labels, all_of(labels), rows)
        assert target.shape == (rows.stop - rows.start, 7)
        for i, j in itertools.product(range(rows.start, rows.stop), range(7)):
            wanted_target, wanted_weight = SLOW[name](i, j, shown, shown)
            assert weight[i - rows.start, j] == wanted_weight
            assert not wanted_weight or target[i - rows.start, j] == pytest.approx(wanted_target, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_larger_than_a_chunk_is_made_or_kept(loss: str) -> None:
    n, chunk = 256, 32
    labels = labels_of(n)
    objective = Objective("captions", "jaccard", loss)
    statements = objective.pool(TrainingLabels(labels)).statements
    ecg, *sentences = parameters(n, n)
    seen: list[int] = []

    def keep(tensor: Tensor) -> Tensor:
        seen.append(tensor.numel())
        return tensor

    def targets(rows: slice) -> tuple[Tensor, Tensor]:
        seen.append((rows.stop - rows.start) * n)
        return objective.targets(labels, statements, rows)

    with torch.autograd.graph.saved_tensors_hooks(keep, keep):
        loss_value = chunked_loss(objective, ecg, sentences, match, targets, n, chunk)
    assert max(seen) == chunk * n
    loss_value.backward()
    assert max(seen) == chunk * n
