"""Tiny random decoders, laid out as checkpoints on the hub are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

Decoder = Callable[[str], Path]


def tiny_decoder_config(kind: str) -> Any:
    """Six layers of 16 dimensions: ``qwen3``, ``gemma3_text``, or ``gemma3``, whose checkpoints hold a vision tower too."""
    shape = {
        "vocab_size": 160,
        "hidden_size": 16,
        "num_hidden_layers": 6,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "intermediate_size": 32,
        "max_position_embeddings": 300,
    }
    special = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    if kind == "qwen3":
        return transformers.Qwen3Config(**shape, **special)
    text = transformers.Gemma3TextConfig(**shape, **special, sliding_window=16)
    if kind == "gemma3_text":
        return text
    vision = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    }
    return transformers.Gemma3Config(text_config=text.to_dict(), vision_config=vision, mm_tokens_per_image=4)


def save_letters_tokenizer(folder: Path, begins_with: str | None = "<bos>") -> None:
    """A tokenizer of the printable ASCII letters and ひ, one token each."""
    letters = ["<pad>", "<bos>", "<eos>", "<unk>", *(chr(code) for code in range(32, 127)), "ひ"]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({letter: row for row, letter in enumerate(letters)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    if begins_with:
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 1)])
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", bos_token="<bos>", eos_token="<eos>"
    ).save_pretrained(folder)


def save_tiny_decoder(folder: Path, kind: str) -> Path:
    """Writes a random decoder of a kind of `tiny_decoder_config` into a folder."""
    save_letters_tokenizer(folder)
    torch.manual_seed(0)
    model = {
        "qwen3": transformers.Qwen3ForCausalLM,
        "gemma3_text": transformers.Gemma3ForCausalLM,
        "gemma3": transformers.Gemma3ForConditionalGeneration,
    }[kind]
    model(tiny_decoder_config(kind)).save_pretrained(folder)
    return folder
