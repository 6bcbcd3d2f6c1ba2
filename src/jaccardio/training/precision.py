"""Which precision the ECG encoder is trained in: bfloat16 only where the device computes in it."""

import torch


def trains_in_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether the encoder runs under bfloat16 autocast.

    Parameters
    ----------
    precision
        ``bf16`` or ``fp32`` as they are; ``auto``: on a GPU, and on a CPU with instructions for bfloat16 (AVX-512 or AMX). Without them the
        CPU emulates it, some ten times slower than float32 (`jaccardio bench` measures the ratio).
    """
    if precision != "auto":
        return precision == "bf16"
    has = torch.cpu.get_capabilities()
    return device.type == "cuda" or bool(has.get("avx512_bf16") or has.get("amx_bf16"))
