"""Splits: no patient and no waveform on two sides, deterministic, fingerprinted, audited."""

import json
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from jaccardio.cohort.split import (
    PARTS,
    Split,
    audit,
    check_disjoint,
    default_split,
    load_split,
    save_split,
    split_by_folds,
    split_by_fractions,
    training_subset,
)
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError

MakeStore = Callable[..., Store]


def labels(records: int, findings: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(np.array([-1, 0, 1], dtype=np.int8), (records, findings), p=[0.1, 0.7, 0.2])


def members(store: Store, split: Split, column: str) -> list[set[str]]:
    return [set(store.records[column].iloc[store.rows_of(ids)]) for ids in split.parts.values()]


@pytest.mark.parametrize("seed", range(4))
def test_fractions_keep_patients_and_waveforms_together(make_store: MakeStore, seed: int) -> None:
    random = np.random.default_rng(seed)
    patients = [f"p{number}" for number in random.integers(0, 120, 300)]
    waveforms = [f"w{number}" for number in random.permutation(300)]
    for one, other in random.integers(0, 300, (20, 2)):
        waveforms[one] = waveforms[other]
    store = make_store(labels(300, seed=seed), patients, waveforms)
    split = split_by_fractions(store, (0.6, 0.2, 0.2), seed)
    check_disjoint(store, split)
    for column in ("recording_id", "patient_key", "waveform"):
        for one, other in combinations(members(store, split, column), 2):
            assert not one & other
    assert sorted(identifier for ids in split.parts.values() for identifier in ids) == sorted(store.ids)
    assert [len(ids) for ids in split.parts.values()] == pytest.approx([180, 60, 60], abs=6)


def test_chains_of_patients_and_waveforms_are_followed(make_store: MakeStore) -> None:
    chain = [f"p{number // 2}" for number in range(60)]
    linked = ["w0"] + [f"w{(number + 1) // 2}" for number in range(1, 60)]
    store = make_store(labels(64), [*chain, "a", "b", "c", "d"], [*linked, "wa", "wb", "wc", "wd"])
    split = split_by_fractions(store)
    assert set(store.ids[:60]) <= set(split.parts["train"])


def test_same_seed_same_split_other_seed_other_split(make_store: MakeStore) -> None:
    store = make_store(labels(200))
    split = split_by_fractions(store, seed=1)
    assert split == split_by_fractions(store, seed=1)
    assert split.fingerprint == split_by_fractions(store, seed=1).fingerprint
    assert split.parts != split_by_fractions(store, seed=2).parts
    assert split.fingerprint != split_by_fractions(store, seed=2).fingerprint


@pytest.mark.parametrize("fractions", [(0.7, 0.2, 0.2), (0.8, 0.2, 0.0), (1.2, -0.1, -0.1), (0.5, 0.5), (float("nan"), 0.5, 0.5)])
def test_impossible_fractions_are_refused(make_store: MakeStore, fractions: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="fractions"):
        split_by_fractions(make_store(labels(20)), fractions)  # type: ignore[arg-type]


def test_too_few_patients_are_refused(make_store: MakeStore) -> None:
    with pytest.raises(DataError, match="too few independent patients"):
        split_by_fractions(make_store(labels(10), patients=["p0"] * 5 + ["p1"] * 5))


def test_folds(make_store: MakeStore) -> None:
    folds = [1 + row % 10 for row in range(40)]
    store = make_store(labels(40), folds=folds)
    split = split_by_folds(store)
    assert set(split.parts["validation"]) == set(store.ids[8::10])
    assert set(split.parts["test"]) == set(store.ids[9::10])
    assert len(split.parts["train"]) == 32
    assert default_split(store) == split
    other = split_by_folds(store, 2, 1)
    assert set(other.parts["test"]) == set(store.ids[0::10])


def test_a_waveform_of_a_later_part_is_left_out_of_the_earlier(make_store: MakeStore) -> None:
    folds = [1, 1, 2, 9, 9, 10, 10]
    waveforms = ["a", "b", "c", "a", "d", "d", "e"]
    split = split_by_folds(make_store(labels(7), waveforms=waveforms, folds=folds))
    assert split.parts == {"train": ("r00001", "r00002"), "validation": ("r00003",), "test": ("r00005", "r00006")}
    assert split.method["left_out"] == 2


def test_a_patient_in_two_parts_is_refused(make_store: MakeStore) -> None:
    store = make_store(labels(4), patients=["p0", "p1", "p2", "p0"], folds=[1, 2, 9, 10])
    with pytest.raises(DataError, match=r"1 patients stand both in train and in test, the first is p0"):
        split_by_folds(store)


def test_folds_that_are_not_there(make_store: MakeStore) -> None:
    store = make_store(labels(18), folds=[1 + row % 9 for row in range(18)])
    with pytest.raises(UsageError, match=r"fold 10.*--validation-fold 8 --test-fold 9"):
        split_by_folds(store)
    assert default_split(store) == split_by_folds(store, 8, 9)
    with pytest.raises(UsageError, match="both"):
        split_by_folds(store, 3, 3)
    some = make_store(labels(3), folds=[1, 9, None], name="some")
    with pytest.raises(UsageError, match="1 of 3 recordings have no fold"):
        split_by_folds(some)


def test_without_folds_the_default_is_by_fractions(make_store: MakeStore) -> None:
    for name, folds in (("none", None), ("some", [1, None] * 50), ("one", [1] * 100)):
        store = make_store(labels(100), folds=folds, name=name)
        assert default_split(store, seed=3) == split_by_fractions(store, (0.7, 0.1, 0.2), 3)


def test_a_training_subset_keeps_patients_whole_and_the_other_parts(make_store: MakeStore) -> None:
    patients = [f"p{record // 2}" for record in range(200)]
    store = make_store(labels(200), patients=patients)
    split = split_by_fractions(store, seed=0)
    subsets = [training_subset(store, split, 0.2, seed) for seed in (0, 0, 1)]
    assert subsets[0] == subsets[1]
    assert subsets[0].parts["train"] != subsets[2].parts["train"]
    for subset in subsets:
        kept, whole = set(subset.parts["train"]), set(split.parts["train"])
        assert kept < whole
        assert abs(len(kept) - 0.2 * len(whole)) <= 2
        inside, outside = members(store, Split({}, {"in": tuple(kept), "out": tuple(whole - kept)}), "patient_key")
        assert not inside & outside
        assert [subset.parts[part] for part in PARTS[1:]] == [split.parts[part] for part in PARTS[1:]]
        shares = [(store.labels[store.rows_of(list(ids))] == 1).mean(axis=0) for ids in (kept, whole)]
        assert np.abs(shares[0] - shares[1]).max() < 0.05
        check_disjoint(store, subset)
    assert len({split.fingerprint, *(subset.fingerprint for subset in subsets)}) == 3
    assert training_subset(store, split, 1, 3) is split
    for fraction in (0, 1.1):
        with pytest.raises(UsageError, match="at most 1"):
            training_subset(store, split, fraction, 0)
    with pytest.raises(DataError, match="no ECG is left"):
        training_subset(store, split, 1e-4, 0)


def test_overlap_is_found_by_id_patient_and_waveform(make_store: MakeStore) -> None:
    store = make_store(labels(6), patients=["a", "b", "c", "d", "a", "e"], waveforms=["u", "v", "w", "x", "y", "v"])
    for kind, parts in {
        "recordings": {"train": ("r00000",), "validation": ("r00002",), "test": ("r00000",)},
        "patients": {"train": ("r00000",), "validation": ("r00002",), "test": ("r00004",)},
        "waveforms": {"train": ("r00002",), "validation": ("r00001",), "test": ("r00005",)},
        "lists a recording twice": {"train": ("r00002", "r00002"), "validation": ("r00001",), "test": ("r00003",)},
        "not in this store": {"train": ("r00002",), "validation": ("r00001",), "test": ("s1",)},
    }.items():
        with pytest.raises(DataError, match=kind):
            check_disjoint(store, Split({}, parts))
    check_disjoint(store, Split({}, {"train": ("r00000", "r00004"), "validation": ("r00001", "r00005"), "test": ("r00003",)}))


def test_audit_counts_known_labels_only(make_store: MakeStore) -> None:
    store = make_store(np.array([[1, -1], [0, 1], [-1, 0], [1, -1], [0, 0]], dtype=np.int8))
    table = audit(store, Split({}, {"train": ("r00000", "r00001", "r00002"), "validation": ("r00003",), "test": ("r00004",)}))
    first, second = table.iloc[0], table.iloc[1]
    assert table.index[0] == store.vocabulary.codes[0]
    assert (first["train_known"], first["train_positive"], first["train_prevalence"]) == (2, 1, 0.5)
    assert first["validation_prevalence"] == 1.0
    assert first["deviation"] == 0.5
    assert second["validation_known"] == 0
    assert np.isnan(second["validation_prevalence"])
    assert np.isnan(second["deviation"])


def test_saved_split_comes_back_and_damage_is_noticed(make_store: MakeStore) -> None:
    store = make_store(labels(30))
    assert load_split(store) is None
    save_split(store, split_by_fractions(store, seed=1))
    split = split_by_fractions(store, seed=2)
    path = save_split(store, split)
    assert load_split(store) == split
    document = json.loads(path.read_text())
    document["parts"]["test"].pop()
    for damaged in (json.dumps(document), "{}", "[]", path.read_text()[:-20]):
        path.write_text(damaged)
        with pytest.raises(DataError):
            load_split(store)
    save_split(store, split)
    Store.open(store.path).verify()
