"""`TunedEncoder`: a language model tuned by low-rank matrices beside its frozen weights (LoRA, Hu et al. 2021, arXiv:2106.09685)."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from jaccardio.errors import MissingError, UsageError
from jaccardio.files import sha256_json
from jaccardio.text.centring import CentredEncoder
from jaccardio.text.encoder import TextEncoder
from jaccardio.text.huggingface import LARGE_WEIGHTS_BYTES, HuggingFaceEncoder, pooled_states
from jaccardio.text.readout import Readout

MATRIX = "lora_"
SHARDED_BYTES = LARGE_WEIGHTS_BYTES
"""Language models with larger weights are sharded between the processes that train together."""


class TunedEncoder(HuggingFaceEncoder):
    """A language model of transformers with an adapter: two matrices, (r, inputs) and (outputs, r), beside every linear layer that is read.

    The adapter belongs to the ECG model, with which it is trained, averaged and saved; here the language model is a function of
    sentences and adapter.

    Parameters
    ----------
    rank
        r, above 0.

    Attributes
    ----------
    adapter
        The matrices by name that `encode` uses; empty: the language model as it is.

    Raises
    ------
    UsageError
        The text encoder is no language model of transformers.
    MissingError
        peft is not installed.
    """

    def __init__(self, name_or_path: str, readout: Readout | None, rank: int) -> None:
        if importlib.util.find_spec("peft") is None:
            raise MissingError("model.lora_rank tunes the language model with peft, which is not installed: pip install 'jaccardio[lora]'")
        if name_or_path in ("table", "random", "use-multilingual") or name_or_path.endswith(".safetensors"):
            raise UsageError(f"model.lora_rank={rank}: {name_or_path} cannot be tuned. Use a language model of transformers, or rank 0.")
        super().__init__(name_or_path, readout)
        self.rank = rank
        self.adapter: Mapping[str, Tensor] = {}
        self._most: Callable[[int], int] | None = None

    @cached_property
    def fingerprint(self) -> str:
        """That of the language model, and the rank; what the adapter holds is the ECG model's to know."""
        return sha256_json({"frozen": super().fingerprint, "lora_rank": self.rank})

    def drawn_adapter(self) -> dict[str, Tensor]:
        """Matrices to begin with: the first of each pair is drawn from torch's global generator, the second is zero."""
        return {_flat(name): value.detach().float().cpu().clone() for name, value in self._model.named_parameters() if MATRIX in name}

    def vectors(self, sentences: Sequence[str], adapter: Mapping[str, Tensor]) -> Tensor:
        """Raw vectors (m, D) with their gradient by the adapter; errors are those of `encode`."""
        names = [name for name, _ in self._model.named_parameters() if MATRIX in name]
        matrices = {name: adapter[_flat(name)].to(self._device) for name in names} if adapter else {}

        def tuned(**inputs: Any) -> Any:
            return functional_call(self._model, matrices, (), inputs)

        passes = self._passes(sentences)
        idle = 0 if self._most is None else self._most(len(passes)) - len(passes)
        vectors = self._vectors(passes, tuned)
        for _ in range(idle):  # gives its layers to the others, forward and backward, and adds nothing
            token = torch.zeros((1, 2), dtype=torch.int64, device=self._device)
            vectors = vectors.to(self._device) + 0 * pooled_states(tuned, token, self.pooling, self._layers).sum()
        return vectors

    def shard(self, processes: int, most: Callable[[int], int]) -> None:
        """From now on each process holds a part of the frozen weights of every layer, and all collect a layer when its turn comes (FSDP2).

        The adapter stays whole everywhere. All processes must call `vectors` and `encode` equally often. Small models stay as they are.

        Parameters
        ----------
        processes
            All of the process group.
        most
            The largest of the numbers that the processes call it with.
        """
        if sum(path.stat().st_size for path in self._weight_files) <= SHARDED_BYTES:
            return
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh(self._device.type, (processes,))
        for name, part in self._model.named_modules():
            within, _, last = name.rpartition(".")
            if last.isdigit() and _layer(within) == np.inf:  # not the model around its layers, which finds states by its own class
                matrices = {value for key, value in part.named_parameters() if MATRIX in key}
                fully_shard(part, mesh=mesh, reshard_after_forward=True, ignored_params=matrices)
        self._most = most

    @torch.no_grad()  # not in inference mode: weights that were loaded in it could not be trained through
    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Raw vectors (m, D) by `adapter`; see `HuggingFaceEncoder.encode`."""
        vectors: NDArray[np.float32] = self.vectors(sentences, self.adapter).cpu().numpy()
        return vectors

    @cached_property
    def _model(self) -> Any:
        from peft import LoraConfig, inject_adapter_in_model

        base = super()._model
        read = [name for name, part in base.named_modules() if isinstance(part, nn.Linear) and _layer(name) < self.pooling.layer]
        return inject_adapter_in_model(LoraConfig(r=self.rank, lora_alpha=self.rank, target_modules=read), base).eval()


def tuned_in(encoder: TextEncoder) -> TunedEncoder | None:
    """The tuned encoder that a text encoder is, or centres; None where it is frozen."""
    inner = encoder.encoder if isinstance(encoder, CentredEncoder) else encoder
    return inner if isinstance(inner, TunedEncoder) else None


def _layer(name: str) -> float:
    """The layer that a part is in: the first number in its name; infinity outside the layers."""
    return float(next((word for word in name.split(".") if word.isdigit()), "inf"))


def _flat(name: str) -> str:
    """A parameter's name without dots, which a module's own parameters may not have."""
    return name.replace(".", "/")
