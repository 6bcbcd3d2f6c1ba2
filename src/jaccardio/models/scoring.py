"""Probabilities of findings for many ECGs: the one forward pass that validation, evaluation and prediction share."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from jaccardio.errors import MissingError, UsageError
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.encoder import MINIMUM_SAMPLES
from jaccardio.recording.leads import LEADS
from jaccardio.recording.windows import Windows
from jaccardio.threads import use_idle_cores

Value = TypeVar("Value", np.float32, np.float64)


def choose_device(name: str) -> torch.device:
    """``auto`` takes a GPU where there is one, else the CPU; there as many threads as cores are idle.

    Raises
    ------
    MissingError
        The device asked for is not there.
    """
    use_idle_cores()
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise MissingError("device cuda: torch sees no GPU here. Use --device cpu, or install torch's CUDA build and a driver.")
    if name not in ("cpu", "cuda"):
        raise UsageError(f"unknown device {name!r}; use auto, cpu or cuda.")
    return torch.device(name)


def finding_scores(model: EcgModel, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float64]:
    """Probability of each finding, from one prompt per finding: the mean over the pieces of each ECG.

    A window is scored in ``model.score_parts`` equal pieces, so that a model trained on short crops sees the length it was trained on;
    a shorter recording has fewer of that length, evenly spread and overlapping where they must; one shorter than a piece is a piece.
    What was not recorded is shown to no model.

    Returns
    -------
    (n, findings) in [0, 1]; float64, because in float32 every logit above 17 is the same 1.0.
    """
    return _means(model, batches, device, lambda signal: _probability(model.finding_logits(signal)), model.score_parts)


def statement_scores(model: EcgModel, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float64]:
    """As `finding_scores`, of the measured statements that the model learned: (n, s)."""
    return _means(model, batches, device, lambda signal: _probability(model.statement_logits(signal)), model.score_parts)


def sentence_scores(model: EcgModel, batches: Iterable[Windows], vectors: Tensor, device: torch.device) -> NDArray[np.float64]:
    """As `finding_scores`, of any sentences by their raw text vectors (m, D): (n, m)."""
    return _means(model, batches, device, lambda signal: _probability(model.logits(signal, vectors)), model.score_parts)


def ecg_embeddings(model: EcgModel, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float32]:
    """Frozen ECG features (n, d): the mean over the windows of each ECG."""
    return _means(model, batches, device, lambda signal: model.encode_ecg(signal).float().cpu().numpy(), parts=1)


def _probability(logits: Tensor) -> NDArray[np.float64]:
    probabilities: NDArray[np.float64] = expit(logits.float().cpu().numpy().astype(np.float64))
    return probabilities


@torch.inference_mode()
def _means(
    model: EcgModel, batches: Iterable[Windows], device: torch.device, function: Callable[[Tensor], NDArray[Value]], parts: int
) -> NDArray[Value]:
    """Mean of a function (b, 12, length) -> (b, m) over the pieces of each ECG, (n, m)."""
    training = model.training
    model.eval()
    means: list[NDArray[Any]] = []
    for batch in batches:
        values, ecgs = [], []
        for signal, ecg in _pieces(batch, parts):
            values.append(function(torch.from_numpy(signal).to(device)))
            ecgs.append(ecg)
        order = np.argsort(np.concatenate(ecgs), kind="stable")
        value, ecg = np.concatenate(values)[order], np.concatenate(ecgs)[order]
        begins = np.searchsorted(ecg, np.arange(len(batch)))
        means.append(np.add.reduceat(value, begins, axis=0) / np.bincount(ecg)[:, None].astype(value.dtype))
    if not means:  # of no ECG, (0, m)
        means.append(function(torch.zeros((0, len(LEADS), MINIMUM_SAMPLES), device=device)))
    model.train(training)
    return np.concatenate(means)


def _pieces(batch: Windows, parts: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Pieces (b, 12, length) of one length at a time, with the ECG that each belongs to."""
    samples = batch.signal.shape[2]
    for recorded in np.unique(batch.recorded):
        here = batch.recorded == recorded
        signal, length = batch.signal[here], min(samples // parts, int(recorded))
        number = max(1, -(-int(recorded) * parts // samples))
        for start in np.linspace(0, recorded - length, number).round().astype(int):
            yield np.ascontiguousarray(signal[:, :, start : start + length]), batch.ecg[here]
