"""Statements: shapes, joining, picking."""

import pytest
import torch

from jaccardio.contrast.statements import Reading, Statements

LISTED = torch.tensor([[1, 0], [0, 1]], dtype=torch.int8)


def test_joined_and_picked_statements_keep_their_reading() -> None:
    joined = Statements.joined([Statements.read_as(Reading.ALL, LISTED), Statements.read_as(Reading.NONE, LISTED)])
    assert len(joined) == 4
    picked = joined.at(torch.tensor([3, 0]))
    assert picked.findings.tolist() == [[0, 1], [1, 0]]
    assert picked.reading.tolist() == [Reading.NONE, Reading.ALL]
    assert picked.valid.all()


def test_wrong_shapes_and_types_are_refused() -> None:
    valid, reading = torch.ones(2, dtype=torch.bool), torch.zeros(2, dtype=torch.int8)
    with pytest.raises(ValueError, match="findings must be int8"):
        Statements(LISTED.float(), valid, reading)
    with pytest.raises(ValueError, match="valid must be bool"):
        Statements(LISTED, valid[:1], reading)
    with pytest.raises(ValueError, match="reading must be int8"):
        Statements(LISTED, valid, reading.long())
