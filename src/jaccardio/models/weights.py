"""Weights as safetensors bytes, for checkpoints and pretrained folders. Nothing is ever pickled."""

from collections.abc import Mapping

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from jaccardio.errors import DataError


def weights_to_bytes(state: Mapping[str, Tensor]) -> bytes:
    """A state dict in safetensors format; write it with `jaccardio.files.write_atomic`."""
    data: bytes = safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
    return data


def weights_from_bytes(data: bytes, source: str) -> dict[str, Tensor]:
    """The inverse of `weights_to_bytes`.

    Parameters
    ----------
    source
        What the bytes are, for the message.

    Raises
    ------
    DataError
        The bytes are not whole safetensors.
    """
    try:
        state: dict[str, Tensor] = safetensors.torch.load(data)
    except SafetensorError as error:
        raise DataError(f"{source}: not a whole safetensors file; it is damaged, copy it again.") from error
    return state
