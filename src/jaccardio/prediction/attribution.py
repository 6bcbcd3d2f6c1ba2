"""What of an ECG speaks for a finding: integrated gradients over leads and time, and the scores of the ECG without one lead."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.errors import MissingError
from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ensemble import EcgEnsemble, members_of
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.scoring_graph import piece_logits
from jaccardio.recording.leads import LEADS
from jaccardio.recording.windows import Windows

STEPS = 64
"""Points of the path from baseline to ECG."""

WINDOWS_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class Attribution:
    """How the logit of one finding comes about.

    Attributes
    ----------
    values
        (windows, 12, samples) float32: what each sample adds to the logit; above zero speaks for the finding. They sum to `logit` minus
        `baseline`, but for the error of the integral. Zero where nothing was recorded.
    logit
        What the network puts into the logit of the ECG, by its weight beside the evidence: the mean over the pieces that the model scores,
        their lengths and the members of an ensemble. The score is the mean of probabilities instead, which no sum over samples can be.
    baseline
        The same of flat leads, each at its own median.
    """

    values: NDArray[np.float32]
    logit: float
    baseline: float


def attribute(predictor: Predictor, ecg: Windows, columns: Sequence[int], steps: int = STEPS) -> list[Attribution]:
    """Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365) of findings, along the straight path from flat leads to the ECG.

    Parameters
    ----------
    ecg
        One prepared ECG.
    columns
        Findings, in the order of the model's vocabulary.
    steps
        Points of the path, those of the Gauss-Legendre quadrature.

    Raises
    ------
    MissingError
        captum is not installed.
    """
    if importlib.util.find_spec("captum") is None:
        raise MissingError("attributions are computed by captum, which is not installed: pip install 'jaccardio[explain]'")
    from captum.attr import IntegratedGradients

    model = predictor.model.eval()
    samples, recorded = ecg.signal.shape[2], int(ecg.recorded[0])  # windows of one ECG are filled alike
    weights = network_weights(predictor, ecg)

    def logits(signal: Tensor) -> Tensor:
        return mean_logits(model, signal, samples, weights)

    device = model.prompt_vectors.device
    signal = torch.from_numpy(ecg.signal[:, :, :recorded]).transpose(0, 1)[None].to(device)  # (1, 12, windows, recorded)
    with torch.inference_mode():
        logit, baseline = logits(signal)[0].tolist(), logits(torch.zeros_like(signal))[0].tolist()
    method, chunk = IntegratedGradients(logits), max(1, WINDOWS_AT_ONCE // len(ecg.signal))
    found = []
    for column in columns:
        values = np.zeros_like(ecg.signal)
        gradients: Tensor = method.attribute(signal, target=int(column), n_steps=steps, internal_batch_size=chunk)
        values[:, :, :recorded] = gradients[0].transpose(0, 1).detach().cpu().numpy()
        found.append(Attribution(values, logit[column], baseline[column]))
    return found


def network_weights(predictor: Predictor, ecg: Windows) -> list[float]:
    """What each member's logits of one prepared ECG are multiplied by in its score."""
    inputs = torch.from_numpy(evidence_inputs(predictor.measurements(ecg), predictor.defined)).to(predictor.model.prompt_vectors.device)
    beside = [member.evidence for member in members_of(predictor.model)]
    return [1.0 if evidence is None else float(evidence.network_weight(inputs)) for evidence in beside]


def mean_logits(model: EcgModel | EcgEnsemble, signal: Tensor, samples: int, weights: Sequence[float]) -> Tensor:
    """Logits of findings (n, k), means as those of `Attribution`, with a gradient.

    Parameters
    ----------
    signal
        (n, 12, windows, recorded) millivolt, recorded throughout.
    samples
        Of a whole window.
    weights
        Of each member.
    """
    members = [
        weight * torch.stack([piece_logits(member, signal, parts, samples).mean(dim=1) for parts in member.score_parts]).mean(dim=0)
        for member, weight in zip(members_of(model), weights, strict=True)
    ]
    return torch.stack(members).mean(dim=0)


def scores_without_lead(predictor: Predictor, ecg: Windows) -> NDArray[np.float64]:
    """Scores (12, findings) of one prepared ECG, each as if that lead had not been recorded.

    NaN where there is nothing to compare: a lead that was not recorded, the only one that was, and every lead of a model that saw complete
    ECGs only in training, which would take the missing lead for a flat one.
    """
    scores = np.full((len(LEADS), len(predictor.vocabulary)), np.nan)
    recorded = np.flatnonzero(ecg.lead_mask[0])
    if predictor.partial_leads and len(recorded) > 1:
        scores[recorded] = predictor.scores(ecg.without_leads(np.array([lead])) for lead in recorded)
    return scores
