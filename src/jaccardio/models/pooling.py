"""Pooling over time: from an encoder's feature maps (n, channels, 1, time) to one vector per ECG."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn


class MeanPooling(nn.Module):
    """Mean over time (n, channels): how much of a feature there is, the pooling of the original ResNet."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = channels

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean(dim=(2, 3))


class MeanMaxPooling(nn.Module):
    """Mean and maximum over time, side by side (n, 2 channels): a single ectopic beat is a maximum, atrial fibrillation a mean.

    The concatenated pooling of fastai's xresnets (Strodthoff et al. 2021, doi:10.1109/JBHI.2020.3022989).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = 2 * channels

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)


class AttentionPooling(nn.Module):
    """Mean over time under learned weights (n, channels): softmax over time of a tanh network's output (arXiv:1802.04712, Eq. 8)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = channels
        hidden = max(1, channels // 4)
        self.attention = nn.Sequential(nn.Linear(channels, hidden), nn.Tanh(), nn.Linear(hidden, 1, bias=False))

    def forward(self, maps: Tensor) -> Tensor:
        steps = maps.flatten(2).transpose(1, 2)  # (n, time, channels)
        weights: Tensor = self.attention(steps).softmax(dim=1)
        return (weights * steps).sum(dim=1)


Pooling = MeanPooling | MeanMaxPooling | AttentionPooling

POOLINGS: Mapping[str, Callable[[int], Pooling]] = {"mean": MeanPooling, "mean-max": MeanMaxPooling, "attention": AttentionPooling}
"""Poolings by name: functions of the number of channels that return a module with `features`."""
