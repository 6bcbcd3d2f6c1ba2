"""What becomes of a claim."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from jaccardio.paper.tables import Table, judged, paired_seeds


@pytest.mark.parametrize(
    ("value", "p", "seeds", "verdict"),
    [
        (0.05, 0.01, ([0.50, 0.51, 0.52], [0.45, 0.46, 0.47]), "held"),
        (-0.05, 0.01, ([0.45, 0.46, 0.47], [0.50, 0.51, 0.52]), "contradicted"),
        (0.05, 0.20, ([0.50, 0.51, 0.52], [0.45, 0.46, 0.47]), "open"),
        (0.05, 0.01, ([0.41, 0.51, 0.61], [0.45, 0.46, 0.47]), "open"),  # seeds lie further apart than the models
        (0.05, 0.01, ([0.50, 0.51, 0.52], [0.44, 0.46, 0.48]), "held"),
        (0.03, 0.01, ([0.48, 0.49, 0.50], [0.44, 0.46, 0.48]), "held"),
        (0.02, 0.01, ([0.47, 0.48, 0.49], [0.44, 0.46, 0.48]), "open"),  # 3.5 standard errors: two would have held it
        (0.05, 0.01, ([0.51], [0.45, 0.46, 0.47]), "open"),
        (0.05, 0.01, ([0.51, None, 0.52], [0.45, 0.46, 0.47]), "open"),
        (0.05, 0.01, (None, [0.45, 0.46, 0.47]), "open"),
        (0.05, None, ([0.50, 0.51, 0.52], [0.45, 0.46, 0.47]), "open"),
    ],
)
def test_a_claim_needs_patients_and_seeds(
    value: float, p: float | None, seeds: tuple[list[float] | None, list[float] | None], verdict: str
) -> None:
    found = judged("one is better", {"value": value, "p_holm": p, "seeds": paired_seeds(*seeds)})
    assert (found["claim"], found["verdict"], found["value"]) == ("one is better", verdict, value)


@pytest.mark.parametrize("of_patients", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("of_seeds", [(1.0, 1.0), (1.0, 0.2)])
def test_two_equal_models_are_told_apart_in_one_study_of_twenty_at_most(of_patients: float, of_seeds: tuple[float, float]) -> None:
    """Three seeds, two models without a true difference, whose seeds spread as `of_seeds`; `of_patients` is the error over patients.

    With "twice the standard error" in the place of the t test the first case is wrong in 11.5 % of the studies.
    """
    studies, rng = 4000, np.random.default_rng(0)
    one, other = (rng.normal(0, spread, (studies, 3)) for spread in of_seeds)
    one += rng.normal(0, of_patients, (studies, 1))  # the patients are the same for all seeds
    wrong = 0
    for first, second in zip(one, other, strict=True):
        value = first.mean() - second.mean()
        p = 2 * norm.sf(abs(value) / of_patients) if of_patients else 0.0
        wrong += judged("", {"value": value, "p_holm": p, "seeds": paired_seeds(first, second)})["verdict"] != "open"
    assert wrong / studies < 0.06
    if not of_patients:
        assert wrong / studies > 0.04  # all of it is the seeds'


def _row(run: str, reference: str, p: float | None, metric: str = "micro_f1", value: float = 0.05) -> dict[str, Any]:
    return {"run": run, "reference": reference, "metric": metric, "threshold": "global", "value": value, "p": p} | {
        "seeds": [0.04, 0.05, 0.06]
    }


def test_holm_corrects_over_all_comparisons_of_a_figure_whatever_they_are_measured_against() -> None:
    table = Table("")
    table.differences = [
        _row("a", "x", 0.01),
        _row("b", "y", 0.03),
        _row("c", "z", 0.02),
        _row("d", "z", None),
        _row("a", "x", 0.04, "map"),
    ]
    table.claims = [{"claim": "a beats x", **table.differences[0]}, {"claim": "b beats y", **table.differences[1]}]
    table.settle()
    assert [row["p_holm"] for row in table.differences] == [pytest.approx(0.03), pytest.approx(0.04), pytest.approx(0.04), None, 0.04]
    assert [(claim["verdict"], claim["p_holm"]) for claim in table.claims] == [("held", pytest.approx(0.03)), ("held", pytest.approx(0.04))]
    alone = Table("", differences=[_row(str(number), "x", 0.02) for number in range(3)])
    alone.claims = [{"claim": "", **row} for row in alone.differences]
    alone.settle()
    assert {claim["verdict"] for claim in alone.claims} == {"open"}  # each by itself would have held
