"""`EcgTextModel`: two towers and one matrix of logits between n ECGs and m statements (paper, Fig. 1 and Listing 1)."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.text_projection import TextProjection

MAXIMUM_SCALE = 100.0
TEXT_BIAS_RIDGE = 1e-3


class EcgTextModel(EcgModel):
    """logits = exp(t') z u^T + b, with z from the ECG and u from frozen text vectors.

    A score depends on a finding only through its text vector: u, and with ``bias = "text"`` also b, are functions of it alone.

    Attributes
    ----------
    logit_scale, logit_bias
        t' and b of Listing 1; exp(t') never exceeds 100.
    """

    def __init__(self, config: ModelConfig, prompt_vectors: Tensor, text_fingerprint: str, statement_vectors: Tensor) -> None:
        super().__init__(config, prompt_vectors, text_fingerprint, statement_vectors)
        self.normalise_ecg = config.normalise_ecg
        self.text_projection = TextProjection(self.trained_vectors, config.whitening)
        projected = self.text_projection.dimension
        self.ecg_head = nn.Linear(self.encoder.features, config.embedding or projected)
        self.text_head = nn.Linear(projected, config.embedding) if config.embedding else nn.Identity()
        self.logit_scale = nn.Parameter(torch.tensor(math.log(config.initial_scale)), requires_grad=config.train_scale)
        self.logit_bias = nn.Parameter(torch.tensor(0.0))
        self.text_bias = nn.Parameter(torch.zeros(projected)) if config.bias == "text" else None
        if config.initial_bias != "mean-target":
            self.initialise_bias(torch.tensor(config.initial_bias))

    @property
    def scale(self) -> Tensor:
        """exp(t'), at most 100."""
        excess = (self.logit_scale - math.log(MAXIMUM_SCALE)).clamp(min=0)
        return (self.logit_scale - excess.detach()).exp()  # a plain clamp has no gradient above the bound: t' would stay there

    def logged(self) -> dict[str, float]:
        """Scale and bias."""
        return {"logit_scale": self.scale.item(), "logit_bias": self.logit_bias.item()}

    def set_bias(self, values: Tensor) -> None:
        """From (k + s,) a text bias is fitted to the trained sentences by ridge regression; a scalar bias takes the logit of their mean."""
        values = values.to(self.logit_bias)
        if self.text_bias is None or values.ndim == 0:
            self.logit_bias.copy_(values if values.ndim == 0 else values.sigmoid().mean().logit())
            return
        sentences = self.text_projection(self.trained_vectors).double()
        inputs = torch.cat([sentences, torch.ones_like(sentences[:, :1])], dim=1)
        gram = inputs @ inputs.T + TEXT_BIAS_RIDGE * torch.eye(len(inputs), dtype=torch.float64, device=inputs.device)
        solution = inputs.T @ torch.linalg.solve(gram, values.double())
        self.text_bias.copy_(solution[:-1])
        self.logit_bias.copy_(solution[-1])

    def project(self, features: Tensor) -> Tensor:
        """Vectors z (n, embedding)."""
        with torch.autocast(features.device.type, enabled=False):
            vectors: Tensor = self.ecg_head(features)
            return normalize(vectors, dim=1) if self.normalise_ecg else vectors / math.sqrt(vectors.shape[1])

    def encode_text(self, vectors: Tensor) -> Tensor:
        """Unit vectors u (m, embedding)."""
        with torch.autocast(vectors.device.type, enabled=False):
            return self._unit_vectors(self.text_projection(vectors))

    def sentences(self, vectors: Tensor) -> tuple[Tensor, ...]:
        """Scale, unit vectors u (m, embedding) and biases, (m,) or one for all."""
        with torch.autocast(vectors.device.type, enabled=False):
            projected = self.text_projection(vectors)
            bias = self.logit_bias if self.text_bias is None else self.logit_bias + linear(projected, self.text_bias)
            return self.scale, self._unit_vectors(projected), bias

    def _unit_vectors(self, projected: Tensor) -> Tensor:
        return normalize(self.text_head(projected), dim=1)

    @staticmethod
    def match(ecg: Tensor, *sentences: Tensor) -> Tensor:
        """The formula above."""
        scale, text, bias = sentences
        return scale * ecg @ text.T + bias
