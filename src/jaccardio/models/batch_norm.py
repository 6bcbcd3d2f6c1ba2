"""`SharedBatchNorm`: batch norm over the ECGs of all processes, so that several train the model that one would train.

`torch.nn.SyncBatchNorm` does not run on a CPU.
"""

import torch
from torch import Tensor, nn

from jaccardio.contrast.losses import at_least_float32
from jaccardio.contrast.ranks import Ranks


class SharedBatchNorm(nn.BatchNorm2d):
    """`BatchNorm2d` of the same parameters; in training, mean and variance are those of the maps (n, channels, 1, time) of all processes.

    Variances are summed about the common mean, in a second round: sums of squares would lose digits.
    """

    def __init__(self, norm: nn.BatchNorm2d, ranks: Ranks) -> None:
        super().__init__(norm.num_features, norm.eps, norm.momentum)
        self.weight, self.bias, self._ranks = norm.weight, norm.bias, ranks

    def forward(self, maps: Tensor) -> Tensor:
        if not self.training:
            return super().forward(maps)
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        with torch.autocast(maps.device.type, enabled=False):
            values, over = at_least_float32(maps), (0, 2, 3)
            sums = torch.cat([values.sum(dim=over), values.new_tensor([values[:, 0].numel()])])
            *total, count = self._ranks.total(sums).split([self.num_features, 1])
            centred = values - (total[0] / count)[None, :, None, None]
            variance = self._ranks.total(centred.square().sum(dim=over)) / count
            with torch.no_grad():
                self.running_mean.lerp_(total[0] / count, self.momentum)
                self.running_var.lerp_(variance * count / (count - 1), self.momentum)
                self.num_batches_tracked.add_(1)
            scale = self.weight * (variance + self.eps).rsqrt()
            normed: Tensor = centred * scale[None, :, None, None] + self.bias[None, :, None, None]
            return normed.to(maps.dtype)


def share_batch_norm(model: nn.Module, ranks: Ranks) -> int:
    """Puts a `SharedBatchNorm` in the place of each batch norm of a freshly made model, and returns their number; names stay."""
    places = [(module, name, norm) for module in model.modules() for name, norm in module.named_children() if type(norm) is nn.BatchNorm2d]
    for module, name, norm in places:
        setattr(module, name, SharedBatchNorm(norm, ranks))
    return len(places)
