"""The objective beside SigLIP's loss as open_clip computes it, at identity targets: time and memory of value and gradient.

open_clip cannot be imported without torchvision; its `SigLipLoss` for one process is three lines, which are restated here. From
`CHUNKED_FROM` on only the objective in chunks is measured: the plain forms need gigabytes.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from jaccardio.contrast.chunks import PAIRS_AT_ONCE, chunked_loss
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.experiments.benches.figure import Figure
from jaccardio.processes import WorkerPool

BATCHES = (512, 2048, 8192, 32768)
CHUNKED_FROM = 16384
WIDTH, FINDINGS = 256, 26
REPEATS = 3


def bench_loss(say: Callable[[str], None]) -> Iterator[Figure]:
    """Seconds and megabytes for each batch size, each measured in a process of its own."""
    for batch in BATCHES:
        say(f"loss of a batch of {batch}")
        ours, theirs = _apart("ours", batch), _apart("open_clip", batch) if batch < CHUNKED_FROM else None
        graded = _apart("jaccard", batch)
        for what, place, unit in (("time", 0, "s"), ("memory", 1, "MB")):
            name = f"loss_{what}_{batch}"
            yield Figure.beside(name, ours[place], unit, theirs[place]) if theirs else Figure(name, ours[place], unit)
            yield Figure.beside(f"{name}_jaccard", graded[place], unit, ours[place])


def _apart(kind: str, batch: int) -> tuple[float, float]:
    with WorkerPool(1) as pool:
        return pool.submit(measure, kind, batch).result()


def measure(kind: str, batch: int) -> tuple[float, float]:
    """Seconds of one value and gradient, the least of some, and the megabytes that it took beside its arguments (0 where not known).

    Seconds of CPU with one thread: those of the clock, but for other work on the machine.
    """
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    ecg, text = (torch.randn(batch, WIDTH, generator=generator).requires_grad_() for _ in range(2))
    scale, bias = torch.tensor(10.0, requires_grad=True), torch.tensor(-10.0, requires_grad=True)
    labels = (torch.rand(batch, FINDINGS, generator=generator) < 0.1).to(torch.int8)
    objective = Objective("captions", "identity" if kind == "ours" else "jaccard", "sigmoid")
    statements = Statements.read_as(Reading.ALL, labels)

    def loss() -> Tensor:
        if kind == "open_clip":
            logits = match(ecg, scale, text, bias)
            return -logsigmoid((2 * torch.eye(batch) - 1) * logits).sum() / batch

        def targets(rows: slice) -> tuple[Tensor, Tensor]:
            return objective.targets(labels, statements, rows)

        return chunked_loss(objective, ecg, (scale, text, bias), match, targets, batch, max(1, PAIRS_AT_ONCE // batch))

    before, seconds = _peak(reset=True), list[float]()
    for _ in range(REPEATS):
        began = time.process_time()
        torch.autograd.grad(loss(), (ecg, text, scale, bias))
        seconds.append(time.process_time() - began)
    return min(seconds), _peak() - before


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
