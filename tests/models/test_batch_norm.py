"""Batch norm of one process that shares with nobody is torch's own."""

import numpy as np
import torch
from torch import nn

from jaccardio.contrast.ranks import ALONE
from jaccardio.models.batch_norm import SharedBatchNorm, share_batch_norm
from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import BACKBONES, EcgEncoder


def test_values_gradients_and_running_statistics_are_those_of_torch() -> None:
    plain = nn.BatchNorm2d(3).double()
    shared = SharedBatchNorm(nn.BatchNorm2d(3), ALONE).double()
    for _ in range(2):
        maps = torch.randn(4, 3, 1, 7, dtype=torch.float64) * 3 + 100
        found = []
        for norm in (plain, shared):
            own = maps.clone().requires_grad_()
            out = norm(own)
            gradients = torch.autograd.grad((out * maps.cos()).sum(), [own, *norm.parameters()])
            found.append([out.detach(), *gradients, *norm.buffers()])
        for theirs, ours in zip(*found, strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-8)
    assert torch.equal(
        shared.eval()(maps), nn.functional.batch_norm(maps, shared.running_mean, shared.running_var, shared.weight, shared.bias)
    )


def test_every_batch_norm_of_an_encoder_is_shared_under_its_name() -> None:
    for name in BACKBONES:
        encoder = EcgEncoder(ModelConfig(kind="classifier", encoder=name, width=8))
        names = list(encoder.state_dict())
        norms = sum(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in encoder.modules())
        assert share_batch_norm(encoder, ALONE) == norms
        assert list(encoder.state_dict()) == names
