"""Augmentations: what each changes, and that it draws from its own random stream."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from jaccardio.cohort.augment import AUGMENTATIONS, Augmentation, LeadMasking, RandomCrop, draw_kept_leads

OTHER_STREAMS = {0, 2, 3}
"""Those of the order of an epoch, the regularisers' views and the window of a long ECG."""


RECORDED = np.array([100, 100, 100, 100, 70, 70])


def augmented(augmentation: Augmentation, ecgs: NDArray[np.int16], seed: int) -> NDArray[np.int16]:
    return augmentation.apply(ecgs, augmentation.draw(RECORDED, np.random.default_rng(seed)))


KEPT = draw_kept_leads(20_000, 0.25, np.random.default_rng(0))


def test_the_share_of_ecgs_that_lose_leads() -> None:
    assert (~KEPT.all(axis=1)).mean() == pytest.approx(0.25, abs=0.01)
    assert KEPT.any(axis=1).all()
    assert draw_kept_leads(50, 0.0, np.random.default_rng(0)).all()
    assert not draw_kept_leads(50, 1.0, np.random.default_rng(0)).all(axis=1).any()


def test_the_sets_that_devices_record_are_frequent() -> None:
    partial = KEPT[~KEPT.all(axis=1)]
    limb, chest = partial[:, :6].sum(axis=1), partial[:, 6:].sum(axis=1)
    assert ((limb == 6) & (chest == 0)).mean() > 0.15
    assert ((limb == 0) & (chest == 6)).mean() > 0.02
    single = partial[partial.sum(axis=1) == 1]
    assert single.any(axis=0).all(), "every lead occurs alone"


def test_limb_leads_that_follow_from_others_are_never_missing_beside_them() -> None:
    limb = KEPT[:, :6].sum(axis=1)
    assert set(limb.tolist()) == {0, 1, 6}


@pytest.fixture
def ecgs() -> NDArray[np.int16]:
    """Six ECGs of one window, the last two of 70 recorded samples; lead 3 of the first is missing."""
    counts = np.random.default_rng(0).integers(-2000, 2000, (6, 12, 100), dtype=np.int16)
    counts[4:, :, 70:] = 0
    counts[0, 3] = 0
    return counts


def test_each_has_a_random_stream_of_its_own() -> None:
    streams = [RandomCrop.stream, *(make(0.5).stream for make in AUGMENTATIONS.values())]
    assert len({*streams, *OTHER_STREAMS}) == len(streams) + len(OTHER_STREAMS)


@pytest.mark.parametrize("augmentation", [make(0.5) for make in AUGMENTATIONS.values()])
def test_each_is_a_function_of_the_ecgs_and_the_generator(ecgs: NDArray[np.int16], augmentation: Augmentation) -> None:
    before = ecgs.copy()
    first, again, other = (augmented(augmentation, ecgs, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(ecgs, before)
    assert first.dtype == np.int16
    assert first.shape == ecgs.shape


@pytest.mark.parametrize("augmentation", [make(0.5) for make in AUGMENTATIONS.values()])
def test_each_changes_tensors_as_it_does_arrays(ecgs: NDArray[np.int16], augmentation: Augmentation) -> None:
    drawn = augmentation.draw(RECORDED, np.random.default_rng(0))
    of_tensors = augmentation.apply(torch.from_numpy(ecgs), torch.from_numpy(drawn))
    assert of_tensors.dtype == torch.int16
    assert np.array_equal(of_tensors.numpy(), augmentation.apply(ecgs, drawn))


def test_a_crop_is_as_long_as_the_shortest_ecg_allows(ecgs: NDArray[np.int16]) -> None:
    for samples, length in ((40, 40), (90, 70)):
        crop = RandomCrop(samples)
        drawn = crop.draw(RECORDED, np.random.default_rng(0))
        assert drawn[:, 1].tolist() == [length] * 6
        crops = crop.cut(ecgs, drawn)
        assert all(np.array_equal(one, ecg[:, start : start + length]) for one, ecg, start in zip(crops, ecgs, drawn[:, 0], strict=True))
        assert crops[4:].any(axis=1).all(), "what was not recorded is never shown"


def test_masked_leads_are_missing_leads(ecgs: NDArray[np.int16]) -> None:
    kept = LeadMasking(1.0).draw(RECORDED, np.random.default_rng(0))
    assert (kept.sum(axis=1) < 12).all()
    assert np.array_equal(augmented(LeadMasking(1.0), ecgs, 0), np.where(kept[:, :, None], ecgs, 0))
