"""Batches are a pure function of (seed, step)."""

from collections.abc import Callable

import numpy as np
import pytest

from jaccardio.cohort.batches import TrainingBatches, full_batches
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError

from .conftest import windows


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store(np.zeros((11, 1), dtype=np.int8))


def test_a_batch_depends_on_seed_and_step_alone(store: Store) -> None:
    rows = np.arange(1, 11)
    straight = TrainingBatches(store, rows, 4, 150, seed=3)
    walked = [straight.batch(step) for step in range(6)]
    resumed = TrainingBatches(store, rows, 4, 150, seed=3)
    for step in (5, 0, 3):
        batch = resumed.batch(step)
        assert np.array_equal(batch.rows, walked[step].rows)
        assert np.array_equal(batch.signal, walked[step].signal)
    other = TrainingBatches(store, rows, 4, 150, seed=4)
    assert not np.array_equal(np.concatenate([other.batch(0).rows, other.batch(1).rows]), np.concatenate([b.rows for b in walked[:2]]))


def test_an_epoch_visits_each_row_at_most_once_and_drops_the_rest(store: Store) -> None:
    batches = TrainingBatches(store, np.arange(11), 4, None, seed=0)
    assert batches.steps_per_epoch == 2
    epochs = [np.concatenate([batches.batch(step).rows for step in (start, start + 1)]) for start in range(0, 40, 2)]
    assert all(len(set(epoch.tolist())) == 8 for epoch in epochs)
    assert set(np.concatenate(epochs).tolist()) == set(range(11))
    assert any(not np.array_equal(epoch, epochs[0]) for epoch in epochs[1:])


def test_a_part_smaller_than_a_batch_is_one_batch(store: Store) -> None:
    batches = TrainingBatches(store, np.arange(3), 128, None, seed=0)
    assert batches.steps_per_epoch == 1
    assert sorted(batches.batch(7).rows.tolist()) == [0, 1, 2]


def test_crops_are_contiguous_and_lie_anywhere_in_the_window(store: Store) -> None:
    batches, whole, starts = TrainingBatches(store, np.arange(11), 11, 190, seed=0), windows(11), set()
    for step in range(30):
        batch = batches.batch(step)
        assert batch.signal.shape == (11, 12, 190)
        for signal, row in zip(batch.signal, batch.rows, strict=True):
            fits = [start for start in range(11) if np.array_equal(np.rint(signal * 1000), whole[row][:, start : start + 190])]
            assert len(fits) == 1
            starts.add(fits[0])
    assert starts == set(range(11))


def test_without_crop_the_whole_window_comes(store: Store) -> None:
    batch = TrainingBatches(store, np.arange(11), 5, None, seed=0).batch(0)
    assert np.array_equal(batch.signal, store.signals(batch.rows))


@pytest.mark.parametrize(("rows", "size", "crop"), [(0, 4, None), (3, 0, None), (3, 4, 201), (3, 4, 0)])
def test_what_cannot_be_used_is_refused(store: Store, rows: int, size: int, crop: int | None) -> None:
    with pytest.raises(UsageError):
        TrainingBatches(store, np.arange(rows), size, crop, seed=0)


def test_full_batches_keep_the_order(store: Store) -> None:
    rows = np.array([9, 0, 4, 2, 7])
    batches = list(full_batches(store, rows, 2))
    assert [len(batch.rows) for batch in batches] == [2, 2, 1]
    assert np.array_equal(np.concatenate([batch.rows for batch in batches]), rows)
    assert np.array_equal(np.concatenate([batch.signal for batch in batches]), store.signals(rows))
