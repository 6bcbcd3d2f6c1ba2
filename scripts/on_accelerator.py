"""Parity, speed, the paper's schedule and a trained preset on a GPU, in one go of at most 8 minutes and one JSON; without a GPU a dry run.

python scripts/on_accelerator.py OUT.json [--store STORE] [--quick]

Simulated hospitals are made by all cores, of as many ECGs as these can make in a share of the time; a store takes the place of that at
100 Hz. `--quick` takes tiny ones and tiny models: it shows that the script works, nothing else.
"""

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.split import Split, load_or_make_split
from jaccardio.cohort.store import Store
from jaccardio.experiments.benches.steps import BACKWARD, forward_flops, training_step
from jaccardio.files import write_json
from jaccardio.models.encoder import EcgEncoder
from jaccardio.models.scoring import choose_device, finding_scores
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.threads import cores
from jaccardio.training.compilation import compiled_encoder
from jaccardio.training.config import load_preset
from jaccardio.training.ensemble import train_ensemble
from jaccardio.training.loop import train
from jaccardio.training.run_folder import RunFolder, environment
from jaccardio.training.session import Session

PRESETS = ("jaccardio-small", "jaccardio", "paper")
TINY = ("model.width=2", "model.text=random", "training.batch_size=8")
ROUNDS, BATCH = 30, 128
FP32, BF16 = 1e-5, 1e-3

MINUTES = 8
MADE = {500.0: (33_732, 0.25), 100.0: (12_000, 0.1)}
"""By rate, the ECGs that are made (at 500 Hz the paper's cohort), and the share of the minutes that making them may take."""

TRIED, LEAST, EPOCHS = 512, 120, 3
"""ECGs a core by which making them is timed, the fewest that are made, and the epochs of the schedule that are timed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    device, small = choose_device("auto"), TINY if asked.quick else ()
    found: dict[str, Any] = {"environment": environment(), "quick": asked.quick, "device": device.type}
    with tempfile.TemporaryDirectory() as scratch:
        stores, found["made"] = made(Path(scratch), asked.quick, (500.0,) if asked.store else (500.0, 100.0))
        store = Store.open(asked.store) if asked.store else stores[100.0]
        split = load_or_make_split(store, print)
        found["data"] = f"{len(store)} ECGs, {store.title}"
        for name, stage in (
            ("parity", lambda: parity(store, split, Path(scratch), small)),
            ("speed", lambda: {preset: speed(preset, device, asked.quick) for preset in PRESETS}),
            ("schedule", lambda: schedule(stores[500.0], device, Path(scratch), small)),
            ("trained", lambda: trained(store, split, Path(scratch), (*small, *(("training.epochs=1",) if asked.quick else ())))),
            ("compiled", lambda: when_compiled(stores[500.0], device, asked.quick, Path(scratch), small)),
        ):
            began = time.monotonic()
            found[name] = stage()
            found[f"{name}_seconds"] = round(time.monotonic() - began, 1)
            write_json(asked.out, found)  # what was reached stands, whatever ends the next stage
            print(name, json.dumps(found[name], indent=1))


def parity(store: Store, split: Split, scratch: Path, settings: tuple[str, ...]) -> dict[str, Any]:
    """Loss and gradient norm of the first step, relative to the CPU in float32, and the largest difference of scores."""
    auto = choose_device("auto").type
    runs = {}
    for name, device, precision in (("cpu", "cpu", "fp32"), ("fp32", auto, "fp32"), ("bf16", auto, "bf16")):
        config = load_preset("jaccardio-small", ("training.steps=2", f"training.precision={precision}", *settings))
        train(store, split, config, scratch / name, device=device)
        runs[name] = RunFolder.open(scratch / name)
    first = {name: run.log_lines()[0] for name, run in runs.items()}
    rows = np.sort(store.rows_of(split.parts["validation"]))[:256]
    model = runs["cpu"].pretrained().model
    scores = [finding_scores(model.to(where), full_batches(store, rows), where) for where in (torch.device("cpu"), choose_device("auto"))]
    differences = {
        f"{name}_{key}": abs(first[name][key] / first["cpu"][key] - 1) for name in ("fp32", "bf16") for key in ("loss", "gradient_norm")
    } | {"fp32_scores": float(np.abs(scores[0] - scores[1]).max())}
    held = all(value <= (FP32 if name.startswith("fp32") else BF16) for name, value in differences.items())
    return {"differences": differences, "bounds": {"fp32": FP32, "bf16": BF16}, "held": held}


def speed(preset: str, device: torch.device, quick: bool, compiled: bool = False) -> dict[str, float]:
    """Training ECGs/s of a preset's encoder in bfloat16, as it is or as torch compiles it, their share of the matrix peak measured beside
    them, and the memory taken."""
    config = load_preset(preset, TINY if quick else ())
    batch, samples = 8 if quick else BATCH, round(config.data.crop_seconds * config.data.sampling_rate)
    encoder, signal = EcgEncoder(config.model).to(device), torch.randn(batch, 12, samples, device=device)
    step = partial(training_step(encoder, signal, compiled_encoder(encoder, device) if compiled else None, bfloat16=True), 0)
    square = torch.randn(*(2 * [256 if quick else 8192]), device=device, dtype=torch.bfloat16)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    ecgs, peak = batch * _rate(step, device), 2 * square.shape[0] ** 3 * _rate(lambda: square @ square, device)
    work = BACKWARD * forward_flops(encoder.cpu(), samples)
    memory = torch.cuda.max_memory_allocated() / 2**20 if device.type == "cuda" else float("nan")
    found = {"ecgs_per_second": ecgs, "peak_tflops": peak / 1e12, "share_of_peak": ecgs * work / peak, "peak_memory_mib": memory}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def schedule(store: Store, device: torch.device, scratch: Path, settings: tuple[str, ...]) -> dict[str, Any]:
    """Some epochs of `paper`, in its own precision and bfloat16, and by them hours of all its epochs.

    Validation and checkpoints are counted for all but the last of them. Sentences have random vectors: no large language model is at hand,
    and training takes vectors as they are.
    """
    split = load_or_make_split(store, print)
    session = Session(store, split, load_preset("paper", ("model.text=random", *settings)), device)
    found: dict[str, Any] = {"resident": session.feed.counts is not None, "waits": waits(session)}
    del session
    for precision in ("fp32", "bf16"):
        found[precision] = epochs(store, device, scratch / f"paper-{precision}", (*settings, f"training.precision={precision}"))
    return found


def epochs(store: Store, device: torch.device, out: Path, settings: tuple[str, ...], *, compiled: bool = False) -> dict[str, float]:
    """Seconds of an epoch of `paper`, the slower first one included, and by them hours of all its epochs of the paper's cohort."""
    config = load_preset("paper", ("model.text=random", *settings, f"training.epochs={EPOCHS}"))
    summary = train(store, load_or_make_split(store, print), config, out, device=device.type, compiled=compiled)
    epoch = summary["seconds"] / EPOCHS
    whole = epoch * (load_preset("paper").training.epochs or 0) * MADE[500.0][0] / len(store)
    return {"seconds_an_epoch": epoch, "training_records": summary["training_records"], "hours_of_the_paper": whole / 3600}


