"""The optimiser of a run, its learning rate, and the moving average of its weights."""

import math
from collections.abc import Iterable

from torch import nn
from torch.optim import Adam, AdamW
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from jaccardio.training.config import OptimiserConfig


def create_optimiser(parameters: Iterable[nn.Parameter], settings: OptimiserConfig) -> Adam:
    """Adam or AdamW over the parameters that are trained; norms, biases and the logit scale do not decay."""
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in trained if parameter.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [parameter for parameter in trained if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    kind = AdamW if settings.optimiser == "adamw" else Adam
    return kind(groups, lr=settings.learning_rate, fused=True)


def learning_rate(step: int, total_steps: int, peak: float, warmup: float) -> float:
    """Learning rate of one step: linear warm-up, then cosine to zero.

    Parameters
    ----------
    step
        0-based.
    warmup
        Below 1 a share of all steps, else a number of steps; never longer than the run.
    """
    warmup_steps = min(round(warmup * total_steps) if warmup < 1 else int(warmup), total_steps)
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, total_steps - warmup_steps)))


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """Exponential moving average of the weights, to be updated after each step."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
