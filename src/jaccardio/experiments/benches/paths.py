"""Speed of the hot paths; ingest and training also beside an alternative."""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch

from jaccardio.cohort.batches import TrainingBatches
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import COUNTS, Store
from jaccardio.experiments.benches.figure import Figure, once, rate
from jaccardio.experiments.benches.steps import BACKWARD, forward_flops, matrix_peak
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model, text_encoder_of
from jaccardio.models.scoring import choose_device, finding_scores
from jaccardio.recording.leads import LEADS
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.training.precision import trains_in_bfloat16

SIMULATED = 3000
COPIED = 2**27
WIDTH, BATCH, CROP_SECONDS, ECGS = 32, 128, 7.5, "ECGs/s"


def bench_paths(store: Store | None, say: Callable[[str], None]) -> Iterator[Figure]:
    """ECGs (or crops) per second, crops and training from a store, or from one made of simulated ECGs."""
    yield Figure("cpu_threads", torch.get_num_threads(), "threads")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        say(f"simulating {SIMULATED} ECGs at 500 Hz on one core")
        yield Figure("simulated", once(lambda: simulate_hospitals(work / "sim", SIMULATED, 1, 0, 500.0), SIMULATED), ECGS)
        say("ingesting them at 100 Hz on one core, then with two processes")
        ingested = partial(ingest, work / "sim" / "site-a", corpus="manifest", vocabulary="paper26", sampling_rate=100.0)
        one, two = (once(partial(ingested, work / str(jobs), key_file=work / "patient.key", jobs=jobs), SIMULATED) for jobs in (1, 2))
        yield Figure("ingest", one, ECGS)
        yield Figure.beside("ingest_two_processes", two, ECGS, one)
        opened = store or Store.open(work / "1")
        crop = round(CROP_SECONDS * opened.contract.sampling_rate)
        say(f"random crops of {CROP_SECONDS} s from {'the store' if store else 'the simulated store'}")
        batches = TrainingBatches(opened, np.arange(len(opened)), opened.labels, BATCH, crop, 0)
        crops, copied = rate(lambda step: batches.signal(batches.batch(step)), BATCH), memory_copy()
        read_and_written = len(LEADS) * (opened.contract.samples * COUNTS.itemsize + crop * np.dtype(np.float32).itemsize)
        yield Figure("memory_copy", copied / 1e9, "GB/s")
        yield Figure("crops", crops, "crops/s", limit_share=crops * read_and_written / copied)
        say("training and scoring: resnet18, width 32")
        yield from _model_rates(batches, opened)


def _model_rates(batches: TrainingBatches, store: Store) -> Iterator[Figure]:
    device = choose_device("auto")
    config = ModelConfig(kind="classifier", encoder="resnet18", width=WIDTH)
    vocabulary = Vocabulary.load("paper26")
    model = create_model(config, vocabulary=vocabulary, text_encoder=text_encoder_of(config, vocabulary)).to(device)
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)

    def step(precision: str) -> Callable[[int], None]:
        def run(number: int) -> None:
            signal = torch.from_numpy(batches.signal(batches.batch(number))).to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                loss = model.finding_logits(signal).float().square().mean()
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            if device.type == "cuda":
                torch.cuda.synchronize()

        return run

    bf16, fp32 = rate(step("bf16"), BATCH), rate(step("fp32"), BATCH)
    whole = store.windows(np.arange(min(BATCH, len(store))))
    scored = rate(lambda _: finding_scores(model, [whole], device), len(whole))
    samples, encoder = int(batches.batch(0).crops[0, 1]), model.encoder.cpu()
    trained, forward = BACKWARD * forward_flops(encoder, samples) / 1e9, forward_flops(encoder, store.contract.samples) / 1e9
    peak, peak16 = (matrix_peak(kind, device) for kind in (torch.float32, torch.bfloat16))
    best = max(peak, peak16)  # where bfloat16 is emulated, the convolutions in it are computed in float32
    used, limit = (bf16, best) if trains_in_bfloat16("auto", device) else (fp32, peak)
    yield Figure("matrix_peak_fp32", peak, "GFLOP/s")
    yield Figure.beside("matrix_peak_bf16", peak16, "GFLOP/s", peak)
    yield Figure("training", used, ECGS, limit_share=used * trained / limit)
    yield Figure.beside("training_bf16", bf16, ECGS, fp32, bf16 * trained / best)
    yield Figure("scoring", scored, ECGS, limit_share=scored * forward / peak)


def memory_copy() -> float:
    """Bytes a second that one thread reads and writes in copying memory."""
    source, target = np.ones(COPIED, np.uint8), np.empty(COPIED, np.uint8)
    return rate(lambda _: np.copyto(target, source), 2 * COPIED, seconds=1.0)
