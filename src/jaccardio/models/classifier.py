"""`EcgClassifier`: the paper's supervised baseline, one output per finding and no language (section 5.7)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_model import EcgModel


class EcgClassifier(EcgModel):
    """An ECG encoder and a linear layer with weights W (k + s, features) and biases c, an output a finding and a measured statement.

    Its text vectors V (m, k + s) are those of `FindingTable`, one-hot for a prompt or statement, and select rows of the layer:
    logits = z u^T + V c with the encoder's features z and u = V W. For V = I, logits and gradients are those of the layer alone, to the
    bit.

    An `EcgTextModel` on that table gives the same logits (embedding 0, no whitening, ECG vectors not normalised, text bias, scale sqrt(k)),
    but trains differently: each output has three trained biases, initialised otherwise. So the baseline is a class of its own.
    """

    def __init__(self, config: ModelConfig, prompt_vectors: Tensor, text_fingerprint: str, statement_vectors: Tensor) -> None:
        super().__init__(config, prompt_vectors, text_fingerprint, statement_vectors)
        self.output = nn.Linear(self.encoder.features, prompt_vectors.shape[1])
        if config.initial_bias != "mean-target":
            self.initialise_bias(torch.tensor(config.initial_bias))

    def set_bias(self, values: Tensor) -> None:
        """A scalar goes to every output."""
        self.output.bias.copy_(values)

    def project(self, features: Tensor) -> Tensor:
        """The features as they are."""
        return features

    def encode_text(self, vectors: Tensor) -> Tensor:
        """Rows of the layer's weights (m, features), averaged where a sentence states several findings."""
        with torch.autocast(vectors.device.type, enabled=False):
            return vectors @ self.output.weight

    def sentences(self, vectors: Tensor) -> tuple[Tensor, ...]:
        """Rows and biases of the layer, averaged likewise."""
        with torch.autocast(vectors.device.type, enabled=False):
            return self.encode_text(vectors), vectors @ self.output.bias

    @staticmethod
    def match(ecg: Tensor, *sentences: Tensor) -> Tensor:
        """Outputs (n, m) of the layer."""
        return linear(ecg, *sentences)
