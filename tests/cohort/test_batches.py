"""Batches are a pure function of (seed, step)."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.cohort.augment import LeadMasking
from jaccardio.cohort.batches import RARE, TrainingBatches, full_batches, repeat_factors
from jaccardio.cohort.store import Store
from jaccardio.contrast.ranks import Ranks
from jaccardio.errors import UsageError

from .conftest import windows

PLAIN_EPOCHS = [[9, 7, 0, 2, 1, 4, 6, 10, 5, 3, 8], [3, 9, 10, 6, 8, 4, 7, 1, 2, 0, 5]]


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store(np.zeros((11, 1), dtype=np.int8))


def _batches(store: Store, rows: NDArray[np.int64], *settings: Any, **more: Any) -> TrainingBatches:
    return TrainingBatches(store, rows, store.labels[rows], *settings, **more)


def _signal(batches: TrainingBatches, step: int) -> NDArray[np.float32]:
    return batches.signal(batches.batch(step))


def _labels(records: int) -> NDArray[np.int8]:
    """Findings of shares 0.4, 0.03, 0.01 and 0, a quarter of the labels unknown."""
    random = np.random.default_rng(5)
    labels = (random.random((records, 4)) < [0.4, 0.03, 0.01, 0.0]).astype(np.int8)
    labels[random.random(labels.shape) < 0.25] = -1
    return labels


def _factor(labels: NDArray[np.int8], row: int) -> float:
    """r = max(1, max over present findings of sqrt(t / f)), written as loops."""
    factor = 1.0
    for finding in range(labels.shape[1]):
        if labels[row, finding] == 1:
            known = [label for label in labels[:, finding].tolist() if label in (0, 1)]
            factor = max(factor, (RARE / (known.count(1) / len(known))) ** 0.5)
    return factor


def test_a_batch_depends_on_seed_and_step_alone(store: Store) -> None:
    rows = np.arange(1, 11)
    straight = _batches(store, rows, 4, 150, seed=3)
    walked = [straight.batch(step) for step in range(6)]
    resumed = _batches(store, rows, 4, 150, seed=3)
    for step in (5, 0, 3):
        batch = resumed.batch(step)
        assert np.array_equal(batch.records, walked[step].records)
        assert np.array_equal(resumed.signal(batch), straight.signal(walked[step]))
    other = _batches(store, rows, 4, 150, seed=4)
    assert not np.array_equal(
        np.concatenate([other.batch(0).records, other.batch(1).records]), np.concatenate([b.records for b in walked[:2]])
    )


def test_an_epoch_visits_each_row_at_most_once_and_drops_the_rest(store: Store) -> None:
    batches = _batches(store, np.arange(11), 4, None, seed=0)
    assert batches.steps_per_epoch == 2
    epochs = [np.concatenate([batches.batch(step).records for step in (start, start + 1)]) for start in range(0, 40, 2)]
    assert all(len(set(epoch.tolist())) == 8 for epoch in epochs)
    assert set(np.concatenate(epochs).tolist()) == set(range(11))
    assert any(not np.array_equal(epoch, epochs[0]) for epoch in epochs[1:])


def test_a_part_smaller_than_a_batch_is_one_batch(store: Store) -> None:
    batches = _batches(store, np.arange(3), 128, None, seed=0)
    assert batches.steps_per_epoch == 1
    assert sorted(batches.batch(7).records.tolist()) == [0, 1, 2]


def test_crops_are_contiguous_and_lie_anywhere_in_the_window(store: Store) -> None:
    batches, whole, starts = _batches(store, np.arange(11), 11, 190, seed=0), windows(11), set()
    for step in range(30):
        batch = batches.batch(step)
        signals = batches.signal(batch)
        assert signals.shape == (11, 12, 190)
        for signal, row in zip(signals, batch.records, strict=True):
            fits = [start for start in range(11) if np.array_equal(np.rint(signal * 1000), whole[row][:, start : start + 190])]
            assert len(fits) == 1
            starts.add(fits[0])
    assert starts == set(range(11))


def test_without_crop_the_whole_window_comes(store: Store) -> None:
    batches = _batches(store, np.arange(11), 5, None, seed=0)
    assert np.array_equal(_signal(batches, 0), store.signals(batches.batch(0).records))


def test_plain_batches_are_a_permutation_an_epoch(store: Store) -> None:
    """Frozen: earlier runs are repeated only while the same batches are drawn."""
    batches = _batches(store, np.arange(11), 11, None, seed=3)
    assert batches.records(0).tolist() == PLAIN_EPOCHS[0]
    assert batches.records(1).tolist() == PLAIN_EPOCHS[1]


@pytest.mark.parametrize(
    ("crop", "share", "digest"),
    [
        (150, 0.0, "f4e750b72ef9efcb"),
        (150, 0.5, "62b28cfd85d7ce70"),
        (None, 0.0, "3ee87b1ba29dc8b1"),
        (None, 0.5, "b276d7dae2ed4c9d"),
    ],
)
def test_crops_and_masked_leads_are_those_of_earlier_runs(
    make_store: Callable[..., Store], crop: int | None, share: float, digest: str
) -> None:
    """Frozen likewise, over short and long ECGs."""
    recorded, rows = [200, 200, 110, 200, 120, 110, 200, 120, 200, 110, 120, 200], np.arange(1, 12)
    store = make_store(np.zeros((12, 1), dtype=np.int8), recorded=recorded, windows_of=[1, 2, 1, 3] * 3)
    batches = _batches(store, rows, 4, crop, seed=3, augmentations=[LeadMasking(share)] if share else [])
    drawn = hashlib.sha256()
    for batch in map(batches.batch, range(8)):
        drawn.update(batches.signal(batch).tobytes())
        drawn.update(rows[batch.records].tobytes())
    assert drawn.hexdigest()[:16] == digest


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_the_shares_of_several_processes_are_the_batch(make_store: Callable[..., Store], processes: int) -> None:
    """Short and long ECGs, masked leads, and a batch of 7 that no number of processes divides."""
    recorded = [200, 200, 110, 200, 120, 110, 200, 120, 200, 110, 120, 200]
    store = make_store(_labels(12), recorded=recorded, windows_of=[1, 2, 1, 3] * 3)

    def batch(share: Callable[[int], slice], step: int) -> dict[str, NDArray[Any]]:
        batches = _batches(store, np.arange(12), 7, 150, seed=3, augmentations=[LeadMasking(0.5)], share=share)
        batch = batches.batch(step)
        return {"signal": batches.signal(batch), "labels": batch.labels, "records": batch.records}

    for step in range(3):
        shares = [batch(Ranks(rank, processes).share, step) for rank in range(processes)]
        for name, whole in batch(slice, step).items():
            assert np.array_equal(np.concatenate([share[name] for share in shares]), whole)


def test_a_batch_brings_the_labels_of_its_ecgs(make_store: Callable[..., Store]) -> None:
    store, rows = make_store(_labels(40)), np.arange(3, 40, 2)
    batches = _batches(store, rows, 16, None, seed=0)
    batch = batches.batch(0)
    assert np.array_equal(batch.labels, store.labels[rows[batch.records]])
    assert np.array_equal(batches.signal(batch), store.signals(rows[batch.records]))
    assert len(np.unique(batch.labels, axis=0)) > 2


def test_repeat_factors_are_the_equation() -> None:
    labels = _labels(600)
    wanted = [_factor(labels, row) for row in range(len(labels))]
    assert max(wanted) > 2  # otherwise nothing is tested
    np.testing.assert_allclose(repeat_factors(labels), wanted)


def test_unknown_labels_are_neither_present_nor_absent() -> None:
    labels = np.zeros((200, 2), dtype=np.int8)
    labels[:2, 0] = 1
    np.testing.assert_allclose(repeat_factors(labels), [5**0.5] * 2 + [1.0] * 198)
    labels[100:, 0] = -1  # 2 of 100 known
    np.testing.assert_allclose(repeat_factors(labels), [2.5**0.5] * 2 + [1.0] * 198)


def test_ecgs_of_rare_findings_are_repeated_by_their_factors(make_store: Callable[..., Store]) -> None:
    labels, rows, epochs = _labels(310), np.arange(10, 310), 300
    store = make_store(labels)
    batches = _batches(store, rows, 16, None, seed=0, repeat_rare=True)
    assert batches.steps_per_epoch == _batches(store, rows, 16, None, seed=0).steps_per_epoch == 18
    factors = np.array([_factor(labels[rows], row) for row in range(len(rows))])
    counts = np.zeros((epochs, len(labels)), dtype=np.int64)
    for step in range(epochs * 18):
        np.add.at(counts[step // 18], rows[batches.records(step)], 1)
    assert not counts[:, :10].any()
    assert (counts[:, rows] <= np.ceil(factors)).all()
    expected = factors * 18 * 16 / factors.sum()
    for factor in np.unique(factors):
        same = factors == factor
        assert counts[:, rows][:, same].mean() == pytest.approx(expected[same].mean(), rel=0.05), factor


def test_repeating_batches_depend_on_seed_and_step_alone(make_store: Callable[..., Store]) -> None:
    store, rows = make_store(_labels(100)), np.arange(100)
    straight = _batches(store, rows, 16, None, seed=1, repeat_rare=True)
    walked = [straight.records(step) for step in range(20)]
    resumed = _batches(store, rows, 16, None, seed=1, repeat_rare=True)
    for step in (13, 2, 19):
        assert np.array_equal(resumed.records(step), walked[step])
    assert not np.array_equal(walked[0], walked[6])  # the first batches of two epochs
    assert not np.array_equal(_batches(store, rows, 16, None, seed=2, repeat_rare=True).records(0), walked[0])


@pytest.mark.parametrize(("rows", "size", "crop"), [(0, 4, None), (3, 0, None), (3, 4, 201), (3, 4, 0)])
def test_what_cannot_be_used_is_refused(store: Store, rows: int, size: int, crop: int | None) -> None:
    with pytest.raises(UsageError):
        _batches(store, np.arange(rows), size, crop, seed=0)


def test_crops_hold_recorded_samples_only(make_store: Callable[..., Store]) -> None:
    """Six ECGs are shorter than the crop: they come in batches of their own kind, cut to the shortest, and no zero is ever shown."""
    recorded = [200, 200, 110, 200, 120, 110, 200, 120, 200, 110, 120, 200]
    store = make_store(np.zeros((12, 1), dtype=np.int8), recorded=recorded)
    batches, lengths, seen = _batches(store, np.arange(12), 3, 150, seed=0), set(), set()
    for step in range(80):
        batch = batches.batch(step)
        signal = batches.signal(batch)
        assert signal.shape[2] == min(150, *(recorded[row] for row in batch.records))
        assert (np.abs(signal).max(axis=1) > 0).all()
        lengths.add(signal.shape[2])
        seen.update(batch.records.tolist())
        assert _signal(batches, step).tobytes() == signal.tobytes()
    assert lengths == {110, 120, 150}
    assert seen == set(range(12))
    kinds = [len({min(150, recorded[row]) for row in batches.records(step)}) for step in range(80)]
    assert kinds == [1] * 80


def test_an_epoch_of_mixed_lengths_is_shuffled(make_store: Callable[..., Store]) -> None:
    store = make_store(np.zeros((12, 1), dtype=np.int8), recorded=[110, 200] * 6)
    batches = _batches(store, np.arange(12), 2, 150, seed=0)
    first = [_signal(batches, epoch * 6).shape[2] for epoch in range(20)]
    assert {110, 150} == set(first)


def test_crops_come_from_every_window_of_a_long_recording(make_store: Callable[..., Store]) -> None:
    store = make_store(np.zeros((1, 1), dtype=np.int8), windows_of=[4])
    batches = _batches(store, np.arange(1), 1, None, seed=0)
    drawn = {np.rint(_signal(batches, step)[0] * 1000).astype(np.int16).tobytes() for step in range(60)}
    assert drawn == {window.tobytes() for window in (*windows(1), *windows(3, seed=100))}


def test_masked_leads_are_zero_and_the_others_untouched(store: Store) -> None:
    plain = _batches(store, np.arange(11), 11, 150, seed=0)
    masked = _batches(store, np.arange(11), 11, 150, seed=0, augmentations=[LeadMasking(0.5)])
    lost = 0
    for step in range(10):
        before, after = _signal(plain, step), _signal(masked, step)
        kept = after.any(axis=2)
        assert np.array_equal(after, before * kept[:, :, None])
        lost += int((~kept).any(axis=1).sum())
    assert 35 < lost < 75  # of 110


def test_full_batches_keep_the_order(store: Store) -> None:
    rows = np.array([9, 0, 4, 2, 7])
    batches = list(full_batches(store, rows, 2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert np.array_equal(np.concatenate([batch.signal for batch in batches]), store.signals(rows))
