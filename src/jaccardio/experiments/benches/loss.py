"""The objective beside SigLIP's loss as open_clip computes it, at identity targets: time and memory of value and gradient.

open_clip cannot be imported without torchvision; its `SigLipLoss` for one process is three lines, which are restated here. From
`CHUNKED_FROM` on only the objective in chunks is measured: the plain forms need gigabytes.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from jaccardio.contrast.chunks import PAIRS_AT_ONCE, chunked_loss
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.experiments.benches.figure import Figure, least_seconds
from jaccardio.experiments.benches.steps import BACKWARD, core_peak
from jaccardio.processes import WorkerPool

Found = TypeVar("Found")

BATCHES = (512, 2048, 8192, 32768)
CHUNKED_FROM = 16384
WIDTH, FINDINGS = 256, 26
PAIRS_MEASURED = 2**24
"""Small batches are measured again until this many pairs were, each batch three times at least."""


def bench_loss(say: Callable[[str], None]) -> Iterator[Figure]:
    """Seconds and megabytes for each batch size: seconds by turns, megabytes each in a process of its own.

    The limit of the seconds are those of the products of vectors alone, at the matrix peak of one core.
    """
    say("matrix peak of one core")
    peak = _apart(core_peak) * 1e9
    yield Figure("core_peak_fp32", peak / 1e9, "GFLOP/s")
    for batch in BATCHES:
        say(f"loss of a batch of {batch}")
        kinds = ("ours", "jaccard") if batch >= CHUNKED_FROM else ("ours", "jaccard", "open_clip")
        seconds = _apart(seconds_of, kinds, batch)
        megabytes = {kind: _apart(megabytes_of, kind, batch) for kind in kinds}
        least = BACKWARD * 2 * batch**2 * WIDTH / peak
        shares = {kind: least / taken for kind, taken in seconds.items()}
        none: dict[str, float] = {}
        for what, unit, found, share in (("time", "s", seconds, shares), ("memory", "MB", megabytes, none)):
            name, ours = f"loss_{what}_{batch}", found["ours"]
            yield Figure.beside(name, ours, unit, found.get("open_clip"), share.get("ours"))
            yield Figure.beside(f"{name}_jaccard", found["jaccard"], unit, ours, share.get("jaccard"))


def _apart(function: Callable[..., Found], *arguments: object) -> Found:
    with WorkerPool(1) as pool:
        return pool.submit(function, *arguments).result()


def seconds_of(kinds: Sequence[str], batch: int) -> dict[str, float]:
    """Seconds of one value and gradient of each kind with one thread, as `least_seconds` takes them."""
    torch.set_num_threads(1)
    return least_seconds({kind: step_of(kind, batch) for kind in kinds}, max(3, PAIRS_MEASURED // batch**2))


def megabytes_of(kind: str, batch: int) -> float:
    """Megabytes that one value and gradient takes beside its arguments; 0 where not known."""
    step = step_of(kind, batch)
    before = _peak(reset=True)
    step()
    return _peak() - before


def step_of(kind: str, batch: int) -> Callable[[], object]:
    """One value and gradient."""
    generator = torch.Generator().manual_seed(0)
    ecg, text = (torch.randn(batch, WIDTH, generator=generator).requires_grad_() for _ in range(2))
    scale, bias = torch.tensor(10.0, requires_grad=True), torch.tensor(-10.0, requires_grad=True)
    labels = (torch.rand(batch, FINDINGS, generator=generator) < 0.1).to(torch.int8)
    objective = Objective("captions", "jaccard" if kind == "jaccard" else "identity", "sigmoid")
    statements = Statements.read_as(Reading.ALL, labels)

    def targets(rows: slice) -> tuple[Tensor, Tensor]:
        return objective.targets(labels, statements, rows)

    def loss() -> Tensor:
        if kind == "open_clip":
            logits = match(ecg, scale, text, bias)
            return -logsigmoid((2 * torch.eye(batch) - 1) * logits).sum() / batch
        return chunked_loss(objective, ecg, (scale, text, bias), match, targets, batch, max(1, PAIRS_AT_ONCE // batch))

    return lambda: torch.autograd.grad(loss(), (ecg, text, scale, bias))


def match(ecg: Tensor, scale: Tensor, text: Tensor, bias: Tensor) -> Tensor:
    """Logits (n, m) of ECG vectors (n, d) and text vectors (m, d)."""
    return scale * ecg @ text.T + bias


def _peak(*, reset: bool = False) -> float:
    """Megabytes of memory that this process had at most since the last reset; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) / 1024 if found else 0.0
