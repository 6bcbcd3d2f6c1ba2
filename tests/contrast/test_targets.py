"""Targets against double loops written from the definitions, their identities, and what unknown labels may and may not change."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from jaccardio.contrast.statements import captions, finding_bank
from jaccardio.contrast.targets import TARGETS, exact, identity, jaccard, truth


def sets(row: Tensor) -> tuple[set[int], set[int], set[int]]:
    """Present, absent and unknown findings of one row."""
    present, absent, unknown = (({j for j, value in enumerate(row.tolist()) if value == state}) for state in (1, 0, -1))
    return present, absent, unknown


def slow_identity(i: int, j: int, a: Tensor, p: Tensor) -> tuple[float, float]:
    return float(i == j), 1.0


def slow_exact(i: int, j: int, a: Tensor, p: Tensor) -> tuple[float, float]:
    (a1, a0, au), (p1, p0, pu) = sets(a), sets(p)
    if a1 & p0 or a0 & p1:
        return 0.0, 1.0
    return (1.0, 1.0) if not au and not pu else (0.0, 0.0)


def slow_jaccard(i: int, j: int, a: Tensor, p: Tensor) -> tuple[float, float]:
    (a1, a0, au), (p1, p0, pu) = sets(a), sets(p)
    known = (a1 | a0) & (p1 | p0)
    union = (a1 | p1) & known
    if union:
        return len(a1 & p1) / len(union), 1.0
    return 1.0, float(not au and not pu)


def slow_truth(i: int, j: int, a: Tensor, p: Tensor) -> tuple[float, float]:
    (a1, _, au), (p1, _, _) = sets(a), sets(p)
    if p1:
        return (0.0, 0.0) if p1 & au else (len(a1 & p1) / len(p1), 1.0)
    if a1:
        return 0.0, 1.0
    return (1.0, 1.0) if not au else (0.0, 0.0)


SLOW = {"identity": slow_identity, "exact": slow_exact, "jaccard": slow_jaccard, "truth": slow_truth}

label_matrices = arrays("int8", st.tuples(st.integers(1, 6), st.just(4)), elements=st.integers(-1, 1)).map(torch.from_numpy)


def test_every_target_has_an_oracle() -> None:
    assert SLOW.keys() == TARGETS.keys()


@pytest.mark.parametrize("name", sorted(set(TARGETS) - {"identity"}))
@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices)
def test_equals_the_double_loop(name: str, ecg: Tensor, statements: Tensor) -> None:
    target, weight = TARGETS[name](ecg, statements)
    assert target.shape == weight.shape == (len(ecg), len(statements))
    assert target.dtype == weight.dtype == torch.float32
    for i, a in enumerate(ecg):
        for j, p in enumerate(statements):
            wanted_target, wanted_weight = SLOW[name](i, j, a, p)
            assert weight[i, j] == wanted_weight
            if wanted_weight:
                assert target[i, j] == pytest.approx(wanted_target, abs=1e-6)


def test_identity_is_eye_and_needs_a_square() -> None:
    target, weight = identity(torch.zeros(3, 4, dtype=torch.int8), torch.zeros(3, 4, dtype=torch.int8))
    assert torch.equal(target, torch.eye(3))
    assert torch.equal(weight, torch.ones(3, 3))
    with pytest.raises(ValueError, match="3 ECGs and 2 statements"):
        identity(torch.zeros(3, 4, dtype=torch.int8), torch.zeros(2, 4, dtype=torch.int8))


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices)
def test_exact_is_jaccard_where_sets_are_equal_or_disjoint(ecg: Tensor, statements: Tensor) -> None:
    ecg, statements = ecg.clamp(min=0), statements.clamp(min=0)
    graded, same = jaccard(ecg, statements)[0], exact(ecg, statements)[0]
    crisp = (graded == 0) | (graded == 1)
    assert torch.equal(graded[crisp], same[crisp])
    assert (same[~crisp] == 0).all()


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices)
def test_truth_of_a_prompt_is_the_label(ecg: Tensor) -> None:
    target, weight = truth(ecg, finding_bank(4).findings)
    assert torch.equal(weight, (ecg >= 0).float())
    assert torch.equal(target, (ecg == 1).float())


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices)
def test_own_caption_is_always_fully_true_and_jaccard_is_symmetric(ecg: Tensor) -> None:
    statements = captions(ecg)
    own = truth(ecg, statements.findings)
    assert (own[0].diag()[statements.valid] == 1).all()
    assert (own[1].diag()[statements.valid] == 1).all()
    target, weight = jaccard(ecg, ecg)
    assert torch.equal(target, target.T)
    assert torch.equal(weight, weight.T)


@pytest.mark.parametrize("name", ["exact", "truth"])
@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices, data=st.data())
def test_a_settled_target_stands_whatever_an_unknown_label_turns_out_to_be(
    name: str, ecg: Tensor, statements: Tensor, data: st.DataObject
) -> None:
    target, weight = TARGETS[name](ecg, statements)
    fill = data.draw(arrays("int8", tuple(ecg.shape), elements=st.integers(0, 1)).map(torch.from_numpy))
    new_target, new_weight = TARGETS[name](torch.where(ecg < 0, fill, ecg), statements)
    settled = weight > 0
    assert torch.equal(target[settled], new_target[settled])
    assert (new_weight[settled] == 1).all()


@settings(max_examples=60, deadline=None)
@given(ecg=label_matrices, statements=label_matrices, hidden=st.integers(0, 3), value=st.integers(-1, 1))
def test_jaccard_reads_only_what_both_sides_know(ecg: Tensor, statements: Tensor, hidden: int, value: int) -> None:
    statements[:, hidden] = -1
    before = jaccard(ecg, statements)
    ecg[:, hidden] = value
    after = jaccard(ecg, statements)
    assert torch.equal(before[0], after[0])
    assert torch.equal(before[1], after[1])


def test_the_sentence_without_a_finding() -> None:
    nothing = torch.zeros(1, 2, dtype=torch.int8)
    ecg = torch.tensor([[0, 0], [1, 0], [1, -1], [0, -1]], dtype=torch.int8)
    target, weight = truth(ecg, nothing)
    assert target.flatten().tolist() == [1, 0, 0, 0]
    assert weight.flatten().tolist() == [1, 1, 1, 0]


def test_counts_are_exact_under_autocast() -> None:
    ecg = torch.ones(2, 777, dtype=torch.int8)
    statements = torch.ones(1, 777, dtype=torch.int8)
    statements[0, 0] = 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        target, _ = jaccard(ecg, statements)
    assert target[0, 0] == pytest.approx(776 / 777, abs=1e-7)
