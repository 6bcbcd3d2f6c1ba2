"""Stratification keeps groups whole and every finding near its share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jaccardio.cohort import stratify as stratify_module
from jaccardio.cohort.stratify import stratify

SHARES = (0.7, 0.1, 0.2)


def cohort(records: int, findings: int, seed: int) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Labels with prevalences from 0.3 down to 0.005, a tenth unknown, and groups of one to about five records."""
    random = np.random.default_rng(seed)
    prevalence = np.geomspace(0.3, 0.005, findings)
    labels = (random.random((records, findings)) < prevalence).astype(np.int8)
    labels[random.random(labels.shape) < 0.1] = -1
    groups = np.unique(random.integers(0, records // 2, records), return_inverse=True)[1]
    return labels, groups.astype(np.int64)


def distance(labels: NDArray[np.int8], parts: NDArray[np.int64]) -> float:
    """Chi-square distance of positive counts per part from their shares."""
    positive = labels == 1
    expected = np.outer(SHARES, positive.sum(axis=0))
    observed = np.stack([positive[parts == part].sum(axis=0) for part in range(3)])
    return float(((observed - expected) ** 2 / expected).sum())


def test_far_better_than_random_groups() -> None:
    for seed in range(3):
        labels, groups = cohort(2000, 20, seed)
        parts = stratify(labels, groups, SHARES, seed)
        random = np.random.default_rng(seed)
        by_chance = [distance(labels, random.choice(3, groups.max() + 1, p=SHARES)[groups]) for _ in range(20)]
        assert distance(labels, parts) < min(by_chance) / 5
        assert np.abs(np.bincount(parts) / len(parts) - SHARES).max() < 0.005


def test_a_finding_of_ten_records_reaches_every_part() -> None:
    labels = np.zeros((1000, 3), dtype=np.int8)
    labels[::100, 0] = 1
    labels[::3, 1] = 1
    parts = stratify(labels, np.arange(1000), SHARES, 0)
    assert np.bincount(parts[labels[:, 0] == 1]).tolist() == [7, 1, 2]


def test_refining_brings_counts_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, groups = cohort(600, 20, 1)
    refined = stratify(labels, groups, SHARES, 0)
    monkeypatch.setattr(stratify_module, "ROUNDS", 0)
    assert distance(labels, refined) < distance(labels, stratify(labels, groups, SHARES, 0))


def test_what_is_known_of_a_finding_is_shared_out_too() -> None:
    labels = np.full((400, 1), -1, dtype=np.int8)
    labels[:100] = 0
    parts = stratify(labels, np.arange(400), (0.5, 0.25, 0.25), 0)
    assert np.bincount(parts[:100]).tolist() == [50, 25, 25]
    assert np.bincount(parts).tolist() == [200, 100, 100]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 10**6))
def test_groups_stay_whole_and_the_seed_decides(records: int, findings: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(-1, 2, (records, findings)).astype(np.int8)
    groups = np.unique(random.integers(0, records, records), return_inverse=True)[1].astype(np.int64)
    parts = stratify(labels, groups, SHARES, seed)
    assert parts.shape == (records,)
    assert set(parts.tolist()) <= {0, 1, 2}
    assert all(len(set(parts[groups == group].tolist())) == 1 for group in range(groups.max() + 1))
    assert np.array_equal(parts, stratify(labels, groups, SHARES, seed))
