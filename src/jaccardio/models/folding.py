"""`folded`: a model for evaluation whose batch norms are part of the convolutions in front of them.

In evaluation a batch norm is a scale and a shift of each channel, which the convolution can do itself: the same numbers to
rounding, without a pass over the maps.
"""

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from jaccardio.models.inception import InceptionModule

Model = TypeVar("Model", bound=nn.Module)


def folded(model: Model) -> Model:
    """A copy of a model, in evaluation mode, without the batch norms that stand right behind convolutions; others stay.

    It is for scoring alone: it cannot be trained further as the model could, and its weights have other names and values.
    """
    copied = copy.deepcopy(model).eval()
    for module in list(copied.modules()):
        if isinstance(module, InceptionModule):
            _fold(module.paths, module.end, 0)
        elif isinstance(module, nn.Sequential):
            for place, (convolution, norm) in enumerate(pairwise(module)):
                if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    _fold([convolution], module, place + 1)
    return copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _fold(convolutions: Sequence[nn.Conv2d], chain: nn.Sequential, place: int) -> None:
    """Convolutions side by side take up the batch norm of their joined channels, in whose place in the chain nothing is done any more."""
    norm = chain[place]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    sizes = [convolution.out_channels for convolution in convolutions]
    parts = (tensor.split(sizes) for tensor in (norm.running_mean, norm.running_var, norm.weight, norm.bias))
    for convolution, mean, variance, weight, bias in zip(convolutions, *parts, strict=True):
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight, convolution.bias, mean, variance, norm.eps, weight, bias
        )
    chain[place] = nn.Identity()
