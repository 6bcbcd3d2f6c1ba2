"""Arithmetic of a training ECG of each preset, the machine's matrix peak, and the share of it that training steps reach."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from jaccardio.experiments.benches.figure import Figure, rate
from jaccardio.models.encoder import EcgEncoder
from jaccardio.training.config import load_preset, presets

MATRIX, BATCH, CHANNELS = 2048, 32, 64
BACKWARD = 3
"""A training step is three forward passes: the value, the gradient of the input and that of the weights."""


def bench_steps(say: Callable[[str], None]) -> Iterator[Figure]:
    """GFLOP a training ECG of each preset, and for each distinct encoder its training ECGs/s in float32 and bfloat16."""
    say("matrix peak")
    peak, peak16 = matrix_peak(torch.float32), matrix_peak(torch.bfloat16)
    yield Figure("matrix_peak_fp32", peak, "GFLOP/s")
    yield Figure.beside("matrix_peak_bf16", peak16, "GFLOP/s", peak)
    encoders: dict[str, tuple[EcgEncoder, int, float]] = {}
    for preset in presets():
        config = load_preset(preset)
        samples = round((config.data.crop_seconds or 10) * config.data.sampling_rate)
        encoder = EcgEncoder(config.model)
        work = BACKWARD * forward_flops(encoder, samples) / 1e9
        yield Figure(f"training_gflop_{preset}", work, "GFLOP/ECG")
        encoders.setdefault(f"{config.model.encoder}_{config.model.width}_{samples}", (encoder, samples, work))
    say("convolutions")
    one, two = (rate(convolution_step(BATCH, 750, one_dimensional=kind), BATCH) for kind in (True, False))
    gflop = BACKWARD * 2 * 750 * CHANNELS * CHANNELS * 3 / 1e9
    yield Figure("convolution_conv1d", one, "ECGs/s", limit_share=one * gflop / peak)
    yield Figure.beside("convolution_1x3_channels_last", two, "ECGs/s", one, two * gflop / peak)
    for name, (encoder, samples, work) in encoders.items():
        say(f"training steps: {name}")
        signal = torch.randn(BATCH, 12, samples)
        fp32, bf16 = (rate(training_step(encoder, signal, bfloat16=bfloat16), BATCH) for bfloat16 in (False, True))
        yield Figure(f"training_{name}_fp32", fp32, "ECGs/s", limit_share=fp32 * work / peak)
        yield Figure.beside(f"training_{name}_bf16", bf16, "ECGs/s", fp32, bf16 * work / peak16)


def convolution_step(ecgs: int, samples: int, *, one_dimensional: bool) -> Callable[[int], None]:
    """Value and gradients of a block's convolution, 64 channels and a kernel of 3: Conv1d, or the (1 x 3) Conv2d in channels-last memory
    that the encoders are made of."""
    signal = torch.randn(ecgs, CHANNELS, samples)
    layer: nn.Module = nn.Conv1d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
    if not one_dimensional:
        signal = signal.unsqueeze(2).to(memory_format=torch.channels_last)
        layer = nn.Conv2d(CHANNELS, CHANNELS, (1, 3), padding=(0, 1), bias=False)
        layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return training_step(layer, signal.requires_grad_())


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


def training_step(module: nn.Module, signal: torch.Tensor, *, bfloat16: bool = False) -> Callable[[int], None]:
    """Value and gradients of a module in training over a signal, such as an encoder over (ecgs, 12, samples), as a function of the
    step's number."""

    def run(_: int) -> None:
        module.train().zero_grad()
        with torch.autocast(signal.device.type, torch.bfloat16, enabled=bfloat16):
            features = module(signal)
        torch.autograd.backward(features.square().mean())

    return run
