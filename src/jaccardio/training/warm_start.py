"""Warm start: training begins with the weights of another model (`training.init_from`).

The ECG encoder is always copied, its running statistics included; its settings (`ENCODER`) and the signal contract must be equal, the
vocabulary may differ. The heads (all parameters after the encoder, scale and bias among them) are copied together, and only if the settings
in `HEADS` and the fingerprint of the text encoder are equal and, with whitening, the trained sentences too: whitened vectors are
coordinates in the basis of their own sentences. Otherwise the heads are initialised as without a warm start.
"""

import logging
from pathlib import Path

import torch

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.models.config import ENCODER, ModelConfig
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.folder import Pretrained, load_pretrained
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.training.leakage import earlier_model
from jaccardio.training.run_folder import looks_like_a_run

logger = logging.getLogger(__name__)

HEADS = ("kind", "embedding", "normalise_ecg", "bias", "whitening")
"""Settings of a model that must be equal for its heads to be copied; for its encoder, those of `ENCODER`."""


def load_source(path: Path, store: Store, split: Split) -> Pretrained:
    """The model of a run or model folder, checked as prediction checks it.

    Raises
    ------
    UsageError
        There is no such folder.
    DataError
        The folder is damaged or no model, the run is not complete, or it has seen ECGs as `earlier_model` says.
    """
    if not looks_like_a_run(path):
        logger.warning("training.init_from: a model folder does not say which ECGs it has seen: keep those of the test part from it.")
        return load_pretrained(path)
    return earlier_model(path, store, split)


def start_from(source: Pretrained, model: EcgModel, config: ModelConfig, contract: SignalContract) -> str:
    """Copies the weights of another model into a new one.

    Returns
    -------
    What was copied, with the SHA-256 of the weights.

    Raises
    ------
    UsageError
        That is an ensemble, or the encoders or the signal contracts differ; the message names the differing settings.
    """
    if not isinstance(source.model, EcgModel):
        raise UsageError("training.init_from: an ensemble has no single encoder to start from. Start from one of its members.")
    pairs = {f"model.{name}": (getattr(source.config, name), getattr(config, name)) for name in ENCODER}
    pairs |= {name: (value, contract.to_dict()[name]) for name, value in source.contract.to_dict().items()}
    if differing := [f"{name} is {theirs} there and {ours} here" for name, (theirs, ours) in pairs.items() if theirs != ours]:
        raise UsageError(f"training.init_from: that model does not fit: {'; '.join(differing)}. Change these, or start from another model.")
    model.encoder.load_state_dict(source.model.encoder.state_dict(), strict=True)
    same = all(getattr(source.config, name) == getattr(config, name) for name in HEADS)
    same = same and source.model.text_fingerprint == model.text_fingerprint
    if config.whitening not in ("none", 0):
        same = same and torch.equal(source.model.trained_vectors, model.trained_vectors.cpu())
    if same:
        model.load_state_dict(model.state_dict() | dict(source.model.named_parameters()), strict=True)
    return f"{'encoder and heads' if same else 'encoder'} of weights {source.weights_sha256}"
