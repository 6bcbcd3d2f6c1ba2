"""Weights to bytes and back."""

import pytest
import torch

from jaccardio.errors import DataError
from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import EcgEncoder
from jaccardio.models.weights import weights_from_bytes, weights_to_bytes


def test_round_trip_is_exact() -> None:
    source, target = EcgEncoder(ModelConfig(width=2)), EcgEncoder(ModelConfig(width=2))
    state = weights_from_bytes(weights_to_bytes(source.state_dict()), "checkpoint")
    target.load_state_dict(state)
    assert all(torch.equal(value, target.state_dict()[name]) for name, value in source.state_dict().items())


@pytest.mark.parametrize("damage", [slice(0, -1), slice(0, 4), slice(0, 0)])
def test_truncated_bytes_are_refused(damage: slice) -> None:
    data = weights_to_bytes({"a": torch.ones(3)})
    with pytest.raises(DataError, match="epoch 3"):
        weights_from_bytes(data[damage], "epoch 3")
