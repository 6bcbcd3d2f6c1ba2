"""Plots of studies: drawn for few and many, and moved by every number that they show."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.ranking import Ranking, rank
from jaccardio.evaluation.shift import Hospital, measure_shift
from jaccardio.evaluation.table import Table
from jaccardio.report.ranked import ranked_table
from jaccardio.report.study_plots import _lowest_shown, draw_changes, draw_gains, draw_learning_curve, draw_ranking, draw_retuning
from tests.evaluation.cases import Case, random_case

HOSTILE = "心房 $x$ $\\frac$ <script>"


def ranking_of(case: Case, names: list[str]) -> tuple[Ranking, Part]:
    rng = np.random.default_rng(0)
    models = [case.scored(name, [case.scores + rng.normal(0, 0.1, case.scores.shape)]) for name in names]
    return rank(case.part, models, reference=names[0], replicates=5), case.part


def shift_tables() -> dict[str, Table]:
    hospitals = []
    for seed in (0, 1):
        case = random_case(120, 3, seed)
        part = replace(case.part, codes=("f0", "f1", HOSTILE), groups={})
        hospitals.append(Hospital(part, case.scored(), np.random.default_rng(seed).normal(size=(120, 2)).astype(np.float32)))
    return measure_shift(*hospitals, replicates=10)


def is_drawn(png: bytes) -> bool:
    picture = imread(io.BytesIO(png))
    return bool(picture.std() > 0.005 and 100 < picture.shape[0] < 1400)


@pytest.mark.parametrize(
    "names", [["a", HOSTILE], [f"a rather long name of an objective, the number {place} of many" for place in range(12)]]
)
def test_rankings_and_gains_of_few_and_many(case: Case, names: list[str]) -> None:
    ranking, part = ranking_of(case, names)
    assert is_drawn(draw_ranking(ranking.table, names[0]))
    assert is_drawn(draw_gains(ranking, part))


def test_what_is_undefined_is_drawn_as_nothing(case: Case) -> None:
    unknown = replace(case.part, labels=np.full_like(case.labels, -1))
    for count in (1, 2):
        models = [case.scored(f"m{number}") for number in range(count)]
        table = ranked_table(unknown, models, "m0", "None", 5)
        assert all(is_drawn(png) for png in table.plots.values())
        assert len(table.plots) == count


def test_a_learning_curve_has_a_point_for_every_model_at_every_share(case: Case) -> None:
    steps = [(count, ranking_of(case, ["a", "b"])[0].table) for count in (100.0, 1000.0, 1000.0)]
    curve = draw_learning_curve(steps, ["a", "b"])
    assert is_drawn(curve)
    for metric in ("macro_auroc", "macro_auprc"):
        place = next(number for number, row in enumerate(steps[2][1].rows) if (row.model, row.metric) == ("b", metric))
        changed = Table("", rows=list(steps[2][1].rows))
        changed.rows[place] = replace(changed.rows[place], estimate=Estimate(0.5))
        assert draw_learning_curve([*steps[:2], (1000.0, changed)], ["a", "b"]) != curve


def test_plots_of_a_shift_show_every_number() -> None:
    tables = shift_tables()
    changes, retuning = draw_changes(tables["hospitals"]), draw_retuning(tables["thresholds"])
    assert is_drawn(changes)
    assert is_drawn(retuning)
    assert (draw_changes(tables["hospitals"]), draw_retuning(tables["thresholds"])) == (changes, retuning)
    for metric in ("macro_auroc", "auroc"):
        for moved in ("value", "low"):
            other = Table("", rows=tables["hospitals"].rows, differences=list(tables["hospitals"].differences))
            place = next(number for number, one in enumerate(other.differences) if one.metric == metric)
            one = other.differences[place]
            other.differences[place] = replace(one, estimate=replace(one.estimate, **{moved: one.estimate.value - 0.02}))
            assert draw_changes(other) != changes, (metric, moved)
    for metric in ("micro_f1_from_home", "micro_f1_fitted_again"):
        other = Table("", rows=list(tables["thresholds"].rows))
        place = next(number for number, row in enumerate(other.rows) if row.metric == metric and not row.model.startswith("0 "))
        other.rows[place] = replace(other.rows[place], estimate=Estimate(0.1))
        assert draw_retuning(other) != retuning, metric


def test_a_control_far_behind_does_not_squeeze_the_others() -> None:
    near = _lowest_shown([Estimate(0.91, 0.9, 0.92), Estimate(0.9, 0.89, 0.91)])
    far = _lowest_shown([Estimate(0.91, 0.9, 0.92), Estimate(0.9, 0.89, 0.91), Estimate(0.5, 0.5, 0.5)])
    assert near is not None
    assert 0.88 < near < 0.89
    assert far == pytest.approx(0.92 - 0.03 / 0.4)
    assert _lowest_shown([Estimate(NAN)]) is None
