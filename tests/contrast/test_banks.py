"""Banks: each against a loop or by hand, what cannot be said is not valid, and the pool keeps records and statements together."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from jaccardio.contrast.banks import BANKS, Pool, TrainingLabels, captions, false_captions, findings, negations, parents, subsets

LABELS = torch.tensor([[1, 1, 0, -1], [0, 0, 0, 0], [1, 0, 1, 0], [0, 1, -1, 0], [0, -1, 0, 0]], dtype=torch.int8)
label_matrices = arrays("int8", st.tuples(st.integers(1, 8), st.just(5)), elements=st.integers(-1, 1)).map(torch.from_numpy)


@pytest.mark.parametrize("name", sorted(BANKS))
def test_every_bank_gives_as_many_statements_of_its_reading_as_it_says(name: str) -> None:
    bank = BANKS[name]
    statements = bank.make(TrainingLabels(LABELS, groups=((0, 1), (1, 2, 3))))
    assert (statements.reading == bank.reading).all()
    assert len(statements) == (5 if bank.per_record else {"findings": 4, "negations": 4, "parents": 2}[name])


def test_prompts_denials_and_groups() -> None:
    training = TrainingLabels(LABELS[:, :3], groups=((0, 2),))
    assert findings(training).findings.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert negations(training).findings.tolist() == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    assert parents(training).findings.tolist() == [[1, -1, 1]]


def test_a_record_of_which_nothing_can_be_said_has_no_caption() -> None:
    labels = torch.tensor([[1, -1], [0, 0], [0, -1], [-1, -1]], dtype=torch.int8)
    statements = captions(TrainingLabels(labels))
    assert torch.equal(statements.findings, labels)
    assert statements.valid.tolist() == [True, True, False, False]


@settings(max_examples=100, deadline=None)
@given(labels=label_matrices, seed=st.integers(0, 99))
def test_subsets_are_proper_parts_and_depend_on_the_seed_alone(labels: Tensor, seed: int) -> None:
    statements = subsets(TrainingLabels(labels, seed=seed))
    for row, stated, valid in zip(labels.tolist(), statements.findings.tolist(), statements.valid.tolist(), strict=True):
        assert valid == (row.count(1) > 1)
        if not valid:
            assert set(stated) == {-1}
            continue
        assert 0 < stated.count(1) < row.count(1)
        assert all((was, now) in {(1, 1), (1, 0), (0, 0), (-1, -1)} for was, now in zip(row, stated, strict=True))
    assert torch.equal(statements.findings, subsets(TrainingLabels(labels, seed=seed)).findings)


def test_subsets_reach_every_part() -> None:
    labels = torch.ones(400, 3, dtype=torch.int8)
    assert {tuple(row) for row in subsets(TrainingLabels(labels)).findings.tolist()} == {
        (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1),
    }  # fmt: skip


def slow_false_caption(labels: list[list[int]], i: int) -> list[int] | None:
    row = labels[i]
    shown = [a for a, value in enumerate(row) if value == 1]

    def share(a: int, f: int) -> float:
        both = sum(r[a] == 1 and r[f] == 1 for r in labels)
        known = sum(r[a] == 1 and r[f] >= 0 for r in labels)
        return both / max(known, 1)

    company = {f: sum(share(a, f) for a in shown) / len(shown) for f, value in enumerate(row) if value == 0 and shown}
    if not company or max(company.values()) == 0:
        return None
    comes = max(company, key=lambda f: company[f])
    goes = min(shown, key=lambda a: share(a, comes))
    return [1 if f == comes else 0 if f == goes else value for f, value in enumerate(row)]


@settings(max_examples=150, deadline=None)
@given(labels=label_matrices)
def test_false_captions_equal_the_loop_and_are_false(labels: Tensor) -> None:
    statements = false_captions(TrainingLabels(labels))
    for i, row in enumerate(labels.tolist()):
        wanted = slow_false_caption(labels.tolist(), i)
        assert statements.valid[i] == (wanted is not None)
        stated = statements.findings[i].tolist()
        if wanted is None:
            assert set(stated) == {-1}
            continue
        assert stated.count(1) == row.count(1)
        assert [(was, now) for was, now in zip(row, stated, strict=True) if was != now] in ([(1, 0), (0, 1)], [(0, 1), (1, 0)])
        assert stated == wanted


def test_a_false_caption_takes_the_most_frequent_companion() -> None:
    labels = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 0, 1], [1, -1, 1]], dtype=torch.int8)
    assert false_captions(TrainingLabels(labels)).findings[0].tolist() == [0, 1, 0]  # 2 of 4 known against 2 of 5


def test_the_pool_gives_a_batch_its_own_statements_and_all_of_the_vocabulary() -> None:
    training = TrainingLabels(LABELS, groups=((0, 1),), seed=3)
    pool = Pool.make(("captions", "findings", "parents", "subsets"), training)
    records = torch.tensor([3, 0])
    columns = pool.statements.at(pool.against(records))
    wanted = [captions(training).at(records), findings(training), parents(training), subsets(training).at(records)]
    assert columns.findings.tolist() == [row for part in wanted for row in part.findings.tolist()]
    assert columns.valid.tolist() == [value for part in wanted for value in part.valid.tolist()]
    assert columns.reading.tolist() == [value for part in wanted for value in part.reading.tolist()]
