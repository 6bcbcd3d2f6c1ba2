"""`create_model`: a fresh model from its configuration, a vocabulary and a text encoder."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.classifier import EcgClassifier
from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ecg_text import EcgTextModel
from jaccardio.text.encoder import TextEncoder

MODELS: Mapping[str, type[EcgTextModel | EcgClassifier]] = {"text": EcgTextModel, "classifier": EcgClassifier}
"""Models by kind: functions of configuration, prompt vectors and fingerprint of the text encoder."""


def create_model(config: ModelConfig, *, vocabulary: Vocabulary, text_encoder: TextEncoder, further: Sequence[str] = ()) -> EcgModel:
    """Builds an untrained model; the global random generator of torch decides its start.

    Parameters
    ----------
    config
        Shape and start.
    vocabulary
        The findings; each gets a prompt in ``config.language``.
    text_encoder
        Embeds the prompts: `create_text_encoder` makes it from ``config.text_encoder``.
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
    return MODELS[config.kind](config, prompts, text_encoder.fingerprint, statements)


def _check_distinct(vectors: Tensor, sentences: list[str], encoder: str) -> None:
    first_of: dict[bytes, str] = {}
    for vector, sentence in zip(vectors, sentences, strict=True):
        other = first_of.setdefault(vector.numpy().tobytes(), sentence)
        if other != sentence:
            raise UsageError(
                f"text encoder {encoder} gives the same vector to {other!r} and {sentence!r}; "
                "choose an encoder that reads the language of the sentences."
            )
