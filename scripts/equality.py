"""Equal to rounding or to the bit, at full counts; the tables of docs/reliability.md. The tests do the same with a few.

python scripts/equality.py [DRAWS] [KILLS]

Chunks: the loss in chunks against the loss of the whole, for every target and loss, over random batches. Processes: torchrun with two and
four against one. Kills: SIGKILL at a random time of a training run, resumed to its end, against one that was never interrupted. The
hospital is simulated.
"""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor

from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.split import default_split, save_split
from jaccardio.cohort.store import Store
from jaccardio.contrast.banks import TrainingLabels
from jaccardio.contrast.chunks import chunked_loss
from jaccardio.contrast.losses import LOSSES
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.statements import Statements
from jaccardio.contrast.targets import TARGETS
from jaccardio.simulation.disk import simulate_hospitals

SETTINGS = ("model.width=4", "model.embedding=16", "model.text=random", "training.precision=fp32", "training.batch_size=16")
TRAIN = ["-m", "jaccardio", "train", "--json"]
RUN = [sys.executable, *TRAIN]
ALONE = ("--threads", "1")
EPOCHS = "training.epochs=8"


def chunks(draws: int) -> None:
    """Largest difference of value and gradients over random batches: sizes, findings, unknown labels and chunks differ each time."""
    print("| target | loss | batches | largest relative difference of value and gradients |")
    print("|---|---|---|---|")
    for target, loss in itertools.product(TARGETS, LOSSES):
        worst = 0.0
        for draw in range(draws):
            torch.manual_seed(draw)
            n, findings, width = (int(torch.randint(low, high, ())) for low, high in ((2, 65), (2, 21), (2, 33)))
            labels = (torch.rand(n, findings) < torch.rand(())).to(torch.int8)
            labels[torch.rand(labels.shape) < 0.5 * torch.rand(())] = -1
            objective = Objective("captions", target, loss)
            statements = objective.pool(TrainingLabels(labels)).statements
            ecg, text = (torch.randn(rows, width, dtype=torch.float64) for rows in (n, len(statements)))
            whole = _gradients(objective, statements, labels, ecg, text, n)
            parts = _gradients(objective, statements, labels, ecg, text, int(torch.randint(1, n, ())))
            worst = max(
                worst, *(float((one - other).abs().max() / (other.abs().max() + 1e-9)) for one, other in zip(parts, whole, strict=True))
            )
        print(f"| {target} | {loss} | {draws} | {worst:.0e} |", flush=True)


def _gradients(objective: Objective, statements: Statements, labels: Tensor, ecg: Tensor, text: Tensor, chunk: int) -> list[Tensor]:
    leaves = [tensor.clone().requires_grad_() for tensor in (ecg, text)]

    def targets(rows: slice) -> tuple[Tensor, Tensor]:
        target, weight = objective.targets(labels, statements, rows)
        return target.double(), weight.double()

    loss = chunked_loss(objective, leaves[0], leaves[1:], lambda one, other: one @ other.T, targets, len(labels), chunk)
    return [loss.detach(), *torch.autograd.grad(loss, leaves)]


def hospital(folder: Path) -> Path:
    """A store of simulated ECGs, split."""
    simulate_hospitals(folder, 120, 1, 0, 100.0)
    ingest(folder / "site-a", folder / "store", corpus="manifest", vocabulary="paper26", sampling_rate=100.0, key_file=folder / "key")
    store = Store.open(folder / "store")
    save_split(store, default_split(store))
    return store.path


def words(store: Path, out: Path, *settings: str) -> list[str]:
    return ["--preset", "truth-small", "--store", str(store), "--out", str(out), *(w for s in (*SETTINGS, *settings) for w in ("--set", s))]


def kills(folder: Path, store: Path, points: int) -> None:
    """Kills training at random times until so many kills hit a run that had not ended."""
    straight = folder / "straight"
    began = time.monotonic()
    subprocess.run([*RUN, *words(store, straight, EPOCHS), *ALONE], check=True, capture_output=True)
    seconds, chance = time.monotonic() - began, random.Random(0)
    wanted = (straight / "model" / "model.safetensors").read_bytes()
    hit = before = same = 0
    while hit < points:
        out = folder / "killed"
        shutil.rmtree(out, ignore_errors=True)
        begin = [*RUN, *words(store, out, EPOCHS), *ALONE]
        process = subprocess.Popen(begin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (out / "training.json").exists():
            continue
        hit += 1
        before += not any(out.glob("checkpoints/*"))
        resume = [*RUN, "--resume", "--out", str(out), "--store", str(store), *ALONE]
        subprocess.run(resume if out.exists() else begin, check=True, capture_output=True)
        same += (out / "model" / "model.safetensors").read_bytes() == wanted
    print("\n| kill -9 while training | before the first checkpoint | the same weights, to the bit, after resuming |\n|---|---|---|")
    print(f"| {hit} | {before} | {same} |", flush=True)


def processes(folder: Path, store: Path) -> None:
    """Loss and gradient norm of the first step of two and four processes against one; a batch of 15, which neither divides."""
    steps = ("training.epochs=1", "training.steps=1", "training.batch_size=15")
    first = {}
    for size in (1, 2, 4):
        out = folder / f"processes-{size}"
        several = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={size}"] if size > 1 else []
        launch = [sys.executable, *several, *TRAIN, *words(store, out, *steps)]
        done = subprocess.run(launch, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        first[size] = json.loads((out / "log.jsonl").read_text().splitlines()[0])
    print("\n| processes | loss of the first step, relative difference from one | gradient norm |\n|---|---|---|")
    for size in (2, 4):
        off = [abs(first[size][name] / first[1][name] - 1) for name in ("loss", "gradient_norm")]
        print(f"| {size} | {off[0]:.0e} | {off[1]:.0e} |", flush=True)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    counts = [int(word) for word in sys.argv[1:]]
    chunks(counts[0] if counts else 200)
    with tempfile.TemporaryDirectory() as name:
        made = hospital(Path(name))
        processes(Path(name), made)
        kills(Path(name), made, counts[1] if len(counts) > 1 else 35)
