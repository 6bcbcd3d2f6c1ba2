"""`HuggingFaceEncoder`: sentence vectors from the states of a frozen language model, with plain transformers."""

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.errors import DataError, UsageError
from jaccardio.files import read_json, sha256_file, sha256_json
from jaccardio.text.loading import load_language_model, load_tokenizer, quiet_transformers
from jaccardio.text.packages import model_folder
from jaccardio.text.readout import Readout, StatePooling

logger = logging.getLogger(__name__)

MAXIMUM_TOKENS = 256
SENTENCES_PER_BATCH = 64
LARGE_WEIGHTS_BYTES = 4 * 2**30
"""Larger models run in bfloat16, half the memory; pooling is float32 for all."""

# fmt: off
ENCODERS = frozenset((
    "albert", "bert", "big_bird", "camembert", "convbert", "data2vec-text", "deberta", "deberta-v2", "distilbert",
    "electra", "ernie", "eurobert", "flaubert", "fnet", "gte", "ibert", "jina_embeddings_v3", "longformer", "luke",
    "megatron-bert", "mobilebert", "modernbert", "mpnet", "nomic_bert", "rembert", "roberta", "roberta-prelayernorm",
    "roc_bert", "roformer", "squeezebert", "xlm", "xlm-roberta", "xlm-roberta-xl", "xmod",
))
# fmt: on
"""``model_type`` of models whose tokens see the whole sentence: those of transformers' models of masked words that read plain text. Asking
transformers itself takes seconds at each start."""


