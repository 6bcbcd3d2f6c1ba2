"""Probabilities of findings for many ECGs: the one forward pass that validation, evaluation and prediction share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

from jaccardio.errors import MissingError, UsageError
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.encoder import MINIMUM_SAMPLES
from jaccardio.models.ensemble import EcgEnsemble, members_of
from jaccardio.recording.leads import LEADS
from jaccardio.recording.windows import Windows

Value = TypeVar("Value", np.float32, np.float64)

_NO_ECG = Windows(
    np.zeros((0, len(LEADS), MINIMUM_SAMPLES), np.float32),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros((0, len(LEADS)), np.bool_),
)


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


def finding_scores(model: EcgModel | EcgEnsemble, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float64]:
    """Probability of each finding, from one prompt per finding: the mean over the pieces of each ECG and the members of an ensemble.

    A window is scored in each number of equal pieces that ``model.score_parts`` names, so that a model trained on short crops sees the
    length it was trained on; a shorter recording has fewer of that length, evenly spread and overlapping where they must; one shorter than
    a piece is a piece. What was not recorded is shown to no model.

    Returns
    -------
    (n, findings) in [0, 1]; float64, because in float32 every logit above 17 is the same 1.0.
    """
    return _scores(model, batches, device, lambda member, signal: member.finding_logits(signal))


def statement_scores(model: EcgModel | EcgEnsemble, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float64]:
    """As `finding_scores`, of the measured statements that the model learned: (n, s)."""
    return _scores(model, batches, device, lambda member, signal: member.statement_logits(signal))


def sentence_scores(
    model: EcgModel | EcgEnsemble, batches: Iterable[Windows], vectors: Tensor, device: torch.device
) -> NDArray[np.float64]:
    """As `finding_scores`, of any sentences by their raw text vectors (m, D): (n, m)."""
    return _scores(model, batches, device, lambda member, signal: member.logits(signal, vectors))


def ecg_embeddings(model: EcgModel | EcgEnsemble, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float32]:
    """Frozen ECG features (n, d): the mean over the windows of each ECG."""

    def features(signal: Tensor) -> NDArray[np.float32]:
        return model.encode_ecg(signal).float().cpu().numpy()

    return _of_batches(model, batches, lambda batch: _mean(features, batch, 1, device))


def _scores(
    model: EcgModel | EcgEnsemble, batches: Iterable[Windows], device: torch.device, logits: Callable[[EcgModel, Tensor], Tensor]
) -> NDArray[np.float64]:
    """Probabilities (n, m): means over pieces, then over the numbers of pieces, then over members."""

    def of_member(member: EcgModel, batch: Windows) -> NDArray[np.float64]:
        def probability(signal: Tensor) -> NDArray[np.float64]:
            probabilities: NDArray[np.float64] = expit(logits(member, signal).float().cpu().numpy().astype(np.float64))
            return probabilities

        return _average([_mean(probability, batch, parts, device) for parts in member.score_parts])

    return _of_batches(model, batches, lambda batch: _average([of_member(member, batch) for member in members_of(model)]))


def _average(scores: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    average: NDArray[np.float64] = np.mean(scores, axis=0)
    return average


@torch.inference_mode()
def _of_batches(model: nn.Module, batches: Iterable[Windows], function: Callable[[Windows], NDArray[Value]]) -> NDArray[Value]:
    """A function of batches of ECGs, (b, m), for all of them, (n, m), with the model in evaluation mode."""
    training = model.training
    model.eval()
    values = [function(batch) for batch in batches] or [function(_NO_ECG)]
    model.train(training)
    return np.concatenate(values)


def _mean(function: Callable[[Tensor], NDArray[Value]], batch: Windows, parts: int, device: torch.device) -> NDArray[Value]:
    """Mean of a function (b, 12, length) -> (b, m) over the pieces of each ECG, (n, m)."""
    values, ecgs = [], []
    for signal, ecg in _pieces(batch, parts):
        values.append(function(torch.from_numpy(signal).to(device)))
        ecgs.append(ecg)
    if not len(batch):
        return function(torch.from_numpy(batch.signal).to(device))  # (0, m)
    order = np.argsort(np.concatenate(ecgs), kind="stable")
    value, ecg = np.concatenate(values)[order], np.concatenate(ecgs)[order]
    begins = np.searchsorted(ecg, np.arange(len(batch)))
    sums: Any = np.add.reduceat(value, begins, axis=0)
    mean: NDArray[Value] = sums / np.bincount(ecg)[:, None].astype(value.dtype)
    return mean


def _pieces(batch: Windows, parts: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Pieces (b, 12, length) of one length at a time, with the ECG that each belongs to."""
    samples = batch.signal.shape[2]
    for recorded in np.unique(batch.recorded):
        here = batch.recorded == recorded
        signal, length = batch.signal[here], min(samples // parts, int(recorded))
        number = max(1, -(-int(recorded) * parts // samples))
        for start in np.linspace(0, recorded - length, number).round().astype(int):
            yield np.ascontiguousarray(signal[:, :, start : start + length]), batch.ecg[here]
