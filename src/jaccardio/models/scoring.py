"""Probabilities of findings for many ECGs: the one forward pass that validation, evaluation and prediction share."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.errors import MissingError, UsageError
from jaccardio.models.create import Model


def choose_device(name: str) -> torch.device:
    """``auto`` takes a GPU where there is one, else the CPU.

    Raises
    ------
    MissingError
        The device asked for is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise MissingError("device cuda: torch sees no GPU here. Use --device cpu, or install torch's CUDA build and a driver.")
    if name not in ("cpu", "cuda"):
        raise UsageError(f"unknown device {name!r}; use auto, cpu or cuda.")
    return torch.device(name)


def finding_scores(model: Model, signals: Iterable[NDArray[np.float32]], device: torch.device) -> NDArray[np.float32]:
    """Probability of each finding, from one prompt per finding, in float32.

    Parameters
    ----------
    signals
        Batches (b, 12, samples), millivolt.

    Returns
    -------
    (n, findings) float32 in [0, 1].
    """
    return _in_batches(model, signals, device, lambda batch: torch.sigmoid(model.finding_logits(batch)))


def ecg_embeddings(model: Model, signals: Iterable[NDArray[np.float32]], device: torch.device) -> NDArray[np.float32]:
    """Frozen ECG features (n, d); see `finding_scores` for the signals."""
    return _in_batches(model, signals, device, model.encode_ecg)


@torch.inference_mode()
def _in_batches(
    model: torch.nn.Module, signals: Iterable[NDArray[np.float32]], device: torch.device, function: Callable[[Tensor], Tensor]
) -> NDArray[np.float32]:
    training = model.training
    model.eval()
    outputs = [function(torch.from_numpy(batch).to(device)).float().cpu().numpy() for batch in signals]
    model.train(training)
    return np.concatenate(outputs)
