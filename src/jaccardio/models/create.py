"""`create_model`: a fresh model from its configuration, a vocabulary and a text encoder."""

import torch
from torch import Tensor

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.classifier import EcgClassifier
from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_text import EcgTextModel
from jaccardio.text.encoder import TextEncoder

Model = EcgTextModel | EcgClassifier


def create_model(config: ModelConfig, *, vocabulary: Vocabulary, text_encoder: TextEncoder | None = None) -> Model:
    """Builds an untrained model; the global random generator of torch decides its start.

    Parameters
    ----------
    config
        Shape and start.
    vocabulary
        The findings; each gets a prompt in ``config.language`` (kind ``text``) or an output (kind ``classifier``).
    text_encoder
        Embeds the prompts; needed by kind ``text``.

    Raises
    ------
    UsageError
        Kind ``text`` without a text encoder, or with one that cannot tell two prompts apart.
    """
    if config.kind == "classifier":
        return EcgClassifier(config, len(vocabulary))
    if text_encoder is None:
        raise UsageError("a model of kind text needs a text encoder; create_text_encoder makes one by name.")
    prompts = vocabulary.prompts(config.language)
    vectors = torch.from_numpy(text_encoder.encode(prompts))
    _check_distinct(vectors, prompts, text_encoder.name)
    return EcgTextModel(config, vectors, text_encoder.fingerprint)


def _check_distinct(vectors: Tensor, prompts: list[str], encoder: str) -> None:
    first_of: dict[bytes, str] = {}
    for vector, prompt in zip(vectors, prompts, strict=True):
        other = first_of.setdefault(vector.numpy().tobytes(), prompt)
        if other != prompt:
            raise UsageError(
                f"text encoder {encoder} gives the same vector to {other!r} and {prompt!r}; "
                "choose an encoder that reads the language of the sentences."
            )
