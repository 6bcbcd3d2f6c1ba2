"""`create_model`: a fresh model from its configuration, a vocabulary and a text encoder."""

from collections.abc import Mapping, Sequence
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


def text_encoder_of(config: ModelConfig, vocabulary: Vocabulary, cache: Path | None = None, further: Sequence[str] = ()) -> TextEncoder:
    """The text encoder of a model's configuration; parameters and errors are those of `create_text_encoder`."""
    return create_text_encoder(
        config.text_encoder,
        vocabulary,
        cache,
        further,
        readout=config.readout,
        language=config.language,
        lora_rank=config.lora_rank,
        attributes=config.attributes,
    )


def create_model(config: ModelConfig, *, vocabulary: Vocabulary, text_encoder: TextEncoder, further: Sequence[str] = ()) -> EcgModel:
    """Builds an untrained model; the global random generator of torch decides its start.

    Parameters
    ----------
    config
        Shape and start.
    vocabulary
        The findings; each gets a prompt in ``config.language``.
    text_encoder
        Embeds the prompts: that of `text_encoder_of`.
    further
        Sentences of the measured statements that the model is to learn beside the findings.

    Raises
    ------
    UsageError
        The text encoder cannot tell two sentences apart.
    """
    sentences = [*vocabulary.prompts(config.language), *further]
    vectors = torch.from_numpy(text_encoder.encode(sentences))
    _check_distinct(vectors, sentences, text_encoder.name)
    prompts, statements = vectors[: len(vocabulary)], vectors[len(vocabulary) :]
    model = MODELS[config.kind](config, prompts, text_encoder.fingerprint, statements)
    if (tuned := tuned_in(text_encoder)) is not None:
        model.tuning.update(tuned.drawn_adapter())
    return model


def _check_distinct(vectors: Tensor, sentences: list[str], encoder: str) -> None:
    first_of: dict[bytes, str] = {}
    for vector, sentence in zip(vectors, sentences, strict=True):
        other = first_of.setdefault(vector.numpy().tobytes(), sentence)
        if other != sentence:
            raise UsageError(
                f"text encoder {encoder} gives the same vector to {other!r} and {sentence!r}; "
                "choose an encoder that reads the language of the sentences."
            )
