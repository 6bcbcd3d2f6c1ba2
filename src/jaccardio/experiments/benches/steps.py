"""Arithmetic of a training ECG of each preset, the machine's matrix peak, and the share of it that training steps reach."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from jaccardio.errors import MissingError
from jaccardio.experiments.benches.figure import Figure, once, rate
from jaccardio.models.encoder import EcgEncoder
from jaccardio.training.compilation import compiled_encoder
from jaccardio.training.config import load_preset, presets
from jaccardio.training.precision import trains_in_bfloat16

MATRIX, BATCH = 2048, 32
BACKWARD = 3
"""A training step is three forward passes: the value, the gradient of the input and that of the weights."""


def bench_steps(say: Callable[[str], None]) -> Iterator[Figure]:
    """GFLOP a training ECG of each preset, and training ECGs/s of each distinct encoder, by the first preset that has it: with the maps
    channels-last, as Conv1d computes them, in bfloat16 where the CPU has it, and in float32 as torch compiles it."""
    say("matrix peak")
    peak, peak16 = matrix_peak(torch.float32), matrix_peak(torch.bfloat16)
    yield Figure("matrix_peak_fp32", peak, "GFLOP/s")
    yield Figure.beside("matrix_peak_bf16", peak16, "GFLOP/s", peak)
    encoders: dict[str, tuple[str, EcgEncoder, int, float]] = {}
    for preset in presets():
        config = load_preset(preset)
        samples = round((config.data.crop_seconds or 10) * config.data.sampling_rate)
        encoder = EcgEncoder(config.model)
        work = BACKWARD * forward_flops(encoder, samples) / 1e9
        yield Figure(f"training_gflop_{preset}", work, "GFLOP/ECG")
        encoders.setdefault(f"{encoder} {samples}", (preset, encoder, samples, work))
    for preset, encoder, samples, work in encoders.values():
        say(f"training steps: {preset}")
        yield from _step_rates(preset, encoder, torch.randn(BATCH, 12, samples), work, peak, peak16, say)


def _step_rates(
    preset: str, encoder: EcgEncoder, signal: torch.Tensor, work: float, peak: float, peak16: float, say: Callable[[str], None]
) -> Iterator[Figure]:
    conv1d = partial(encoder, channels_last=False)
    fp32 = rate(training_step(encoder, signal), BATCH)
    yield Figure(f"training_{preset}_fp32", fp32, "ECGs/s", limit_share=fp32 * work / peak)
    ways = {"fp32_conv1d": (training_step(encoder, signal, conv1d), peak)}
    if trains_in_bfloat16("auto", signal.device):
        ways["bf16"] = training_step(encoder, signal, bfloat16=True), peak16
        ways["bf16_conv1d"] = training_step(encoder, signal, conv1d, bfloat16=True), peak16
    try:
        compiled = training_step(encoder, signal, compiled_encoder(encoder, signal.device))
    except MissingError as error:
        say(str(error))
    else:
        yield Figure(f"training_{preset}_seconds_to_compile", 1 / once(partial(compiled, 0), 1), "s")
        ways["compiled"] = compiled, peak
    for name, (step, limit) in ways.items():
        found = rate(step, BATCH)
        yield Figure.beside(f"training_{preset}_{name}", found, "ECGs/s", fp32, found * work / limit)


def matrix_peak(kind: torch.dtype, device: torch.device | None = None, clock: Callable[[], float] = time.perf_counter) -> float:
    """GFLOP/s of a product of two square matrices."""
    square = torch.randn(MATRIX, MATRIX).to(device, kind)

    def run(_: int) -> None:
        square @ square
        if square.is_cuda:
            torch.cuda.synchronize()

    return rate(run, 1, clock=clock) * 2 * MATRIX**3 / 1e9


def core_peak() -> float:
    """GFLOP/s of such a product in float32 with one thread, by seconds of the CPU: the limit of what is timed that way."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return matrix_peak(torch.float32, clock=time.process_time)
    finally:
        torch.set_num_threads(threads)


def forward_flops(encoder: nn.Module, samples: int) -> float:
    """Floating-point operations of one ECG (12, samples), two for each product of convolutions and linear layers; norms are left out."""

    def products(module: nn.Module, outputs: int) -> int:
        return 2 * outputs * module.weight[0].numel() if isinstance(module, nn.Conv2d | nn.Linear) else 0

    return float(counted(encoder, samples, products))


def counted(encoder: nn.Module, samples: int, count: Callable[[nn.Module, int], int]) -> int:
    """Sum of a count over the innermost modules of an encoder, of each and of how many numbers it puts out for one ECG (12, samples)."""
    total = 0

    def add(module: nn.Module, _: Any, out: Any) -> None:
        nonlocal total
        total += count(module, out.numel() if isinstance(out, torch.Tensor) else 0)

    hooks = [module.register_forward_hook(add) for module in encoder.modules() if not list(module.children())]
    with torch.inference_mode():
        encoder.eval()(torch.zeros(1, 12, samples))
    for hook in hooks:
        hook.remove()
    return total


def training_step(
    module: nn.Module, signal: torch.Tensor, forward: Callable[[torch.Tensor], torch.Tensor] | None = None, *, bfloat16: bool = False
) -> Callable[[int], None]:
    """Value and gradients of a module in training over a signal, such as an encoder over (ecgs, 12, samples), as a function of the
    step's number; `forward` is another way to compute the module."""

    def run(_: int) -> None:
        module.train().zero_grad()
        with torch.autocast(signal.device.type, torch.bfloat16, enabled=bfloat16):
            features = (module if forward is None else forward)(signal)
        torch.autograd.backward(features.square().mean())

    return run
