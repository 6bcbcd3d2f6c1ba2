"""Models from configurations."""

from typing import get_args

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.classifier import EcgClassifier
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import MODELS, create_model, text_encoder_of
from jaccardio.models.ecg_text import EcgTextModel
from jaccardio.text.encoder import TextEncoder


def test_a_text_model_carries_the_prompts_of_its_vocabulary(vocabulary: Vocabulary, text_encoder: TextEncoder) -> None:
    model = create_model(ModelConfig(width=2), vocabulary=vocabulary, text_encoder=text_encoder)
    assert isinstance(model, EcgTextModel)
    assert np.array_equal(model.prompt_vectors.numpy(), text_encoder.encode(vocabulary.prompts()))
    assert model.text_fingerprint == "fixed-1"
    assert model.finding_logits(torch.zeros(1, 12, 200)).shape == (1, 3)


def test_to_a_classifier_findings_are_symbols_whatever_the_text(vocabulary: Vocabulary) -> None:
    config = ModelConfig(kind="classifier", width=2, text="minilm")
    model = create_model(config, vocabulary=vocabulary, text_encoder=text_encoder_of(config, vocabulary))
    assert isinstance(model, EcgClassifier)
    assert torch.equal(model.prompt_vectors, torch.eye(3))
    assert ModelConfig(text="random").text_encoder == "random"


def test_every_kind_has_a_model() -> None:
    assert set(MODELS) == set(get_args(ModelConfig.model_fields["kind"].annotation))


def test_prompts_that_the_encoder_confounds_are_refused(
    vocabulary: Vocabulary, text_encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_encoder, "encode", lambda sentences: np.ones((len(sentences), 16), np.float32))
    with pytest.raises(UsageError, match="same vector"):
        create_model(ModelConfig(width=2), vocabulary=vocabulary, text_encoder=text_encoder)


def test_equal_seeds_give_equal_models(vocabulary: Vocabulary, text_encoder: TextEncoder) -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(create_model(ModelConfig(width=2), vocabulary=vocabulary, text_encoder=text_encoder).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize(
    "settings", [{"widht": 32}, {"encoder": "resnet19"}, {"initial_bias": "zero"}, {"whitening": 2}, {"initial_scale": 0}]
)
def test_unknown_keys_and_values_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModelConfig.model_validate(settings)
