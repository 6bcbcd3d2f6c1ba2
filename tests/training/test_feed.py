"""A batch has the same bits whether it is read from the store or cut on the device; the device is a CPU here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from jaccardio.cohort.augment import LeadMasking
from jaccardio.cohort.batches import TrainingBatches
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.contrast.ranks import ALONE, Ranks
from jaccardio.recording.preprocessing import dequantise
from jaccardio.training import feed
from jaccardio.training.config import load_preset
from jaccardio.training.feed import Feed
from jaccardio.training.loop import train
from tests.cohort.conftest import make_store  # noqa: F401
from tests.conftest import TINY

CPU = torch.device("cpu")


@pytest.mark.parametrize("ranks", [ALONE, Ranks(1, 2)])
@pytest.mark.parametrize("crop", [150, None])
def test_batches_cut_on_the_device_are_those_of_the_store(
    make_store: Callable[..., Store],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    crop: int | None,
    ranks: Ranks,
) -> None:
    """Short ECGs, long ones of several windows, masked leads, and a part whose rows are not those of the store."""
    recorded = [200, 200, 110, 200, 120, 110, 200, 120, 200, 110, 120, 200]
    labels, rows = np.zeros((12, 1), dtype=np.int8), np.array([11, 1, 2, 3, 8, 5, 6, 7, 4, 9])
    store = make_store(labels, recorded=recorded, windows_of=[1, 2, 1, 3] * 3)
    batches = TrainingBatches(store, rows, labels[rows], 4, crop, 3, augmentations=[LeadMasking(0.5)], share=ranks.share)
    monkeypatch.setattr(feed, "RECORDS_AT_ONCE", 3)
    read = Feed(batches, CPU)
    monkeypatch.setattr(feed, "fits", lambda size, device: size == 2 * 12 * 200 * store.windows_per_record[rows].sum())
    cut = Feed(batches, CPU)
    assert read.counts is None
    assert cut.counts is not None
    seen = set()
    for one, other in zip(read.prefetched(1, 12), cut.prefetched(1, 12), strict=True):
        assert one[0] == other[0]
        assert np.array_equal(one[1].records, other[1].records)
        assert one[2].dtype == other[2].dtype == torch.float32
        assert one[2].numpy().tobytes() == other[2].numpy().tobytes()
        seen.update(one[1].windows.tolist())
    assert seen == {0, 1, 2}


def test_every_count_is_scaled_to_the_same_bits() -> None:
    counts = torch.arange(-(2**15), 2**15).to(torch.int16)
    assert (counts / torch.tensor(1000.0)).numpy().tobytes() == dequantise(counts.numpy()).tobytes()


def test_a_run_on_resident_counts_ends_with_the_same_weights(
    store: Store, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_preset("jaccardio-small", (*TINY, "training.epochs=2", "data.lead_masking=0.5"))
    train(store, split, config, tmp_path / "read", device="cpu")
    monkeypatch.setattr(feed, "fits", lambda size, device: True)
    train(store, split, config, tmp_path / "cut", device="cpu")
    read, cut = (load_file(tmp_path / run / "model" / "model.safetensors") for run in ("read", "cut"))
    assert read.keys() == cut.keys()
    assert all(torch.equal(read[name], cut[name]) for name in read)


def test_counts_stay_on_a_gpu_with_memory_to_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 4000))
    assert feed.fits(500, torch.device("cuda:0"))
    assert not feed.fits(501, torch.device("cuda:0"))
    assert not feed.fits(1, CPU)
