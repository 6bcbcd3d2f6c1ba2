"""What each process of `test_ranks` does; apart from it so that the processes import little."""

from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from jaccardio.contrast.chunks import chunked_loss
from jaccardio.contrast.losses import LOSSES
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.ranks import Ranks
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.contrast.targets import TARGETS

N, FINDINGS, WIDTH = 11, 9, 4
"""No number of processes divides the batch."""

CASES = [*((target, "sigmoid") for target in TARGETS), *(("jaccard", loss) for loss in LOSSES if loss != "sigmoid")]
ALONE_CASES = [(target, "sigmoid") for target in ("jaccard", "exact", "shared", "truth")]
"""What is computed of finding sets that travel, and of some that do not."""


def labels() -> Tensor:
    """Findings of the first ECGs are unknown in the last and the other way round: shares have different label sets. Two are equal."""
    generator = torch.Generator().manual_seed(1)
    drawn = (torch.rand(N, FINDINGS, generator=generator) < 0.5).to(torch.int8)
    place = torch.arange(N)[:, None] / N - torch.arange(FINDINGS)[None, :] / FINDINGS
    drawn = torch.where(place.abs() < 0.7, drawn, -1).to(torch.int8)
    drawn[9] = drawn[2]
    return drawn


def parameters() -> list[Tensor]:
    """ECG vectors, text vectors, biases of the statements, scale."""
    generator = torch.Generator().manual_seed(2)
    shapes: list[tuple[int, ...]] = [(N, WIDTH), (N, WIDTH), (N,), ()]
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def captions(of: Tensor) -> Statements:
    return Statements.read_as(Reading.ALL, of, (of == 1).any(dim=1) | (of >= 0).all(dim=1))


def match(ecg: Tensor, text: Tensor, bias: Tensor, scale: Tensor) -> Tensor:
    return scale * ecg @ text.T + bias


def loss_and_gradients(case: tuple[str, str], ranks: Ranks, sets_travel: bool = True) -> list[np.ndarray]:
    """Loss and gradients of what this process holds."""
    objective, own = Objective("captions", *case), ranks.share(N)
    ecg, text, bias = (torch.nn.Parameter(whole[own]) for whole in parameters()[:3])
    scale = torch.nn.Parameter(parameters()[3])
    ours = labels()[own]
    all_labels, statements = ranks.gathered(ours, N), ranks.gathered_statements(captions(ours), N)
    if not sets_travel:  # all that another process holds is a mismatch, as where only text travels
        elsewhere = torch.ones(N, dtype=torch.bool)
        elsewhere[own] = False
        statements.findings[elsewhere] = 0

    def targets(rows: slice) -> tuple[Tensor, Tensor]:
        target, weight = objective.targets(all_labels, statements, rows)
        return target.double(), weight.double()

    sentences = [ranks.gathered(text, N), ranks.gathered(bias, N), scale]
    loss = chunked_loss(objective, ecg, sentences, match, targets, N, 2, ranks)
    loss.backward()
    ranks.sum_gradients([scale])
    total = ranks.total(loss.detach())
    return [tensor.detach().numpy() for tensor in (total, ecg.grad, text.grad, bias.grad, scale.grad) if tensor is not None]


def work(rank: int, folders: dict[int, Path]) -> None:
    """Takes part in each size that has this process."""
    torch.set_num_threads(1)
    for size, folder in folders.items():
        if rank < size:
            dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=size)
            write_shares(Ranks(rank, size), folder)
            dist.destroy_process_group()


def write_shares(ranks: Ranks, folder: Path) -> None:
    for travel, cases in ((True, CASES), (False, ALONE_CASES)):
        found = {
            "|".join((*case, str(place))): value for case in cases for place, value in enumerate(loss_and_gradients(case, ranks, travel))
        }
        np.savez(folder / f"{travel}-{ranks.rank}.npz", **found)
