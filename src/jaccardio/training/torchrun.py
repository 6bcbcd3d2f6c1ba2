"""Several processes that train one model, as `torchrun` or Ray Train starts them: one share of each batch a process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist

from jaccardio.contrast.ranks import ALONE, Ranks
from jaccardio.models.scoring import choose_device


@contextmanager
def launched_ranks(device: str) -> Iterator[Ranks]:
    """The processes that a launcher started, or this one alone; they meet on GPUs by NCCL, one GPU each, and on CPUs by gloo.

    Processes of Ray Train have met before, and part after.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:  # set by the launcher in each process that it starts
        yield ALONE
        return
    on = choose_device(device)
    if on.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    ours = not dist.is_initialized()
    if ours:
        dist.init_process_group("nccl" if on.type == "cuda" else "gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size())
    finally:
        if ours:
            dist.destroy_process_group()
