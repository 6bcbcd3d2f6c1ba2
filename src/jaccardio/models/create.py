"""`create_model`: a fresh model from its configuration, a vocabulary and a text encoder."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.classifier import EcgClassifier
from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ecg_text import EcgTextModel
from jaccardio.text.create import create_text_encoder
from jaccardio.text.encoder import TextEncoder
from jaccardio.text.tuning import tuned_in

MODELS: Mapping[str, type[EcgTextModel | EcgClassifier]] = {"text": EcgTextModel, "classifier": EcgClassifier}
"""Models by kind: functions of configuration, prompt vectors and fingerprint of the text encoder."""


def text_encoder_of(config: ModelConfig, vocabulary: Vocabulary, cache: Path | None = None) -> TextEncoder:
    """The text encoder of a model's configuration; parameters and errors are those of `create_text_encoder`."""
    return create_text_encoder(
        config.text_encoder, vocabulary, cache, readout=config.readout, language=config.language, lora_rank=config.lora_rank
    )


def create_model(config: ModelConfig, *, vocabulary: Vocabulary, text_encoder: TextEncoder) -> EcgModel:
    """Builds an untrained model; the global random generator of torch decides its start.

    Parameters
    ----------
    config
        Shape and start.
    vocabulary
        The findings; each gets a prompt in ``config.language``.
    text_encoder
        Embeds the prompts: that of `text_encoder_of`.

    Raises
    ------
    UsageError
        The text encoder cannot tell two prompts apart.
    """
    prompts = vocabulary.prompts(config.language)
    vectors = torch.from_numpy(text_encoder.encode(prompts))
    _check_distinct(vectors, prompts, text_encoder.name)
    model = MODELS[config.kind](config, vectors, text_encoder.fingerprint)
    if (tuned := tuned_in(text_encoder)) is not None:
        model.adapt(tuned.drawn_adapter())
    return model


def _check_distinct(vectors: Tensor, prompts: list[str], encoder: str) -> None:
    first_of: dict[bytes, str] = {}
    for vector, prompt in zip(vectors, prompts, strict=True):
        other = first_of.setdefault(vector.numpy().tobytes(), prompt)
        if other != prompt:
            raise UsageError(
                f"text encoder {encoder} gives the same vector to {other!r} and {prompt!r}; "
                "choose an encoder that reads the language of the sentences."
            )
