"""A vocabulary in two languages and tiny random language models on disk."""

from functools import cache
from pathlib import Path

import pytest
import tokenizers
import torch
import transformers

from jaccardio.findings.vocabulary import Finding, Vocabulary
from tests.language_models import Decoder, save_tiny_decoder


@pytest.fixture
def vocabulary() -> Vocabulary:
    findings = (
        Finding("af", {"en": "Atrial fibrillation", "ja": "心房細動"}),
        Finding("lvh", {"en": "Left ventricular hypertrophy", "ja": "左室肥大"}),
        Finding("vpc", {"en": "Ventricular premature contraction", "ja": "心室期外収縮"}),
    )
    templates = {"en": "This ECG shows {findings}.", "ja": "この心電図は{findings}を示す。"}
    nothing = {"en": "This ECG shows no listed finding.", "ja": "この心電図に該当する所見はない。"}
    return Vocabulary("three", "Three findings", findings, templates, nothing)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a BERT of two layers and 16 dimensions with random weights and a word-level tokenizer."""
    folder = tmp_path_factory.mktemp("tiny-bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "this", "ecg", "shows", "atrial", "fibrillation", "left", "hypertrophy", ".", ","]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: row for row, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=300
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    """Folder of a random decoder of a kind of `tiny_decoder_config`."""
    return cache(lambda kind: save_tiny_decoder(tmp_path_factory.mktemp(kind), kind))
