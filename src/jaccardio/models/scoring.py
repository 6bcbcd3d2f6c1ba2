"""Probabilities of findings for many ECGs: the one forward pass that validation, evaluation and prediction share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

from jaccardio.errors import MissingError, UsageError
from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.encoder import MINIMUM_SAMPLES
from jaccardio.models.ensemble import EcgEnsemble, members_of
from jaccardio.models.evidence import Evidence
from jaccardio.recording.leads import LEADS
from jaccardio.recording.windows import Windows
from jaccardio.threads import use_idle_cores

Value = TypeVar("Value", np.float32, np.float64)

_NO_ECG = Windows(
    np.zeros((0, len(LEADS), MINIMUM_SAMPLES), np.float32),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros((0, len(LEADS)), np.bool_),
    np.zeros((0, len(MEASUREMENTS)), np.float32),
)


def choose_device(name: str | torch.device) -> torch.device:
    """``auto`` takes a GPU where there is one, else the CPU; there as many threads as cores are idle. A device of torch counts by its name.

    Raises
    ------
    MissingError
        The device asked for is not there.
    """
    use_idle_cores()
    name = str(name)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise MissingError("device cuda: torch sees no GPU here. Use --device cpu, or install torch's CUDA build and a driver.")
    if name not in ("cpu", "cuda"):
        raise UsageError(f"unknown device {name!r}; use auto, cpu or cuda.")
    return torch.device(name)


def finding_scores(model: EcgModel | EcgEnsemble, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float64]:
    """Probability of each finding, from one prompt per finding: the mean over the pieces of each ECG and the members of an ensemble.

    What the network sees of a piece is joined with what the ECG's measurements say, where a model has `Evidence`.

    A window is scored in each number of equal pieces that ``model.score_parts`` names, so that a model trained on short crops sees the
    length it was trained on; a shorter recording has fewer of that length, evenly spread and overlapping where they must; one shorter than
    a piece is a piece. What was not recorded is shown to no model.

    Returns
    -------
    (n, findings) in [0, 1]; float64, because in float32 every logit above 17 is the same 1.0.
    """
    return _scores(model, batches, device, lambda member: member.prompt_vectors)


def statement_scores(model: EcgModel | EcgEnsemble, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float64]:
    """As `finding_scores`, of the measured statements that the model learned, as the network alone sees them: (n, s)."""
    return _scores(model, batches, device, lambda member: member.statement_vectors, network_alone=True)


def sentence_scores(
    model: EcgModel | EcgEnsemble, batches: Iterable[Windows], vectors: Tensor, device: torch.device
) -> NDArray[np.float64]:
    """As `finding_scores`, of any sentences by their raw text vectors (m, D): (n, m)."""
    return _scores(model, batches, device, lambda member: vectors)


def ecg_embeddings(model: EcgModel | EcgEnsemble, batches: Iterable[Windows], device: torch.device) -> NDArray[np.float32]:
    """Frozen ECG features (n, d): the mean over the windows of each ECG."""

    def features(signal: Tensor, ecg: NDArray[np.int64]) -> NDArray[np.float32]:
        return model.encode_ecg(signal).float().cpu().numpy()

    return _of_batches(model, batches, lambda batch: _mean(features, batch, 1, device))


@torch.inference_mode()
def embedding_scores(model: EcgModel | EcgEnsemble, embeddings: NDArray[np.float32], vectors: Tensor) -> NDArray[np.float64]:
    """Probabilities (n, m) of statements by their raw text vectors (m, D), from `ecg_embeddings` (n, d): as the network alone sees ECGs in
    one piece, the mean over the members of an ensemble."""
    begin, scores = 0, []
    for member in members_of(model):
        end = begin + member.encode_text(vectors[:0]).shape[1]
        logits = member.compare(torch.from_numpy(embeddings[:, begin:end]).to(vectors.device), vectors)
        scores.append(expit(logits.cpu().numpy().astype(np.float64)))
        begin = end
    return _average(scores)


def _scores(
    model: EcgModel | EcgEnsemble,
    batches: Iterable[Windows],
    device: torch.device,
    vectors: Callable[[EcgModel], Tensor],
    *,
    network_alone: bool = False,
) -> NDArray[np.float64]:
    """Probabilities (n, m) of raw text vectors: means over pieces, then over the numbers of pieces, then over members."""

    def of_member(member: EcgModel, batch: Windows) -> NDArray[np.float64]:
        sentences = vectors(member)
        evidence = None if network_alone or member.evidence is None else _evidence(member, member.evidence, batch, sentences)
        compared = member.sentences(sentences)

        def probability(signal: Tensor, ecg: NDArray[np.int64]) -> NDArray[np.float64]:
            logits = member.match(member.encode_ecg(signal), *compared).cpu().numpy().astype(np.float64)
            if evidence is not None:
                weight, added = evidence
                logits = weight[ecg] * logits + added[ecg]
            probabilities: NDArray[np.float64] = expit(logits)
            return probabilities

        return _average([_mean(probability, batch, parts, device) for parts in member.score_parts])

    return _of_batches(model, batches, lambda batch: _average([of_member(member, batch) for member in members_of(model)]))


def _evidence(member: EcgModel, evidence: Evidence, batch: Windows, vectors: Tensor) -> list[NDArray[np.float64]]:
    """The weight of the network's logits (n, 1), and what is added to them (n, m)."""
    assert batch.measurements is not None, "a model with evidence scores measured ECGs"
    inputs = torch.from_numpy(evidence_inputs(batch.measurements, evidence.defined)).to(vectors.device)
    return [part.cpu().numpy().astype(np.float64) for part in evidence(inputs, member.encode_text(vectors))]


def _average(scores: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    average: NDArray[np.float64] = np.mean(scores, axis=0)
    return average


@torch.inference_mode()
def _of_batches(model: nn.Module, batches: Iterable[Windows], function: Callable[[Windows], NDArray[Value]]) -> NDArray[Value]:
    """A function of batches of ECGs, (b, m), for all of them, (n, m), with the model in evaluation mode."""
    if training := model.training:
        model.eval()
    values = [function(batch) for batch in batches] or [function(_NO_ECG)]
    if training:
        model.train()
    return np.concatenate(values)


def _mean(
    function: Callable[[Tensor, NDArray[np.int64]], NDArray[Value]], batch: Windows, parts: int, device: torch.device
) -> NDArray[Value]:
    """Mean of a function of pieces (b, 12, length) and their ECGs (b,) -> (b, m) over the pieces of each ECG, (n, m)."""
    values, ecgs = [], []
    for signal, ecg in _pieces(batch, parts):
        values.append(function(torch.from_numpy(signal).to(device), ecg))
        ecgs.append(ecg)
    if not len(batch):
        return function(torch.from_numpy(batch.signal).to(device), batch.ecg)  # (0, m)
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
