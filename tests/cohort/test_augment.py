"""Augmentations: what each changes, and that it draws from its own random stream."""

import numpy as np
import pytest

from jaccardio.cohort.augment import AUGMENTATIONS, Augmentation, LeadMasking, RandomCrop, draw_kept_leads
from jaccardio.recording.windows import Windows

OTHER_STREAMS = {0, 2, 3}
"""Those of the order of an epoch, the regularisers' views and the window of a long ECG."""


def augmented(augmentation: Augmentation, ecgs: Windows, seed: int) -> Windows:
    return augmentation.apply(ecgs, augmentation.draw(ecgs.recorded, np.random.default_rng(seed)))


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
def ecgs() -> Windows:
    """Six ECGs of one window, the last two of 70 recorded samples; lead 3 of the first is missing."""
    random = np.random.default_rng(0)
    signal, recorded = random.normal(size=(6, 12, 100)).astype(np.float32), np.array([100, 100, 100, 100, 70, 70])
    signal[4:, :, 70:] = 0
    mask = np.ones((6, 12), dtype=np.bool_)
    mask[0, 3] = signal[0, 3] = 0
    return Windows(signal, recorded, np.arange(6), mask)


def test_each_has_a_random_stream_of_its_own() -> None:
    streams = [RandomCrop.stream, *(make(0.5).stream for make in AUGMENTATIONS.values())]
    assert len({*streams, *OTHER_STREAMS}) == len(streams) + len(OTHER_STREAMS)


@pytest.mark.parametrize("augmentation", [RandomCrop(40), *(make(0.5) for make in AUGMENTATIONS.values())])
def test_each_is_a_function_of_the_ecgs_and_the_generator(ecgs: Windows, augmentation: Augmentation) -> None:
    before = ecgs.signal.copy()
    first, again, other = (augmented(augmentation, ecgs, seed) for seed in (0, 0, 1))
    assert np.array_equal(first.signal, again.signal)
    assert not np.array_equal(first.signal, other.signal)
    assert np.array_equal(ecgs.signal, before)
    assert first.signal.dtype == np.float32
    assert (len(first), len(first.signal)) == (6, 6)


def test_a_crop_is_as_long_as_the_shortest_ecg_allows(ecgs: Windows) -> None:
    for samples, length in ((40, 40), (90, 70)):
        crops = augmented(RandomCrop(samples), ecgs, 0)
        assert crops.signal.shape == (6, 12, length)
        assert crops.recorded.tolist() == [length] * 6
        assert crops.signal[4:].any(axis=1).all(), "what was not recorded is never shown"


def test_masked_leads_are_missing_leads(ecgs: Windows) -> None:
    masked = augmented(LeadMasking(1.0), ecgs, 0)
    assert not masked.lead_mask[0, 3]
    assert (masked.lead_mask.sum(axis=1) < 12).all()
    assert np.array_equal(masked.signal, np.where(masked.lead_mask[:, :, None], ecgs.signal, 0))
