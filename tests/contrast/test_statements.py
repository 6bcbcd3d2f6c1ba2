"""Captions and the bank of prompts."""

import pytest
import torch

from jaccardio.contrast.statements import Statements, captions, finding_bank


def test_a_record_of_which_nothing_can_be_said_has_no_sentence() -> None:
    labels = torch.tensor([[1, -1], [0, 0], [0, -1], [-1, -1]], dtype=torch.int8)
    statements = captions(labels)
    assert torch.equal(statements.findings, labels)
    assert statements.valid.tolist() == [True, True, False, False]


def test_the_bank_states_each_finding_alone() -> None:
    bank = finding_bank(3)
    assert bank.findings.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert bank.valid.all()


def test_wrong_shapes_and_types_are_refused() -> None:
    with pytest.raises(ValueError, match="findings must be int8"):
        Statements(torch.zeros(2, 3), torch.ones(2, dtype=torch.bool))
    with pytest.raises(ValueError, match="valid must be bool"):
        Statements(torch.zeros(2, 3, dtype=torch.int8), torch.ones(3, dtype=torch.bool))
