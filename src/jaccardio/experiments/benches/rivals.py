"""What a user would do otherwise: a language model inside every training step, and one file a record in the place of a store."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from jaccardio.cohort.batches import TrainingBatches, prefetched
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.experiments.benches.figure import Figure, rate
from jaccardio.experiments.benches.steps import BACKWARD, forward_flops, matrix_peak, training_step
from jaccardio.models.encoder import EcgEncoder
from jaccardio.recording.readers import read_ecg
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.training.config import load_preset

PRESET = "jaccardio-small"
BATCH, PADDED, CAPTION = 32, 256, 32
"""Sentences are padded to 256 tokens; a caption of a few findings has some 32."""

LAYERS, WIDTH, HEADS, HIDDEN = 12, 768, 12, 3072
"""The size of BERT-base (Devlin et al. 2019, arXiv:1810.04805)."""

SIMULATED, STEPS = 512, 12


def bench_rivals(say: Callable[[str], None]) -> Iterator[Figure]:
    """Training ECGs/s with cached sentences beside a language model in the step; share of a step spent waiting for ECGs."""
    config = load_preset(PRESET)
    hz = config.data.sampling_rate
    encoder, samples = EcgEncoder(config.model), round(config.data.crop_seconds * hz)
    step = training_step(encoder, torch.randn(BATCH, 12, samples))
    say("training steps with cached sentences")
    cached, peak = rate(step, BATCH), matrix_peak(torch.float32)
    yield Figure("matrix_peak_fp32", peak, "GFLOP/s")
    share = cached * BACKWARD * forward_flops(encoder, samples) / 1e9 / peak
    for tokens in (CAPTION, PADDED):
        say(f"the same with a language model of the size of BERT-base on {BATCH} sentences of {tokens} tokens in each")
        sentences = _language_model(tokens)
        inside = rate(lambda number, sentences=sentences: (sentences(), step(number)), BATCH)  # type: ignore[misc]
        yield Figure.beside(f"training_text_cached_over_{tokens}_tokens_a_step", cached, "ECGs/s", inside, share)
    with tempfile.TemporaryDirectory() as folder:
        say(f"simulating and ingesting {SIMULATED} ECGs at {hz:g} Hz")
        work = Path(folder)
        simulate_hospitals(work / "sim", SIMULATED, 1, 0, hz)
        ingest(work / "sim" / "site-a", work / "store", corpus="manifest", vocabulary="paper26", sampling_rate=hz, key_file=work / "key")
        store = Store.open(work / "store")
        say("waiting for ECGs: from the store, then from one WFDB file a record")
        batches = TrainingBatches(store, np.arange(len(store)), store.labels, BATCH, samples, 0)
        files = DataLoader(_Files(work / "sim" / "site-a"), BATCH, shuffle=True, num_workers=1, drop_last=True)
        read = prefetched(lambda number: torch.from_numpy(batches.signal(batches.batch(number))), 0, STEPS)
        ours = waiting_share((signal for _, signal in read), step)
        theirs = waiting_share(islice(files, STEPS), step)
        yield Figure.beside("waiting_share_store", ours, "of a step", theirs)


def waiting_share(batches: Iterable[Tensor], step: Callable[[int], object]) -> float:
    """Share of the time that goes into waiting for the next batch; the first is not counted, it starts processes and threads."""
    waited, worked, steady = 0.0, 0.0, iter(batches)
    next(steady)
    began = time.perf_counter()
    for number, _ in enumerate(steady):
        waited += time.perf_counter() - began
        began = time.perf_counter()
        step(number)
        worked += time.perf_counter() - began
        began = time.perf_counter()
    return waited / (waited + worked)


def _language_model(tokens: int) -> Callable[[], Tensor]:
    """Forward pass of a frozen language model over a batch of sentences; its weights are drawn, for only its time counts."""
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, activation="gelu", batch_first=True), LAYERS).eval()
    embedded = torch.randn(BATCH, tokens, WIDTH)

    def run() -> Tensor:
        with torch.inference_mode():
            vectors: Tensor = model(embedded)
        return vectors

    return run


class _Files(Dataset[NDArray[np.float32]]):
    """One WFDB file a record, read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._paths = sorted(folder.rglob("*.hea"))

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, number: int) -> NDArray[np.float32]:
        return read_ecg(self._paths[number]).signal