def when_compiled(store: Store, device: torch.device, quick: bool, scratch: Path, settings: tuple[str, ...]) -> dict[str, Any]:
    """The speed of `paper`'s encoder and its epochs in bfloat16 as `train --compile` computes them; compiling is counted in the epochs."""
    found: dict[str, Any] = speed("paper", device, quick, compiled=True)
    return found | epochs(store, device, scratch / "paper-compiled", (*settings, "training.precision=bf16"), compiled=True)


def waits(session: Session) -> list[str]:
    """Where a step that is not looked at waits for the GPU all the same, as torch says; nothing on a CPU."""
    first, second = session.feed.prefetched(1, 3)
    session._step(*first, looked=False)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        if session.device.type == "cuda":
            torch.cuda.set_sync_debug_mode("warn")
        session._step(*second, looked=False)
        if session.device.type == "cuda":
            torch.cuda.set_sync_debug_mode("default")
    return sorted({f"{Path(one.filename).name}:{one.lineno}" for one in said})


def trained(store: Store, split: Split, scratch: Path, settings: tuple[str, ...]) -> dict[str, Any]:
    """`jaccardio` in three seeds, joined."""
    joined = train_ensemble(store, split, load_preset("jaccardio", settings), 3, scratch / "jaccardio")
    members = [RunFolder.open(path).summary for path in sorted((scratch / "jaccardio" / "members").iterdir())]
    keys = ("seed", "validation_macro_auroc", "seconds", "ecgs_per_second", "precision")
    return {"members": [{key: one[key] for key in keys} for one in members], "ensemble": joined["validation_macro_auroc"]}


def made(scratch: Path, quick: bool, rates: tuple[float, ...]) -> tuple[dict[float, Store], dict[str, Any]]:
    """A simulated hospital at each rate, and how many ECGs it has and why: as many as all cores make in the time, by a trial at 500 Hz."""
    jobs = len(cores())
    began = time.monotonic()
    tried = len(_simulated(scratch / "tried", jobs * (4 if quick else TRIED), 500.0, jobs))
    speed = tried / (time.monotonic() - began)
    stores: dict[float, Store] = {}
    facts: dict[str, Any] = {"cores": jobs, "tried_ecgs_per_second": speed, "minutes": MINUTES, "hospitals": {}}
    for rate in rates:
        most, share = MADE[rate]
        records = LEAST if quick else number(speed, most, share)
        began = time.monotonic()
        stores[rate] = _simulated(scratch / f"{rate:g}", records, rate, jobs)
        seconds = round(time.monotonic() - began, 1)
        facts["hospitals"][f"{rate:g} Hz"] = {"ecgs": records, "wanted": most, "share_of_the_minutes": share, "seconds": seconds}
    return stores, facts


def number(speed: float, most: int, share: float) -> int:
    """ECGs that are made at so many a second in a share of `MINUTES`, within `LEAST` and `most`."""
    return min(most, max(LEAST, int(speed * share * 60 * MINUTES)))


def _simulated(folder: Path, records: int, rate: float, jobs: int) -> Store:
    [site] = simulate_hospitals(folder / "hospital", records, 1, 0, rate, jobs)
    ingest(site.manifest, folder / "store", corpus="manifest", vocabulary="paper26", sampling_rate=rate, jobs=jobs)
    return Store.open(folder / "store")


def _rate(run: Callable[[], object], device: torch.device) -> float:
    """Calls per second, after three that do not count."""

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(3):
        run()
    wait()
    began = time.perf_counter()
    for _ in range(ROUNDS):
        run()
    wait()
    return ROUNDS / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
