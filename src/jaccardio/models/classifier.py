"""`EcgClassifier`: the paper's supervised baseline, one output per finding and no text (section 5.7)."""

import torch
from torch import Tensor, nn

from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import EcgEncoder


class EcgClassifier(nn.Module):
    """An ECG encoder and a linear layer; trained with the `sigmoid` loss on labels, plain or label-weighted.

    Parameters
    ----------
    config
        A `ModelConfig` of kind ``classifier``.
    findings
        Number k of outputs.
    """

    def __init__(self, config: ModelConfig, findings: int) -> None:
        super().__init__()
        self.score_parts = config.score_parts
        self.encoder = EcgEncoder(config)
        self.output = nn.Linear(self.encoder.features, findings)
        if config.initial_bias != "mean-target":
            self.initialise_bias(torch.tensor(config.initial_bias))

    @torch.no_grad()
    def initialise_bias(self, values: Tensor) -> None:
        """Starts the output biases at given logits: a scalar, or (k,) one per finding."""
        if not values.isfinite().all():
            raise ValueError("bias values must be finite: clip prevalences away from 0 and 1 before taking logits")
        self.output.bias.copy_(values)

    def encode_ecg(self, signal: Tensor) -> Tensor:
        """ECGs (n, 12, samples) in millivolt to pooled features (n, features) float32."""
        features: Tensor = self.encoder(signal)
        return features

    def finding_logits(self, signal: Tensor) -> Tensor:
        """Logits (n, k) float32, one column per finding in vocabulary order."""
        features = self.encode_ecg(signal)
        with torch.autocast(signal.device.type, enabled=False):
            logits: Tensor = self.output(features)
            return logits
