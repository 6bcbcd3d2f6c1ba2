"""Probabilities of findings for many ECGs: the one forward pass that validation, evaluation and prediction share."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from jaccardio.errors import MissingError, UsageError
from jaccardio.models.create import Model
from jaccardio.models.ecg_text import EcgTextModel


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


def finding_scores(model: Model, signals: Iterable[NDArray[np.float32]], device: torch.device) -> NDArray[np.float64]:
    """Probability of each finding, from one prompt per finding; the mean over ``model.score_parts`` equal parts of each ECG.

    Parameters
    ----------
    signals
        Batches (b, 12, samples), millivolt.

    Returns
    -------
    (n, findings) in [0, 1]; float64, because in float32 every logit above 17 is the same 1.0.
    """
    return _scores(model, signals, device, model.finding_logits)


def sentence_scores(
    model: EcgTextModel, signals: Iterable[NDArray[np.float32]], vectors: Tensor, device: torch.device
) -> NDArray[np.float64]:
    """As `finding_scores`, of any sentences by their raw text vectors (m, D): (n, m)."""
    return _scores(model, signals, device, lambda signal: model.logits(signal, vectors))


def _scores(
    model: Model, signals: Iterable[NDArray[np.float32]], device: torch.device, logits_of: Callable[[Tensor], Tensor]
) -> NDArray[np.float64]:
    parts = model.score_parts
    logits = _in_batches(model, signals, device, lambda signal: logits_of(_split(signal, parts)))
    scores: NDArray[np.float64] = expit(logits.astype(np.float64)).reshape(-1, parts, logits.shape[1]).mean(axis=1)
    return scores


def _split(signal: Tensor, parts: int) -> Tensor:
    """(n, 12, samples) to (n parts, 12, samples // parts), the parts of an ECG one after the other; what is left over is not scored."""
    ecgs, leads, samples = signal.shape
    length = samples // parts
    return signal[:, :, : parts * length].reshape(ecgs, leads, parts, length).transpose(1, 2).flatten(0, 1)


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
