"""Training steps on a machine one core of which another process keeps busy: threads that are chosen beside the best fixed number."""

from collections.abc import Callable, Iterator

import torch

from jaccardio.experiments.benches.figure import Figure, rate
from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import EcgEncoder
from jaccardio.processes import start_worker
from jaccardio.threads import ROUNDS, ThreadChoice, cores

WIDTH, BATCH, SAMPLES = 32, 64, 750


def bench_threads(say: Callable[[str], None]) -> Iterator[Figure]:
    """ECGs per second by threads, then by `ThreadChoice` once it has chosen; at least 0.9 of the best is the aim."""
    encoder = EcgEncoder(ModelConfig(kind="classifier", encoder="resnet18", width=WIDTH))
    signal, before = torch.randn(BATCH, 12, SAMPLES), torch.get_num_threads()

    def step(_: int = 0) -> None:
        encoder.zero_grad()
        torch.autograd.backward(encoder(signal).square().mean())

    most = len(cores())
    say(f"training steps with one of {most} cores kept busy")
    busy = start_worker(_spin)
    try:
        torch.set_num_threads(most)
        choice = ThreadChoice()
        for _ in range(ROUNDS * (most + 1)):
            with choice.step():
                step()
        fixed: dict[int, float] = {}
        for number in sorted({1, most}):
            torch.set_num_threads(number)
            fixed[number] = rate(step, BATCH)
            yield Figure(f"training_{number}_threads_one_core_busy", fixed[number], "ECGs/s")

        def chosen(_: int) -> None:
            with choice.step():
                step()

        chosen(0)
        torch.set_num_threads(choice.chosen)
        yield Figure.beside("training_chosen_threads_one_core_busy", rate(chosen, BATCH), "ECGs/s", max(fixed.values()))
        yield Figure("chosen_threads", choice.chosen, "threads")
    finally:
        busy.kill()
        torch.set_num_threads(before)


def _spin() -> None:
    while True:
        pass
