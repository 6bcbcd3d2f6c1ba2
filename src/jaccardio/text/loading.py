"""Language models from a folder with transformers: whole or refused, without network, code of the folder, or pickle."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from jaccardio.errors import DataError, JaccardioError

PROBE = "This ECG shows atrial fibrillation."
LOCAL = {"local_files_only": True, "trust_remote_code": False}


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder.

    Raises
    ------
    DataError
        It is damaged, or makes no tokens of a plain sentence: transformers puts an empty tokenizer where files are missing.
    """
    from transformers import AutoTokenizer

    with quiet_transformers(), named_failure(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
        empty = not tokenizer(PROBE, add_special_tokens=False)["input_ids"]
    if empty:
        raise DataError(f"{folder}: the tokenizer is empty, it makes no tokens of a sentence. Copy the tokenizer's files again.")
    return tokenizer


def load_language_model(folder: Path, dtype: torch.dtype, tokenizer: Any) -> Any:
    """The language model of a folder without its head, frozen and in evaluation mode, on the CPU.

    Raises
    ------
    DataError
        It is damaged, lacks weights (transformers would draw them at random), has an encoder and a decoder, or the tokenizer is that of
        another model, with more tokens than the model has embeddings.
    """
    from transformers import AutoModel

    with quiet_transformers(), named_failure(folder):
        model, report = AutoModel.from_pretrained(folder, dtype=dtype, use_safetensors=True, output_loading_info=True, **LOCAL)
    refuse_missing(folder, report)
    if model.config.is_encoder_decoder:
        raise DataError(f"{folder}: a model of an encoder and a decoder, which cannot embed sentences here. Choose another.")
    language_model = getattr(model, "language_model", model)  # Gemma 3 ships with a vision tower around it
    rows, added = language_model.get_input_embeddings().num_embeddings, tokenizer.get_added_vocab()
    largest = max(number for token, number in tokenizer.get_vocab().items() if token not in added)  # added: Gemma's image token has no row
    if largest >= rows:
        raise DataError(f"{folder}: the tokenizer has token {largest}, the model {rows} embeddings: they are not of one model. Copy both.")
    return language_model.eval().requires_grad_(False)


def refuse_missing(folder: Path, report: Any) -> None:
    """Refuses a model of which transformers found some weights missing or of another shape."""
    absent = [key for key in report["missing_keys"] if not key.startswith("pooler.")]  # pooler: BERT's head, not used here
    if number := len(absent) + len(report["mismatched_keys"]):
        raise DataError(f"{folder}: {number} weights are missing; copy the model again.")


@contextmanager
def named_failure(path: Path) -> Iterator[None]:
    """What transformers raises for a model that it cannot load, as an error that names the place: of a damaged file that is anything."""
    try:
        yield
    except (JaccardioError, ImportError, MemoryError):
        raise
    except Exception as error:
        raise DataError(f"{path}: cannot be loaded as a language model; it is damaged or of a kind that transformers lacks.") from error


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Neither notes nor progress bars of transformers meanwhile: what must be known is said by us."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()
