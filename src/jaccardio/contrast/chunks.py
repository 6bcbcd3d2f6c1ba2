"""The loss of a batch some ECGs at a time, and of processes that each hold a share of it.

Memory goes with ECGs at a time x statements. Rows of the matrix are ECGs, and a loss of pairs adds up over the rows. `softmax` needs,
besides, three numbers for each column: the log of the sum of exponentials, the mass that is aimed at, and what the logits have of it; they
add up over rows and processes, so that none ever holds a column. Chunks are computed once more in the backward pass instead of being kept
(Chen et al. 2016, arXiv:1604.06174); `torch.utils.checkpoint` does the same, but imports torch's compiler, which takes seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from jaccardio.contrast.losses import LOSSES, at_least_float32
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.ranks import ALONE, Ranks

PAIRS_AT_ONCE = 2**24
"""Batches of more pairs than this are taken in chunks: 64 MiB a matrix of float32, of which a loss keeps about ten."""


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
        ECGs at a time.
    ranks
        The processes that share the batch.

    Returns
    -------
    This process's part of the loss: the parts add up to the whole.
    """
    own = ranks.share(n)
    part = _softmax_part if objective.loss == "softmax" else _pairs_part

    def of(rows: slice) -> Sequence[Tensor]:
        def compute(vectors: Tensor, *sentences: Tensor) -> Sequence[Tensor]:
            return part(objective, match(vectors, *sentences), *targets(rows))

        vectors = ecg[rows.start - own.start : rows.stop - own.start]
        return cast(Sequence[Tensor], _Recomputed.apply(compute, vectors, *sentences))  # type: ignore[no-untyped-call]

    parts = [of(rows) for rows in chunks_of(own, chunk)]
    over_rows, count, *of_columns = map(torch.stack, zip(*parts, strict=True))
    loss: Tensor = over_rows.sum() / ranks.total(count.sum()).clamp(min=1)
    return loss if objective.loss != "softmax" else (loss + _over_columns(of_columns, ranks)) / 2


class _Recomputed(torch.autograd.Function):
    """A pure function of tensors to tensors that keeps its arguments alone for the backward pass."""

    @staticmethod
    def forward(ctx: Any, function: Callable[..., Sequence[Tensor]], *arguments: Tensor) -> tuple[Tensor, ...]:
        ctx.function = function
        ctx.save_for_backward(*arguments)
        return tuple(function(*arguments))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        arguments = [
            tensor.detach().requires_grad_(wanted) for tensor, wanted in zip(ctx.saved_tensors, ctx.needs_input_grad[1:], strict=True)
        ]
        with torch.enable_grad():
            results = ctx.function(*arguments)
        pairs = [(result, gradient) for result, gradient in zip(results, gradients, strict=True) if result.requires_grad]
        wanted = [argument for argument in arguments if argument.requires_grad]
        found = iter(torch.autograd.grad([result for result, _ in pairs], wanted, [gradient for _, gradient in pairs]))
        return None, *(next(found) if argument.requires_grad else None for argument in arguments)


def _pairs_part(objective: Objective, logits: Tensor, target: Tensor, weight: Tensor) -> list[Tensor]:
    """Sum of the loss over some rows, and how many of them count: nothing is known of the others (`Objective.__call__`)."""
    known = (weight > 0).any(dim=1).sum()
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
