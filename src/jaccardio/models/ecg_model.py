"""`EcgModel`: the interface that training, the pretrained folder, scoring and prediction use for every kind of model."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import EcgEncoder
from jaccardio.models.evidence import Evidence


class EcgModel(nn.Module, ABC):
    """ECG features, projected, and compared with the text vectors of statements.

    The ECG encoder may run under autocast; all from its features on is float32.

    Parameters
    ----------
    prompt_vectors
        (k, D) raw text vectors of the prompt bank, one per finding; kept as a buffer and used by `finding_logits`.
    text_fingerprint
        Fingerprint of the text encoder that made them: only its vectors may be compared with this model's ECGs.
    statement_vectors
        (s, D) likewise, one per measured statement that the model learns.

    Attributes
    ----------
    evidence
        What measurements add to its logits where it is trained for that; `logits` and what rests on them are the network's alone.
    tuning
        Trained matrices that tune the text encoder (`TunedEncoder`), by name; empty where that is frozen.
    """

    prompt_vectors: Tensor
    statement_vectors: Tensor

    def __init__(self, config: ModelConfig, prompt_vectors: Tensor, text_fingerprint: str, statement_vectors: Tensor) -> None:
        super().__init__()
        self.text_fingerprint = text_fingerprint
        self.score_parts = config.score_parts
        self.encoder = EcgEncoder(config)
        self.evidence: Evidence | None = None
        self.register_buffer("prompt_vectors", prompt_vectors.float().clone())
        self.register_buffer("statement_vectors", statement_vectors.float().clone())
        self.tuning = nn.ParameterDict()

    @property
    def trained_vectors(self) -> Tensor:
        """(k + s, D) text vectors of the prompts and, after them, of the measured statements."""
        return torch.cat([self.prompt_vectors, self.statement_vectors])

    @property
    def adapter(self) -> dict[str, Tensor]:
        """The matrices that tune the text encoder, by name."""
        return dict(self.tuning.items())

    @abstractmethod
    def project(self, features: Tensor) -> Tensor:
        """Features (n, features) of the encoder to ECG vectors z (n, d) float32."""

    @abstractmethod
    def encode_text(self, vectors: Tensor) -> Tensor:
        """Raw text vectors (m, D) to vectors u (m, d) float32 in the space of the ECG vectors."""

    @abstractmethod
    def sentences(self, vectors: Tensor) -> tuple[Tensor, ...]:
        """What `match` needs of statements by their raw text vectors (m, D): tensors of m rows, and scalars."""

    @staticmethod
    @abstractmethod
    def match(ecg: Tensor, *sentences: Tensor) -> Tensor:
        """Logits (n, m) float32 of ECG vectors (n, d) against `sentences`, a function of these alone."""

    def compare(self, ecg: Tensor, vectors: Tensor) -> Tensor:
        """Logits (n, m) float32 of ECG vectors (n, d) from `encode_ecg` against raw text vectors (m, D)."""
        with torch.autocast(ecg.device.type, enabled=False):
            return self.match(ecg, *self.sentences(vectors))

    @abstractmethod
    def set_bias(self, values: Tensor) -> None:
        """What `initialise_bias` does with values that are finite."""

    def logged(self) -> dict[str, float]:
        """Numbers of the model itself for the training log."""
        return {}

    @torch.no_grad()
    def initialise_bias(self, values: Tensor) -> None:
        """Starts the bias at given logits.

        Parameters
        ----------
        values
            A scalar, the logit of the mean target; or (k + s,), the logit of the prevalence of each of `trained_vectors`.
        """
        if not values.isfinite().all():
            raise ValueError("bias values must be finite: clip prevalences away from 0 and 1 before taking logits")
        self.set_bias(values)

    def encode_ecg(self, signal: Tensor) -> Tensor:
        """ECGs (n, 12, samples) in millivolt to vectors z (n, d) float32."""
        return self.project(self.encoder(signal))

    def logits(self, signal: Tensor, vectors: Tensor) -> Tensor:
        """Logits (n, m) of ECGs (n, 12, samples) against statements by their raw text vectors (m, D)."""
        return self.compare(self.encode_ecg(signal), vectors)

    def finding_logits(self, signal: Tensor) -> Tensor:
        """Logits (n, k) of ECGs against the prompt bank, one column per finding in vocabulary order."""
        return self.logits(signal, self.prompt_vectors)
