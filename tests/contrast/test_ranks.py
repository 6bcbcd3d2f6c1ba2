"""Two and four processes with a share of a batch each have the loss and the gradients of one process."""

from pathlib import Path

import numpy as np
import pytest
import torch

from jaccardio.contrast.objective import Objective
from jaccardio.contrast.ranks import ALONE, Ranks
from jaccardio.processes import start_worker
from tests.contrast.rank_worker import ALONE_CASES, CASES, captions, labels, loss_and_gradients, match, parameters, work

SIZES = (2, 4)


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folders = {size: tmp_path_factory.mktemp(f"ranks-{size}") for size in SIZES}
    workers = [start_worker(work, rank, folders) for rank in range(max(SIZES))]
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    return folders


def together(folder: Path, size: int, case: tuple[str, str], travel: bool) -> list[np.ndarray]:
    """Loss and gradients of all shares: those of rows one after the other, of the loss and the scale those that each process has."""
    parts = [np.load(folder / f"{travel}-{rank}.npz") for rank in range(size)]
    values = [[part["|".join((*case, str(place)))] for part in parts] for place in range(5)]
    for same in (values[0], values[4]):
        assert all(np.array_equal(same[0], other) for other in same)
    return [values[0][0], *(np.concatenate(rows) for rows in values[1:4]), values[4][0]]


def single(case: tuple[str, str]) -> list[np.ndarray]:
    """Of the plain loss of one process."""
    objective, whole = Objective("captions", *case), labels()
    leaves = [tensor.requires_grad_() for tensor in parameters()]
    target, weight = objective.targets(whole, captions(whole))
    loss = objective(match(*leaves), target.double(), weight.double())
    return [loss.detach().numpy(), *(gradient.numpy() for gradient in torch.autograd.grad(loss, leaves))]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_several_processes_are_one(shares: dict[int, Path], size: int, case: tuple[str, str]) -> None:
    for ours, theirs in zip(together(shares[size], size, case, travel=True), single(case), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("case", ALONE_CASES, ids="-".join)
def test_they_are_not_where_the_sets_stay_behind(shares: dict[int, Path], size: int, case: tuple[str, str]) -> None:
    assert abs(together(shares[size], size, case, travel=False)[0] - single(case)[0]) > 1e-2


def test_one_process_is_the_identity() -> None:
    for ours, theirs in zip(loss_and_gradients(("jaccard", "softmax"), ALONE), single(("jaccard", "softmax")), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("n", "size"), [(11, 4), (4, 4), (3, 4), (128, 3)])
def test_shares_are_a_partition(n: int, size: int) -> None:
    shares = [Ranks(rank, size).share(n) for rank in range(size)]
    assert [row for share in shares for row in range(share.start, share.stop)] == list(range(n))
    assert max(share.stop - share.start for share in shares) - min(share.stop - share.start for share in shares) <= 1
