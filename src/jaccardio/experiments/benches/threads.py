"""Training steps on a machine one core of which another process keeps busy: threads that are chosen beside the best fixed number."""

from collections.abc import Callable, Iterator

import torch

from jaccardio.experiments.benches.figure import Figure, rate
from jaccardio.experiments.benches.steps import training_step
from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import EcgEncoder
from jaccardio.processes import start_worker
from jaccardio.threads import cores
from jaccardio.training.step_choice import ROUNDS, StepChoice

WIDTH, BATCH, SAMPLES = 32, 64, 750


def bench_threads(say: Callable[[str], None]) -> Iterator[Figure]:
    """ECGs per second by threads, then by `StepChoice` once it has chosen; at least 0.9 of the best is the aim."""
    encoder = EcgEncoder(ModelConfig(kind="classifier", encoder="resnet18", width=WIDTH))
    step, most, choice = training_step(encoder, torch.randn(BATCH, 12, SAMPLES)), torch.get_num_threads(), StepChoice()
    say(f"training steps with at most {most} threads on {len(cores())} cores, one of them kept busy")
    busy = start_worker(_spin)
    try:
        fixed: dict[int, float] = {}
        for number in sorted({1, most}):
            torch.set_num_threads(number)
            fixed[number] = rate(step, BATCH)
            yield Figure(f"training_{number}_threads_one_core_busy", fixed[number], "ECGs/s")
        for number in range(ROUNDS * most):
            with choice.step():
                step(number)
        chosen, _ = choice.chosen
        torch.set_num_threads(chosen)
        yield Figure("chosen_threads", chosen, "threads")
        yield Figure.beside("training_chosen_threads_one_core_busy", rate(step, BATCH), "ECGs/s", max(fixed.values()))
    finally:
        busy.kill()
        torch.set_num_threads(most)


def _spin() -> None:
    while True:
        pass
