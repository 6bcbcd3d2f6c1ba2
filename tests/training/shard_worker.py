"""What each process of `test_sharded_text` does."""

from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.contrast.ranks import Ranks
from jaccardio.text import tuning
from jaccardio.text.tuning import TunedEncoder
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train

SENTENCES = ("one", "two", "a left bundle branch block", "atrial fibrillation", "none")
SHARES = (slice(0, 4), slice(4, 5)), (slice(0, 5), slice(5, 5))
"""Of two processes: three passes through the model and one, three and none."""


def drawn_adapter(encoder: TunedEncoder) -> dict[str, Tensor]:
    """The same in every process, and no matrix zero."""
    generator = torch.Generator().manual_seed(1)
    return {name: 0.1 * torch.randn(value.shape, generator=generator) for name, value in sorted(encoder.drawn_adapter().items())}


def loss_and_gradients(encoder: TunedEncoder, sentences: tuple[str, ...]) -> list[np.ndarray]:
    """Of a function of vectors to which each sentence adds its part."""
    adapter = {name: value.requires_grad_() for name, value in drawn_adapter(encoder).items()}
    vectors = encoder.vectors(sentences, adapter)
    loss = (vectors * torch.arange(1.0, vectors.shape[1] + 1)).sin().sum()
    read = [value for name, value in adapter.items() if _is_read(encoder, name)]
    return [loss.detach().numpy(), *(gradient.numpy() for gradient in torch.autograd.grad(loss, read))]


def work(rank: int, size: int, folder: Path, decoder: Path, store: Path, settings: tuple[str, ...]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=size)
    ranks = Ranks(rank, size)
    tuning.SHARDED_BYTES = 0
    encoder = TunedEncoder(str(decoder), None, 2)
    encoder.shard(size, lambda passes: ranks.most(passes, torch.device("cpu")))
    frozen = [value for name, value in encoder._model.named_parameters() if tuning.MATRIX not in name]
    held = [value.to_local().numel() if hasattr(value, "to_local") else value.numel() for value in frozen]
    np.savez(
        folder / f"{rank}.npz",
        held=[sum(held), sum(value.numel() for value in frozen)],
        **{
            f"{place}|{row}": value
            for place, shares in enumerate(SHARES)
            for row, value in enumerate(loss_and_gradients(encoder, SENTENCES[shares[rank]]))
        },
    )
    opened = Store.open(store)
    split = load_split(opened)
    assert split is not None
    train(opened, split, load_preset("truth-small", settings), folder / "run", device="cpu", ranks=ranks)
    dist.destroy_process_group()


def _is_read(encoder: TunedEncoder, name: str) -> bool:
    """Whether a matrix is in a layer that is read."""
    return tuning._layer(name.replace("/", ".")) < encoder.pooling.layer
