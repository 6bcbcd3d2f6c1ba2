"""What becomes of a claim."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import norm

from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.evaluation.table import Claim, Difference, Row, Table, paired_seeds


def judged(value: float, p_holm: float, first: Sequence[float], second: Sequence[float]) -> Claim:
    estimate = Estimate(value, per_seed=paired_seeds(first, second))
    return Claim("one is better", Difference("one", "other", "micro_f1", estimate, "global", p_holm=p_holm))


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
        (0.05, 0.01, ([0.51, NAN, 0.52], [0.45, 0.46, 0.47]), "open"),
        (0.05, 0.01, ([], [0.45, 0.46, 0.47]), "open"),
        (0.05, NAN, ([0.50, 0.51, 0.52], [0.45, 0.46, 0.47]), "open"),
    ],
)
def test_a_claim_needs_patients_and_seeds(value: float, p: float, seeds: tuple[list[float], list[float]], verdict: str) -> None:
    claim = judged(value, p, *seeds)
    assert claim.verdict == verdict
    document = claim.to_dict()
    assert (document["claim"], document["verdict"], document["value"]) == ("one is better", verdict, value)
    assert Claim.from_dict(document).to_dict() == document


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
        wrong += judged(value, p, first.tolist(), second.tolist()).verdict != "open"
    assert wrong / studies < 0.06
    if not of_patients:
        assert wrong / studies > 0.04  # all of it is the seeds'


def difference(model: str, reference: str, p: float, metric: str = "micro_f1", value: float = 0.05) -> Difference:
    return Difference(model, reference, metric, Estimate(value, per_seed=(0.04, 0.05, 0.06)), "global", p=p)


def test_holm_corrects_over_all_comparisons_of_a_metric_whatever_they_are_measured_against() -> None:
    table = Table("")
    table.differences = [
        difference("a", "x", 0.01),
        difference("b", "y", 0.03),
        difference("c", "z", 0.02),
        difference("d", "z", NAN),
        difference("a", "x", 0.04, "map"),
    ]
    table.claims = [Claim("a beats x", table.differences[0]), Claim("b beats y", table.differences[1])]
    table.settle()
    assert [one.p_holm for one in table.differences] == pytest.approx([0.03, 0.04, 0.04, NAN, 0.04], nan_ok=True)
    assert [(claim.verdict, claim.difference.p_holm) for claim in table.claims] == [
        ("held", pytest.approx(0.03)),
        ("held", pytest.approx(0.04)),
    ]
    alone = Table("", differences=[difference(str(number), "x", 0.02) for number in range(3)])
    alone.claims = [Claim("", one) for one in alone.differences]
    alone.settle()
    assert {claim.verdict for claim in alone.claims} == {"open"}  # each by itself would have held


def test_a_table_survives_json() -> None:
    table = Table("title", notes={"a": "note"}, left_out={"f": "why"}, links={"report": "a.html"}, scored=["here"], printed=[{"name": "b"}])
    table.rows = [Row("a", "macro_auroc", Estimate(0.5, 0.4, 0.6, (0.4, 0.6))), Row("a", "f1", Estimate(NAN), "global", "af", 0.3, 0.2)]
    table.differences = [difference("a", "x", 0.01)]
    table.claims = [Claim("better", table.differences[0])]
    table.settle()
    again = Table.from_dict(table.to_dict())
    assert again.to_dict() == table.to_dict()
    assert again.estimate("a", "macro_auroc") == Estimate(0.5, 0.4, 0.6, (0.4, 0.6))
    with pytest.raises(KeyError):
        table.estimate("a", "macro_auroc", "global")
