"""`compiled_encoder`: the ECG encoder of training steps as torch compiles it."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable

import torch
from torch import Tensor

from jaccardio.errors import MissingError
from jaccardio.models.encoder import EcgEncoder


def compiled_encoder(encoder: EcgEncoder, device: torch.device) -> Callable[..., Tensor]:
    """What computes the encoder's features, with the encoder's own weights: norms and ReLUs joined to one pass over the maps.

    It is compiled at its first call, which takes a minute or so. Features change by rounding alone.

    Raises
    ------
    MissingError
        There is no C++ compiler, or on a GPU no Triton.
    """
    compiler = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
    if device.type == "cpu" and shutil.which(compiler) is None:
        raise MissingError(f"--compile: there is no C++ compiler {compiler} here. Install one, or leave --compile out.")
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        raise MissingError("--compile: on a GPU torch compiles with triton, which is not installed: pip install triton")
    compiled: Callable[..., Tensor] = torch.compile(encoder)
    return compiled
