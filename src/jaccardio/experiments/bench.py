"""Speed of the hot paths on this machine; ingest and training also beside an alternative measured in the same run.

Command: ``jaccardio bench``. Absolute rates depend on the machine and on what else it does; the ratios are what to compare.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from jaccardio.cohort.batches import TrainingBatches
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model, text_encoder_of
from jaccardio.models.scoring import choose_device, finding_scores
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.training.precision import trains_in_bfloat16

SECONDS = 4.0
"""Each rate is measured for at least this long."""

SIMULATED = 3000
WIDTH, BATCH, CROP_SECONDS = 32, 128, 7.5


def run_bench(store: Path | None, say: Callable[[str], None]) -> dict[str, float]:
    """Measures and returns rates in ECGs (or crops) per second, and ratios.

    Parameters
    ----------
    store
        Store for crops and training; None uses one made of simulated ECGs.
    """
    given = None if store is None else Store.open(store)  # before anything is measured
    measured: dict[str, float] = {"cpu_threads": float(torch.get_num_threads())}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        say(f"simulating {SIMULATED} ECGs at 500 Hz on one core")
        measured["simulated_ecgs_per_second"] = _once(lambda: simulate_hospitals(work / "sim", SIMULATED, 1, 0, 500.0), SIMULATED)
        say("ingesting them at 100 Hz on one core, then with two processes")
        measured["ingest_ecgs_per_second"] = _once(lambda: _ingest(work, "one", 1), SIMULATED)
        measured["ingest_two_processes_ratio"] = _once(lambda: _ingest(work, "two", 2), SIMULATED) / measured["ingest_ecgs_per_second"]
        opened = given or Store.open(work / "one")
        crop = round(CROP_SECONDS * opened.contract.sampling_rate)
        say(f"random crops of {CROP_SECONDS} s from {'the store' if store else 'the simulated store'}")
        batches = TrainingBatches(opened, np.arange(len(opened)), opened.labels, BATCH, crop, 0)
        measured["crops_per_second"] = _rate(lambda step: batches.batch(step), BATCH)
        say("training and scoring: resnet18, width 32")
        measured |= _model_rates(batches, opened)
    return measured


def _model_rates(batches: TrainingBatches, store: Store) -> dict[str, float]:
    device = choose_device("auto")
    config = ModelConfig(kind="classifier", encoder="resnet18", width=WIDTH)
    vocabulary = Vocabulary.load("paper26")
    model = create_model(config, vocabulary=vocabulary, text_encoder=text_encoder_of(config, vocabulary)).to(device)
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)

    def step(precision: str) -> Callable[[int], None]:
        def run(number: int) -> None:
            signal = torch.from_numpy(batches.batch(number).signal).to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                loss = model.finding_logits(signal).float().square().mean()
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            if device.type == "cuda":
                torch.cuda.synchronize()

        return run

    bf16, fp32 = _rate(step("bf16"), BATCH), _rate(step("fp32"), BATCH)
    whole = store.windows(np.arange(min(BATCH, len(store))))
    return {
        "training_ecgs_per_second": bf16 if trains_in_bfloat16("auto", device) else fp32,
        "training_bf16_over_fp32_ratio": bf16 / fp32,
        "scoring_ecgs_per_second": _rate(lambda _: finding_scores(model, [whole], device), len(whole)),
    }


def _ingest(work: Path, name: str, jobs: int) -> None:
    ingest(
        work / "sim" / "site-a",
        work / name,
        corpus="manifest",
        vocabulary="paper26",
        sampling_rate=100.0,
        key_file=work / "patient.key",
        jobs=jobs,
    )


def _once(run: Callable[[], object], items: int) -> float:
    began = time.perf_counter()
    run()
    return items / (time.perf_counter() - began)


def _rate(run: Callable[[int], object], items: int) -> float:
    run(0)  # warm-up
    began, rounds = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        rounds += 1
        run(rounds)
    return rounds * items / (time.perf_counter() - began)
