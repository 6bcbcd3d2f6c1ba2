"""The loss of a batch some ECGs at a time, and of processes that each hold a share of it.

Memory goes with ECGs at a time x statements. Rows of the matrix are ECGs, and a loss of pairs adds up over the rows: the gradients of a
chunk are found with its loss, so that nothing of it is kept and nothing is computed twice. `softmax` needs, before any gradient, three
numbers for each column: the log of the sum of exponentials, the mass that is aimed at, and what the logits have of it; they add up over
rows and processes, so that none ever holds a column. Its chunks are computed once more in the backward pass (Chen et al. 2016,
arXiv:1604.06174); `torch.utils.checkpoint` does the same, but imports torch's compiler, which takes seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor

from jaccardio.contrast.losses import LOSSES, at_least_float32
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.ranks import ALONE, Ranks

PAIRS_AT_ONCE = 2**22
"""Batches of more pairs than this are taken in chunks: 16 MiB a matrix of float32; larger ones are no faster."""


def chunks_of(rows: slice, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` of the rows."""
    for start in range(rows.start, rows.stop, size):
        yield slice(start, min(start + size, rows.stop))


def chunked_loss(
    objective: Objective,
    ecg: Tensor,
    sentences: Sequence[Tensor],
    match: Callable[..., Tensor],
    targets: Callable[[slice], tuple[Tensor, Tensor]],
    n: int,
    chunk: int,
    ranks: Ranks = ALONE,
) -> Tensor:
    """``objective(match(ecg, *sentences), *targets(all))`` without holding more than a chunk of it, the same to rounding, gradients too.

    Parameters
    ----------
    ecg
        (share of n, d) vectors of the ECGs that this process holds.
    sentences, match
        What makes logits (r, m) of ECG vectors (r, d) against all m statements, ``match(vectors, *sentences)``: gradients reach `ecg` and
        `sentences` alone.
    targets
        Target and weight (r, m) of a slice of the n ECGs of the whole batch.
    n
        ECGs of all processes.
    chunk
        ECGs at a time; where one process holds no more than that, a CPU computes the whole as it stands.
    ranks
        The processes that share the batch.

    Returns
    -------
    This process's part of the loss: the parts add up to the whole.
    """
    if ranks.size == 1 and n <= chunk and ecg.is_cpu:  # the whole form asks for numbers, for which a GPU would have to be waited for
        return objective(match(ecg, *sentences), *targets(slice(0, n)))
    own = ranks.share(n)
    part = _softmax_part if objective.loss == "softmax" else _pairs_part

    def compute(rows: slice, ecg: Tensor, *sentences: Tensor) -> Sequence[Tensor]:
        vectors = ecg[rows.start - own.start : rows.stop - own.start]
        return part(objective, match(vectors, *sentences), *targets(rows))

    chunks = [partial(compute, rows) for rows in chunks_of(own, chunk)]
    if objective.loss != "softmax":
        over_rows, count = cast(Sequence[Tensor], _Summed.apply(chunks, ecg, *sentences))  # type: ignore[no-untyped-call]
        return over_rows / ranks.total(count).clamp(min=1)
    found = [cast(Sequence[Tensor], _Recomputed.apply(one, ecg, *sentences)) for one in chunks]  # type: ignore[no-untyped-call]
    over_rows, count, *of_columns = map(torch.stack, zip(*found, strict=True))
    loss: Tensor = over_rows.sum() / ranks.total(count.sum()).clamp(min=1)
    return (loss + _over_columns(of_columns, ranks)) / 2


class _Summed(torch.autograd.Function):
    """The sums of pure functions of tensors to two numbers, the second without gradient; the gradients are found with the sums."""

    @staticmethod
    def forward(ctx: Any, functions: Sequence[Callable[..., Sequence[Tensor]]], *arguments: Tensor) -> tuple[Tensor, Tensor]:
        leaves, found = _leaves(arguments, ctx), []
        for function in functions:
            with torch.enable_grad():
                value, count = function(*leaves)
            if value.requires_grad:
                torch.autograd.backward(value)
            found.append((value.detach(), count))
        total, counted = (torch.stack(numbers).sum() for numbers in zip(*found, strict=True))
        ctx.save_for_backward(*(leaf.grad for leaf in leaves))
        ctx.mark_non_differentiable(counted)
        return total, counted

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return None, *(None if found is None else found * gradients[0] for found in ctx.saved_tensors)


class _Recomputed(torch.autograd.Function):
    """A pure function of tensors to tensors that keeps its arguments alone for the backward pass."""

    @staticmethod
    def forward(ctx: Any, function: Callable[..., Sequence[Tensor]], *arguments: Tensor) -> tuple[Tensor, ...]:
        ctx.function = function
        ctx.save_for_backward(*arguments)
        return tuple(function(*arguments))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        leaves = _leaves(ctx.saved_tensors, ctx)
        with torch.enable_grad():
            results = ctx.function(*leaves)
        wanted = [place for place, result in enumerate(results) if result.requires_grad]
        torch.autograd.backward([results[place] for place in wanted], [gradients[place] for place in wanted])
        return None, *(leaf.grad for leaf in leaves)


def _leaves(arguments: Sequence[Tensor], ctx: Any) -> list[Tensor]:
    """The arguments of a `torch.autograd.Function` behind its first, apart from what they were computed from."""
    return [tensor.detach().requires_grad_(wanted) for tensor, wanted in zip(arguments, ctx.needs_input_grad[1:], strict=True)]


def _pairs_part(objective: Objective, logits: Tensor, target: Tensor, weight: Tensor) -> list[Tensor]:
    """Sum of the loss over some rows, and how many of them count: nothing is known of the others (`Objective.__call__`)."""
    known = (weight.sum(dim=1) > 0).sum()
    return [LOSSES[objective.loss](logits, target, weight, **objective.loss_options) * len(logits), known]


def _softmax_part(objective: Objective, logits: Tensor, target: Tensor, weight: Tensor) -> list[Tensor]:
    """Sum of the cross-entropies over some rows, how many count, and of each column (m,) what these rows have of its three numbers."""
    logits, mass = at_least_float32(logits), weight * target
    shown = logits.masked_fill(weight == 0, torch.finfo(torch.float32).min)
    total = mass.sum(dim=1)
    aimed = total > 0
    hit = (mass * logits).sum(dim=1) / torch.where(aimed, total, 1.0)
    rows = torch.where(aimed, shown.logsumexp(dim=1) - hit, 0.0).sum()
    return [rows, aimed.sum(), shown.logsumexp(dim=0), mass.sum(dim=0), (mass * logits).sum(dim=0)]


def _over_columns(found: Sequence[Tensor], ranks: Ranks) -> Tensor:
    """Mean cross-entropy of the columns from their log-sums, masses and hits, each (chunks, m): this process's share of the columns."""
    log_sums, masses, hits = found
    numbers = torch.stack([log_sums.logsumexp(dim=0), masses.sum(dim=0), hits.sum(dim=0)])
    log_sum, mass, hit = ranks.gathered(numbers[None], ranks.size).unbind(dim=1)
    own = ranks.share(mass.shape[1])
    log_sum, mass, hit = log_sum.logsumexp(dim=0)[own], mass.sum(dim=0), hit.sum(dim=0)[own]
    aimed = mass > 0
    columns = torch.where(aimed[own], log_sum - hit / torch.where(aimed, mass, 1.0)[own], 0.0)
    return columns.sum() / aimed.sum().clamp(min=1)
