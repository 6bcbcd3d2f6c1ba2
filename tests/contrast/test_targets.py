"""Targets against double loops written from the definitions, their identities, and what unknown labels may and may not change."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from jaccardio.contrast.banks import TrainingLabels, captions, findings, subsets
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.contrast.targets import TARGETS, dice, exact, identity, idf_jaccard, jaccard, label_aware, overlap, truth

Sets = tuple[set[int], set[int], set[int]]


def sets(row: Tensor) -> tuple[set[int], set[int], set[int]]:
    """Present, absent and unknown findings of one row."""
    present, absent, unknown = (({j for j, value in enumerate(row.tolist()) if value == state}) for state in (1, 0, -1))
    return present, absent, unknown


def slow_identity(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    return float(i == j), 1.0


def slow_exact(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    a, p, complete = _by_overlap(ecg[i], said[j])
    return float(a == p), 1.0 if a | p else float(complete)


def slow_shared(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    (a1, _, au), (p1, _, pu) = ecg[i], said[j]
    worlds = set()  # every way in which the unknown findings may turn out
    for more_a in _parts(au):
        for more_p in _parts(pu):
            a, p = a1 | more_a, p1 | more_p
            worlds.add(bool(a & p) or not (a | p))
    return (float(worlds.pop()), 1.0) if len(worlds) == 1 else (0.0, 0.0)


def _parts(items: set[int]) -> list[set[int]]:
    parts: list[set[int]] = [set()]
    for item in items:
        parts += [part | {item} for part in parts]
    return parts


def _by_overlap(ecg: Sets, said: Sets) -> tuple[set[int], set[int], bool]:
    """A and P over the findings known on both sides, and whether all are."""
    (a1, a0, au), (p1, p0, pu) = ecg, said
    known = (a1 | a0) & (p1 | p0)
    return a1 & known, p1 & known, not au and not pu


def slow_jaccard(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    a, p, complete = _by_overlap(ecg[i], said[j])
    return (len(a & p) / len(a | p), 1.0) if a | p else (1.0, float(complete))


def slow_dice(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    a, p, complete = _by_overlap(ecg[i], said[j])
    return (2 * len(a & p) / (len(a) + len(p)), 1.0) if a | p else (1.0, float(complete))


def slow_overlap(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    a, p, complete = _by_overlap(ecg[i], said[j])
    if not a | p:
        return 1.0, float(complete)
    return (len(a & p) / min(len(a), len(p)) if a and p else 0.0), 1.0


def slow_idf_jaccard(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    def idf(c: int) -> float:
        present = sum(c in a1 for a1, _, _ in ecg)
        absent = sum(c in a0 for _, a0, _ in ecg)
        return 1 + math.log((1 + present + absent) / (1 + present))

    a, p, complete = _by_overlap(ecg[i], said[j])
    return (sum(map(idf, a & p)) / sum(map(idf, a | p)), 1.0) if a | p else (1.0, float(complete))


def slow_label_aware(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    a, p, complete = _by_overlap(ecg[i], said[j])
    if not a | p:
        empty = sum(not p1 and not pu for p1, _, pu in said)
        return (1 / empty, 1.0) if complete else (0.0, 0.0)
    shares = [(c in p) / max(sum(c in p1 for p1, _, _ in said), 1) for c in a]
    return (sum(shares) / len(shares) if shares else 0.0), 1.0


def slow_similarity_dissimilarity(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    a, p, complete = _by_overlap(ecg[i], said[j])
    if not a | p:
        return 1.0, float(complete)
    return (len(a & p) / len(a) / (1 + len(p - a)) if a else 0.0), 1.0


def slow_truth(i: int, j: int, ecg: list[Sets], said: list[Sets]) -> tuple[float, float]:
    (a1, _, au), (p1, _, _) = ecg[i], said[j]
    if p1:
        return (0.0, 0.0) if p1 & au else (len(a1 & p1) / len(p1), 1.0)
    if a1:
        return 0.0, 1.0
    return (1.0, 1.0) if not au else (0.0, 0.0)


SLOW = {
    "identity": slow_identity,
    "exact": slow_exact,
    "shared": slow_shared,
    "jaccard": slow_jaccard,
    "dice": slow_dice,
    "overlap": slow_overlap,
    "idf_jaccard": slow_idf_jaccard,
    "label_aware": slow_label_aware,
    "similarity_dissimilarity": slow_similarity_dissimilarity,
    "truth": slow_truth,
}


def all_of(findings: Tensor) -> Statements:
    return Statements.read_as(Reading.ALL, findings)


label_matrices = arrays("int8", st.tuples(st.integers(1, 6), st.just(4)), elements=st.integers(-1, 1)).map(torch.from_numpy)


def test_every_target_has_an_oracle() -> None:
    assert SLOW.keys() == TARGETS.keys()


@pytest.mark.parametrize("name", sorted(set(TARGETS) - {"identity"}))
@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices)
def test_equals_the_double_loop(name: str, ecg: Tensor, statements: Tensor) -> None:
    target, weight = TARGETS[name](ecg, all_of(statements))
    assert target.shape == weight.shape == (len(ecg), len(statements))
    assert target.dtype == weight.dtype == torch.float32
    shown, said = [sets(row) for row in ecg], [sets(row) for row in statements]
    for i in range(len(ecg)):
        for j in range(len(statements)):
            wanted_target, wanted_weight = SLOW[name](i, j, shown, said)
            assert weight[i, j] == wanted_weight
            assert 0 <= target[i, j] <= 1
            if wanted_weight:
                assert target[i, j] == pytest.approx(wanted_target, abs=1e-6)


def test_identity_is_eye_and_needs_a_square() -> None:
    ecg = torch.zeros(3, 4, dtype=torch.int8)
    target, weight = identity(ecg, all_of(ecg))
    assert torch.equal(target, torch.eye(3))
    assert torch.equal(weight, torch.ones(3, 3))
    with pytest.raises(ValueError, match="3 ECGs and 2 statements"):
        identity(ecg, all_of(ecg[:2]))


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices)
def test_exact_is_jaccard_cut_at_one_with_its_weight(ecg: Tensor, statements: Tensor) -> None:
    graded, weight = jaccard(ecg, all_of(statements))
    same, counted = exact(ecg, all_of(statements))
    assert torch.equal(same, (graded == 1).float())
    assert torch.equal(counted, weight)


def test_an_unknown_finding_does_not_cost_an_ecg_its_own_caption() -> None:
    """A cohort as PTB-XL under paper26: findings that nobody knows here and there, and every ECG keeps a positive."""
    generator = torch.Generator().manual_seed(0)
    ecg = (torch.rand(500, 19, generator=generator) < 0.1).to(torch.int8)
    ecg[torch.rand(ecg.shape, generator=generator) < 0.15] = -1
    said = captions(TrainingLabels(ecg))
    target, weight = exact(ecg, said)
    kept = ((target * weight * said.valid) > 0).any(dim=1)
    assert (ecg >= 0).all(dim=1).float().mean() < 0.1  # nearly every ECG has an unknown finding
    assert torch.equal(kept, said.valid)
    assert (target.diag()[said.valid] == 1).all()


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices)
def test_truth_of_a_prompt_is_the_label(ecg: Tensor) -> None:
    target, weight = truth(ecg, findings(TrainingLabels(ecg)))
    assert torch.equal(weight, (ecg >= 0).float())
    assert torch.equal(target, (ecg == 1).float())


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices)
def test_own_caption_is_always_fully_true_and_jaccard_is_symmetric(ecg: Tensor) -> None:
    statements = captions(TrainingLabels(ecg))
    own = truth(ecg, statements)
    assert (own[0].diag()[statements.valid] == 1).all()
    assert (own[1].diag()[statements.valid] == 1).all()
    target, weight = jaccard(ecg, all_of(ecg))
    assert torch.equal(target, target.T)
    assert torch.equal(weight, weight.T)


@pytest.mark.parametrize("name", ["shared", "truth"])
@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices, data=st.data())
def test_a_settled_target_stands_whatever_an_unknown_label_turns_out_to_be(
    name: str, ecg: Tensor, statements: Tensor, data: st.DataObject
) -> None:
    said = all_of(statements)
    target, weight = TARGETS[name](ecg, said)
    fill = data.draw(arrays("int8", tuple(ecg.shape), elements=st.integers(0, 1)).map(torch.from_numpy))
    new_target, new_weight = TARGETS[name](torch.where(ecg < 0, fill, ecg), said)
    settled = weight > 0
    assert torch.equal(target[settled], new_target[settled])
    assert (new_weight[settled] == 1).all()


@pytest.mark.parametrize("name", ["exact", "jaccard", "dice", "overlap", "idf_jaccard", "label_aware", "similarity_dissimilarity"])
@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices, hidden=st.integers(0, 3), value=st.integers(-1, 1))
def test_graded_targets_read_only_what_both_sides_know(name: str, ecg: Tensor, statements: Tensor, hidden: int, value: int) -> None:
    statements[:, hidden] = -1
    before = TARGETS[name](ecg, all_of(statements))
    ecg[:, hidden] = value
    after = TARGETS[name](ecg, all_of(statements))
    assert torch.equal(before[1], after[1])
    assert torch.allclose(before[0], after[0], atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices)
def test_overlaps_are_ordered_and_dice_is_a_function_of_jaccard(ecg: Tensor, statements: Tensor) -> None:
    said = all_of(statements)
    j, d, o = (target(ecg, said)[0] for target in (jaccard, dice, overlap))
    assert torch.allclose(d, 2 * j / (1 + j))
    assert (j <= d + 1e-6).all()
    assert (d <= o + 1e-6).all()


def test_a_rare_finding_counts_for_more() -> None:
    ecg = torch.tensor([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, -1, 0]], dtype=torch.int8)
    common, rare = idf_jaccard(ecg, all_of(torch.tensor([[1, 0, 0], [0, 1, 0]], dtype=torch.int8)))[0][0]
    assert common < 0.5 < rare
    assert (common + rare).item() == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices)
def test_label_aware_rows_share_out_one(ecg: Tensor) -> None:
    """Where all is known and each finding is listed somewhere, the target of an ECG is a distribution over the statements."""
    ecg = ecg.clamp(min=0)
    target, _ = label_aware(ecg, captions(TrainingLabels(ecg)))
    assert torch.allclose(target.sum(dim=1), torch.ones(len(ecg)))


def test_label_aware_shares_among_sentences_that_can_be_written() -> None:
    said = torch.tensor([[1, 0], [1, 0], [-1, -1]], dtype=torch.int8)
    statements = Statements.read_as(Reading.ALL, said, torch.tensor([True, False, False]))
    assert label_aware(torch.tensor([[1, 0]], dtype=torch.int8), statements)[0][0, 0] == 1


@pytest.mark.parametrize(
    ("row", "any_of", "none_of"),
    [
        ([1, 0, 0], (1, 1), (0, 1)),
        ([1, -1, 0], (1, 1), (0, 1)),
        ([0, 0, 1], (0, 1), (1, 1)),
        ([0, 0, -1], (0, 1), (1, 1)),
        ([0, -1, 0], (0, 0), (0, 0)),
        ([-1, -1, 1], (0, 0), (0, 0)),
    ],
)
def test_groups_and_denials_are_three_valued(row: list[int], any_of: tuple[float, float], none_of: tuple[float, float]) -> None:
    ecg, listed = torch.tensor([row], dtype=torch.int8), torch.tensor([[1, 1, -1]], dtype=torch.int8)
    for reading, wanted in ((Reading.ANY, any_of), (Reading.NONE, none_of)):
        target, weight = truth(ecg, Statements.read_as(reading, listed))
        assert (target.item(), weight.item()) == wanted


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, listed=label_matrices, data=st.data())
def test_a_settled_group_or_denial_stands_whatever_an_unknown_label_turns_out_to_be(
    ecg: Tensor, listed: Tensor, data: st.DataObject
) -> None:
    listed[:, 0] = 1
    reading = data.draw(st.sampled_from([Reading.ANY, Reading.NONE]))
    target, weight = truth(ecg, Statements.read_as(reading, listed))
    for fill in (0, 1):
        filled = torch.where(ecg < 0, fill, ecg).to(torch.int8)
        new_target, new_weight = truth(filled, Statements.read_as(reading, listed))
        assert torch.equal(target[weight > 0], new_target[weight > 0])
        assert (new_weight == 1).all()
    opposite = truth(ecg, Statements.read_as(Reading.NONE if reading == Reading.ANY else Reading.ANY, listed))
    assert torch.equal(weight, opposite[1])
    assert torch.equal((target + opposite[0])[weight > 0], torch.ones_like(target)[weight > 0])


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, seed=st.integers(0, 99))
def test_a_part_of_what_the_ecg_shows_is_true(ecg: Tensor, seed: int) -> None:
    statements = subsets(TrainingLabels(ecg, seed=seed))
    target, weight = truth(ecg, statements)
    assert (target.diag()[statements.valid] == 1).all()
    assert (weight.diag()[statements.valid] == 1).all()


def test_the_sentence_without_a_finding() -> None:
    nothing = torch.zeros(1, 2, dtype=torch.int8)
    ecg = torch.tensor([[0, 0], [1, 0], [1, -1], [0, -1]], dtype=torch.int8)
    target, weight = truth(ecg, all_of(nothing))
    assert target.flatten().tolist() == [1, 0, 0, 0]
    assert weight.flatten().tolist() == [1, 1, 1, 0]


def test_counts_are_exact_under_autocast() -> None:
    ecg = torch.ones(2, 777, dtype=torch.int8)
    statements = torch.ones(1, 777, dtype=torch.int8)
    statements[0, 0] = 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        target, _ = jaccard(ecg, all_of(statements))
    assert target[0, 0] == pytest.approx(776 / 777, abs=1e-7)