class HuggingFaceEncoder:
    """States of a language model, pooled in float32 as `Readout` says: of an encoder the mean over all tokens after the last layer, as
    all-MiniLM-L6-v2 was trained to be pooled.

    Sentences of equal token count share a batch, so nothing is padded and a vector does not depend on its neighbours. The weights
    are loaded at the first sentence, on a GPU where there is one.

    Parameters
    ----------
    name_or_path
        As of `model_folder`.
    readout
        How vectors are read from the states.

    Attributes
    ----------
    centred
        Whether languages are to be centred (`CentredEncoder`); not done here.

    Raises
    ------
    MissingError
        The model is not on this machine and cannot be fetched.
    DataError
        The folder lacks a file, or published files are not the published ones.
    UsageError
        The name is no folder and cannot be a hub id, or the readout does not fit the model.
    """

    def __init__(self, name_or_path: str, readout: Readout | None = None) -> None:
        self.name = name_or_path
        self._folder = model_folder(name_or_path)
        self._weight_files = sorted(self._folder.glob("*.safetensors"))
        for what, present in (
            ("config.json", (self._folder / "config.json").is_file()),
            ("tokenizer.json", (self._folder / "tokenizer.json").is_file()),
            ("*.safetensors", bool(self._weight_files)),
        ):
            if not present:
                raise DataError(f"{self._folder}: no {what}; it is not a whole language model in safetensors format.")
        config = read_json(self._folder / "config.json")
        try:
            shape = config.get("text_config", config)  # of Gemma 3 with its vision tower
            self.dimension, self._layers, decoder = int(shape["hidden_size"]), int(shape["num_hidden_layers"]), _is_decoder(config, shape)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            reason = "no model_type, hidden_size or num_hidden_layers; this kind of model cannot embed sentences"
            raise DataError(f"{self._folder / 'config.json'}: {reason}.") from error
        readout = readout or Readout()
        self.pooling = readout.settled(name_or_path, decoder, self._layers)
        self.centred = readout.centres(decoder)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over weights, tokenizer, precision and pooling."""
        files = {path.name: sha256_file(path) for path in [*self._weight_files, self._folder / "tokenizer.json"]}
        document = {"files": files, "dtype": str(self._dtype), "pooling": self.pooling.kind, "tokens": MAXIMUM_TOKENS}
        if self.pooling.layer < self._layers or self.pooling.skip_first:
            document |= {"layer": self.pooling.layer, "skip_first": self.pooling.skip_first}
        return sha256_json(document)

    @torch.inference_mode()
    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D); of a sentence longer than 256 tokens the first 256 are read, and a warning is logged.

        Raises
        ------
        UsageError
            A sentence has a part that the tokenizer does not know, or none at all. All unknown parts have one vector: two findings in a
            script of which the tokenizer knows a few letters would be one sentence.
        """
        vectors: NDArray[np.float32] = self._vectors(self._passes(sentences), self._model).cpu().numpy()
        return vectors

    def _passes(self, sentences: Sequence[str]) -> list[tuple[list[int], Tensor]]:
        """What goes through the model at once: places of sentences of equal token count, and their token ids."""
        rows_of_length: dict[int, list[int]] = {}
        tokens = [self.tokens(sentence) for sentence in sentences]
        for row, ids in enumerate(tokens):
            rows_of_length.setdefault(len(ids), []).append(row)
        batches = [
            rows[start : start + SENTENCES_PER_BATCH]
            for rows in rows_of_length.values()
            for start in range(0, len(rows), SENTENCES_PER_BATCH)
        ]
        return [(batch, torch.tensor([tokens[row] for row in batch], device=self._device)) for batch in batches]

    def _vectors(self, passes: Sequence[tuple[list[int], Tensor]], model: Callable[..., Any]) -> Tensor:
        """Vectors (m, D) float32 of the sentences of all passes by a function of token ids that returns states."""
        if not passes:
            return torch.empty((0, self.dimension))
        order = [row for rows, _ in passes for row in rows]
        return torch.cat([pooled_states(model, inputs, self.pooling, self._layers) for _, inputs in passes])[np.argsort(order)]

    def tokens(self, sentence: str) -> list[int]:
        """Token ids with the special ones around them; messages hold no word of the sentence, which may speak of a patient."""
        with quiet_transformers():
            content: list[int] = self._tokenizer(sentence, add_special_tokens=False)["input_ids"]
            ids: list[int] = self._tokenizer(sentence, truncation=True, max_length=MAXIMUM_TOKENS)["input_ids"]
        unknown = content.count(self._tokenizer.unk_token_id)
        if unknown or not content:
            found = f"{unknown} of its {len(content)} tokens are unknown to the tokenizer" if content else "it holds no text"
            raise UsageError(
                f"text encoder {self.name} cannot read a sentence: {found}. minilm reads English; for other languages and scripts train "
                "with a multilingual encoder, for example --set model.text=use-multilingual or Qwen/Qwen3-8B."
            )
        if self.pooling.skip_first and len(ids) < 2:
            raise UsageError(f"text encoder {self.name} skips the first token of a sentence, and one has no other. Write whole sentences.")
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
        return load_tokenizer(self._folder)

    @cached_property
    def _model(self) -> Any:
        model = load_language_model(self._folder, self._dtype, self._tokenizer)
        if len(getattr(model, "layers", ())) > self.pooling.layer + 1:  # one more than is read: the last one's states pass a norm
            model.layers = model.layers[: self.pooling.layer + 1]
        return model.to(self._device)


def pooled_states(model: Callable[..., Any], tokens: Tensor, pooling: StatePooling, layers: int) -> Tensor:
    """Vectors (m, D) float32 of sentences of equal length by their token ids (m, t)."""
    last = pooling.layer == layers
    output = model(input_ids=tokens, attention_mask=torch.ones_like(tokens), output_hidden_states=not last)
    states: Tensor = (output.last_hidden_state if last else output.hidden_states[pooling.layer]).float()
    if pooling.kind == "mean":
        return states[:, pooling.skip_first :].mean(dim=1)
    return states[:, -1 if pooling.kind == "last" else 0]


def _is_decoder(config: dict[str, Any], shape: dict[str, Any]) -> bool:
    """Whether a token sees only those before it: so do all but `ENCODERS` and those told otherwise."""
    bidirectional = shape.get("use_bidirectional_attention") is True  # EmbeddingGemma
    return not bidirectional and str(config["model_type"]) not in ENCODERS
