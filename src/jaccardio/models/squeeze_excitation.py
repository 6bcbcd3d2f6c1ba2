"""`SqueezeExcitation`: channels weighted by what the whole ECG holds (Hu et al. 2018, arXiv:1709.01507)."""

from torch import Tensor, nn

REDUCTION, MINIMUM_HIDDEN = 8, 8


class SqueezeExcitation(nn.Module):
    """Feature maps (n, channels, 1, time) times a weight per channel in (0, 1), a function of the channels' means over time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(MINIMUM_HIDDEN, channels // REDUCTION)
        self.weights = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, maps: Tensor) -> Tensor:
        steps = maps.flatten(2).transpose(1, 2)  # (n, time, channels) as in memory: the gradient of this mean is four times as fast
        weights: Tensor = self.weights(steps.mean(dim=1))
        return maps * weights[:, :, None, None]
