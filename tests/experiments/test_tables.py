"""What becomes of a claim."""

import pytest

from jaccardio.experiments.tables import judged


@pytest.mark.parametrize(
    ("value", "p", "seeds", "verdict"),
    [
        (0.05, 0.01, ([0.50, 0.51, 0.52], [0.45, 0.46, 0.47]), "held"),
        (-0.05, 0.01, ([0.45, 0.46, 0.47], [0.50, 0.51, 0.52]), "contradicted"),
        (0.05, 0.20, ([0.50, 0.51, 0.52], [0.45, 0.46, 0.47]), "open"),
        (0.05, 0.01, ([0.41, 0.51, 0.61], [0.45, 0.46, 0.47]), "open"),  # seeds lie further apart than the models
        (0.05, 0.01, ([0.51], [0.45, 0.46, 0.47]), "open"),
        (0.05, None, ([0.50, 0.51, 0.52], [0.45, 0.46, 0.47]), "open"),
    ],
)
def test_a_claim_needs_patients_and_seeds(value: float, p: float | None, seeds: tuple[list[float], list[float]], verdict: str) -> None:
    found = judged("one is better", {"value": value, "p_holm": p}, seeds)
    assert (found["claim"], found["verdict"], found["value"]) == ("one is better", verdict, value)


def test_the_error_over_seeds_is_that_of_a_difference_of_means() -> None:
    found = judged("", {"value": 1.0, "p_holm": 0.0}, ([0.0, 2.0], [0.0, 2.0, 4.0]))
    assert found["seed_error"] == pytest.approx((2 / 2 + 4 / 3) ** 0.5)
