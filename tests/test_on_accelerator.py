"""How many ECGs `scripts/on_accelerator.py` makes."""

import pytest
from scripts.on_accelerator import LEAST, MADE, MINUTES, number


def test_as_many_ecgs_are_made_as_the_time_allows() -> None:
    most, share = MADE[500.0]
    assert most == 33_732
    assert number(10.0, most, share) == 10 * 60 * MINUTES * share
    assert number(1e6, most, share) == most
    assert number(0.0, most, share) == LEAST


def test_making_ecgs_leaves_most_of_the_time_to_the_device() -> None:
    assert sum(share for _, share in MADE.values()) == pytest.approx(0.35)
