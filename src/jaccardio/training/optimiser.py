"""The optimiser of a run, and the moving average of its weights."""

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


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """Exponential moving average of the weights, to be updated after each step."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
