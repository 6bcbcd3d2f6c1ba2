"""`Ranks`: the processes that share a batch, what each holds of it, and what travels between them.

A batch of n ECGs and m statements is cut into consecutive shares. Text vectors and finding sets, with what is unknown in them, are
gathered, so that the pair of an ECG here and a statement there gets its true target; ECG vectors stay where they are. Each process has a
part of the loss; the parts add up to the loss of one process, and so do their gradients, without averaging.

Only collectives of the public API are used: those with autograd in torch are private or deprecated, and their names change.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor

from jaccardio.contrast.statements import Statements


@dataclass(frozen=True)
class Ranks:
    """One of `size` processes, of which it is number `rank`. With one process nothing travels and every function is the identity."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def share(self, n: int) -> slice:
        """Which of n ECGs or statements this process holds; shares differ by one at most."""
        return slice(n * self.rank // self.size, n * (self.rank + 1) // self.size)

    def gathered(self, own: Tensor, n: int) -> Tensor:
        """All n rows from the shares (rows here, ...), whose order they keep; gradients go back to the process that a row is from."""
        return own if self.size == 1 else cast(Tensor, _Gather.apply(own, n, self))  # type: ignore[no-untyped-call]

    def gathered_statements(self, own: Statements, n: int) -> Statements:
        """All n statements from the shares."""
        return Statements(*(self.gathered(part, n) for part in (own.findings, own.valid, own.reading)))

    def total(self, part: Tensor) -> Tensor:
        """Sum over the processes, the same bits in each; every process's gradient of it counts."""
        return part if self.size == 1 else cast(Tensor, _Sum.apply(part))  # type: ignore[no-untyped-call]

    def most(self, own: int, device: torch.device) -> int:
        """The largest of the processes' numbers; `device` is where tensors travel from."""
        if self.size == 1:
            return own
        largest = torch.tensor(own, device=device)
        dist.all_reduce(largest, dist.ReduceOp.MAX)
        return int(largest)

    def sum_gradients(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """Replaces the gradients of parameters by their sums over the processes; a parameter without gradient has none anywhere."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if self.size == 1 or not gradients:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        for gradient, summed in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(summed.view(gradient.shape))

    def wait(self) -> None:
        """Waits for all processes."""
        if self.size > 1:
            dist.barrier()

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """The first process does this before all others, which then find what it has left on disk."""
        if not self.first:
            self.wait()
        yield
        if self.first:
            self.wait()


ALONE = Ranks()
"""One process."""


class _Gather(torch.autograd.Function):
    """Shares are padded to one length, which collectives need; bool and int8 travel as they are."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, n: int, ranks: Ranks) -> Tensor:
        ctx.n, ctx.ranks = n, ranks
        longest = -(-n // ranks.size)
        padded = own.new_zeros((longest, *own.shape[1:]))
        padded[: len(own)] = own
        sent = padded.view(torch.int8) if padded.dtype == torch.bool else padded
        received = [torch.empty_like(sent) for _ in range(ranks.size)]
        dist.all_gather(received, sent)
        shares = [Ranks(rank, ranks.size).share(n) for rank in range(ranks.size)]
        parts = [part[: share.stop - share.start] for part, share in zip(received, shares, strict=True)]
        return torch.cat(parts).view(own.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        summed = gradients[0].contiguous().clone()
        dist.all_reduce(summed)
        return summed[ctx.ranks.share(ctx.n)], None, None


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        total = part.contiguous().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        summed = gradients[0].contiguous().clone()
        dist.all_reduce(summed)
        return summed
