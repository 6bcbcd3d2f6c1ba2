"""Decoders: layer, first token, multimodal layout, and tokenizers that do not fit."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from jaccardio.errors import DataError, UsageError
from jaccardio.text.huggingface import ENCODERS, HuggingFaceEncoder
from jaccardio.text.readout import Readout
from tests.language_models import Decoder, save_letters_tokenizer

KINDS = ("qwen3", "gemma3_text", "gemma3")
SENTENCES = ["This ECG shows AF.", "This ECG shows LVH, AF.", "AF"]
BOS = 1


def states(folder: Path, sentence: str) -> list[np.ndarray]:
    """States of a sentence's tokens after each layer, by the whole model and its generating class."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        hidden = model(**tokenizer(sentence, return_tensors="pt"), output_hidden_states=True).hidden_states
    return [state[0].numpy() for state in hidden]


@pytest.mark.parametrize("kind", KINDS)
def test_by_default_two_thirds_of_the_layers_and_all_tokens_but_the_first(tiny_decoder: Decoder, kind: str) -> None:
    encoder = HuggingFaceEncoder(str(tiny_decoder(kind)))
    assert (encoder.pooling.kind, encoder.pooling.layer, encoder.pooling.skip_first, encoder.centred) == ("mean", 4, True, True)
    expected = [states(tiny_decoder(kind), sentence)[4][1:].mean(axis=0) for sentence in SENTENCES]
    assert encoder.encode(SENTENCES) == pytest.approx(np.stack(expected), abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "layer", "tokens"),
    [
        ({"pooling": "last"}, 4, slice(-1, None)),
        ({"pooling": "last", "layer": 6}, 6, slice(-1, None)),
        ({"layer": 6, "skip_first": False}, 6, slice(None)),
        ({"layer": 0}, 0, slice(1, None)),
    ],
)
def test_settings_say_which_states(tiny_decoder: Decoder, settings: dict[str, object], layer: int, tokens: slice) -> None:
    folder = tiny_decoder("gemma3_text")
    encoder = HuggingFaceEncoder(str(folder), Readout.model_validate(settings))
    assert encoder.encode(SENTENCES[:1])[0] == pytest.approx(states(folder, SENTENCES[0])[layer][tokens].mean(axis=0), abs=1e-5)
    assert encoder.fingerprint != HuggingFaceEncoder(str(folder)).fingerprint


def test_an_encoder_takes_all_layers_and_tokens_or_the_first_token_alone(tiny_bert: Path) -> None:
    encoder = HuggingFaceEncoder(str(tiny_bert))
    assert (encoder.pooling.kind, encoder.pooling.layer, encoder.pooling.skip_first, encoder.centred) == ("mean", 2, False, False)
    sentence = "This ECG shows atrial fibrillation."
    model, tokenizer = transformers.AutoModel.from_pretrained(tiny_bert), transformers.AutoTokenizer.from_pretrained(tiny_bert)
    first = model(**tokenizer(sentence, return_tensors="pt")).last_hidden_state[0, 0].detach().numpy()
    assert HuggingFaceEncoder(str(tiny_bert), Readout(pooling="cls")).encode([sentence])[0] == pytest.approx(first, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"layer": 7}, "has 6 layers"),
        ({"pooling": "cls"}, "sees no other"),
        ({"pooling": "last", "skip_first": True}, "goes with pooling mean"),
    ],
)
def test_a_readout_that_does_not_fit_is_refused(tiny_decoder: Decoder, settings: dict[str, object], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        HuggingFaceEncoder(str(tiny_decoder("qwen3")), Readout.model_validate(settings))


def test_every_encoder_by_name_is_a_model_of_masked_words() -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    assert set(MODEL_FOR_MASKED_LM_MAPPING_NAMES) >= ENCODERS


def test_a_sentence_of_which_nothing_is_left_is_refused(tiny_decoder: Decoder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_decoder("qwen3"), tmp_path / "copy"))
    save_letters_tokenizer(folder, begins_with=None)
    with pytest.raises(UsageError, match="skips the first token"):
        HuggingFaceEncoder(str(folder)).encode(["A"])


def test_an_empty_tokenizer_is_refused(tiny_decoder: Decoder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_decoder("qwen3"), tmp_path / "copy"))
    (folder / "tokenizer.json").write_text('{"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}}')
    with pytest.raises(DataError, match="tokenizer is empty"):
        HuggingFaceEncoder(str(folder)).encode(SENTENCES)


def test_a_tokenizer_larger_than_the_embeddings_is_refused(tiny_decoder: Decoder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_decoder("qwen3"), tmp_path / "copy"))
    config = transformers.AutoConfig.from_pretrained(folder)
    config.vocab_size = 99
    config.save_pretrained(folder)
    state = load_file(folder / "model.safetensors")
    state = {name: value[:99].contiguous() if len(value) == 160 else value for name, value in state.items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match="token 99, the model 99 embeddings"):
        HuggingFaceEncoder(str(folder)).encode(SENTENCES)


def test_missing_and_misshapen_weights_are_refused(tiny_decoder: Decoder, tmp_path: Path) -> None:
    for number, kind in enumerate(KINDS):
        folder = Path(shutil.copytree(tiny_decoder(kind), tmp_path / kind))
        state = load_file(folder / "model.safetensors")
        name = next(key for key in state if key.endswith("layers.1.mlp.up_proj.weight") and "vision" not in key)
        if number:
            del state[name]
        else:
            state[name] = state[name][:-1].contiguous()
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(DataError, match=r"1 weights are missing|cannot be loaded"):
            HuggingFaceEncoder(str(folder)).encode(SENTENCES)
