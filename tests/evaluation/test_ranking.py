import json
from dataclasses import replace

import numpy as np
import pytest

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.auroc import SortedScores
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.estimate import jsonable
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.metrics import DECISION_METRICS, FINDING_METRICS, LEVEL_METRICS, RANKING_METRICS
from jaccardio.evaluation.ranking import COMPARED, Ranking, finding_rows, rank
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import ORACLE, POLICIES

from .cases import Case


def entry(case: Case, name: str, *scores: np.ndarray) -> Scored:
    return case.scored(name, scores, [60.0 + 30 * run for run in range(len(scores))])


def noisy(case: Case, seed: int, noise: float = 0.05) -> np.ndarray:
    return np.clip(case.scores + np.random.default_rng(seed).normal(0, noise, case.scores.shape), 0, 1)


def better(case: Case) -> np.ndarray:
    return case.scores + 0.1 * (case.labels == 1)


def ranked(case: Case, *models: Scored, labels: np.ndarray | None = None, replicates: int = 40) -> Ranking:
    part = replace(case.part, labels=case.labels if labels is None else labels)
    found = rank(part, models, reference="base", replicates=replicates)
    found.table.settle()
    return found


def models_of(found: Ranking) -> list[str]:
    return [row.model for row in found.table.rows if row.metric == "macro_auroc"]


def test_identical_models_do_not_differ(case: Case) -> None:
    found = ranked(case, entry(case, "base", case.scores, noisy(case, 1)), entry(case, "same", case.scores, noisy(case, 1)))
    assert [one.key[2:] for one in found.table.differences] == [key for key in COMPARED if key[0] not in LEVEL_METRICS]
    for one in found.table.differences:
        assert (one.model, one.reference) == ("same", "base")
        assert (one.estimate.value, one.estimate.low, one.estimate.high, one.estimate.per_seed) == (0, 0, 0, (0, 0))
        assert (one.p, one.p_holm) == (1, 1)
    [correlation] = found.correlations
    assert np.isnan(correlation.estimate.value)
    assert all((gain.estimate.value, gain.estimate.low, gain.estimate.high) == (0, 0, 0) for gain in found.gains)


@pytest.mark.parametrize(("seeds", "paired"), [((0, 1), True), ((0, 2), False), ((), True)], ids=["same", "others failed", "unknown"])
def test_seeds_are_paired_with_themselves_alone(case: Case, seeds: tuple[int, ...], paired: bool) -> None:
    base, other = entry(case, "base", case.scores, noisy(case, 1)), entry(case, "other", noisy(case, 2), noisy(case, 3))
    found = ranked(case, replace(base, seeds=(0, 1)), replace(other, seeds=seeds))
    assert {len(one.estimate.per_seed) for one in found.table.differences} == {2 if paired else 0}
    assert {len(gain.estimate.per_seed) for gain in found.gains if gain.estimate.defined} == {2 if paired else 0}
    assert found.table.estimate("other", "macro_auroc").per_seed  # its own seeds are shown all the same


def test_what_is_better_by_construction_is_found_to_be(case: Case) -> None:
    models = entry(case, "base", case.scores), entry(case, "worse", 1 - case.scores), entry(case, "better", better(case))
    found = ranked(case, *models)
    assert models_of(found) == ["better", "base", "worse"]
    assert list(dict.fromkeys(one.model for one in found.table.differences)) == ["better", "worse"]
    for one in found.table.differences:
        if one.model == "better":
            assert one.estimate.low > 0
            assert one.p == pytest.approx(2 / 41)
            assert one.p_holm == pytest.approx(2 * one.p)
        elif one.metric == "macro_auroc":
            assert one.estimate.high < 0


def test_metrics_of_a_seed_are_those_of_evaluate_and_seeds_are_averaged(case: Case) -> None:
    whole = entry(case, "base", *(noisy(case, seed) for seed in range(3)))
    found = ranked(case, whole)
    single = [
        evaluate(case.part, Scored("one", [scores], [thresholds]), replicates=1)
        for scores, thresholds in zip(whole.scores, whole.thresholds, strict=True)
    ]
    for name in ("macro_auroc", "macro_auprc"):
        estimate, values = found.table.estimate("base", name), [evaluation.metrics[name].value for evaluation in single]
        assert list(estimate.per_seed) == values
        assert estimate.value == pytest.approx(np.mean(values))
        assert estimate.sd == pytest.approx(np.std(values, ddof=1))
    for policy in POLICIES:
        for name in DECISION_METRICS:
            values = [run.metrics["thresholds"][policy][name].value for run in single]
            if not np.isfinite(values).all():
                continue
            estimate = found.table.estimate("base", name, policy)
            assert list(estimate.per_seed) == values
            assert estimate.value == pytest.approx(np.mean(values))
    for metric in RANKING_METRICS:
        values = [row.estimate.value for row in found.findings if row.metric == metric]
        assert values == pytest.approx(np.mean([run.per_finding[metric] for run in single], axis=0))
    minutes = found.table.estimate("base", "training_minutes")
    assert (minutes.value, minutes.per_seed) == (1.5, (1, 1.5, 2))
    assert list(found.table.left_out) == list(single[0].metrics["findings_left_out"])


def test_metrics_of_findings_are_those_of_evaluate_averaged_over_seeds(case: Case) -> None:
    whole = entry(case, "base", noisy(case, 0), noisy(case, 1))
    rows = finding_rows(case.part, whole, [*RANKING_METRICS, *FINDING_METRICS], replicates=20)
    single = [
        evaluate(case.part, Scored("one", [scores], [thresholds]), replicates=1).per_finding.set_index("finding")
        for scores, thresholds in zip(whole.scores, whole.thresholds, strict=True)
    ]
    assert {row.finding: row.estimate.value for row in rows if row.metric == "positives"} == single[0]["n_pos"].to_dict()
    for metric in ("auroc", "auprc", "accuracy", "precision", "recall", "f1", "predicted_rate"):
        of_metric = [row for row in rows if row.metric == metric]
        assert {row.policy for row in of_metric} == ({None} if metric in RANKING_METRICS else {"global"})
        for row in of_metric:
            assert row.estimate.per_seed == pytest.approx([table.loc[row.finding, metric] for table in single])


def test_intervals_are_those_of_a_plain_loop_over_replicates(case: Case) -> None:
    runs = {"base": [noisy(case, 0), noisy(case, 1)], "other": [noisy(case, 2, 0.2), noisy(case, 3, 0.2)]}
    found = ranked(case, *(entry(case, name, *scores) for name, scores in runs.items()), replicates=25)
    weights = PatientBootstrap(case.patients, 25).weights(0, 25)
    areas = {
        name: np.array(
            [[SortedScores.of(y, s).metrics(weights)["auroc"] for y, s in zip(case.labels.T, run.T, strict=True)] for run in scores]
        )
        for name, scores in runs.items()
    }  # (seed, finding, replicate)
    for name, area in areas.items():
        estimate = found.table.estimate(name, "macro_auroc")
        assert [estimate.low, estimate.high] == pytest.approx(np.quantile(area.mean(axis=(0, 1)), [0.025, 0.975]).tolist())
    gain = (areas["other"] - areas["base"]).mean(axis=0)
    macro = found.table.differences[0].estimate
    assert [macro.low, macro.high] == pytest.approx(np.quantile(gain.mean(axis=0), [0.025, 0.975]).tolist())
    gains = [one.estimate for one in found.gains if one.metric == "auroc"]
    assert [one.low for one in gains] == pytest.approx(np.quantile(gain, 0.025, axis=1))
    assert [one.high for one in gains] == pytest.approx(np.quantile(gain, 0.975, axis=1))


def test_an_oracle_is_one_more_policy_and_touches_no_other(case: Case) -> None:
    base = entry(case, "base", case.scores)
    plain, oracle = ranked(case, base).table, ranked(case, base.with_oracle(case.part)).table
    assert list(dict.fromkeys(row.policy for row in oracle.rows if row.policy)) == [*POLICIES, ORACLE]
    best = oracle.estimate("base", "macro_f1", ORACLE).value
    assert best >= max(oracle.estimate("base", "macro_f1", policy).value for policy in POLICIES)
    assert [jsonable(row.to_dict()) for row in oracle.rows if row.policy != ORACLE] == [jsonable(row.to_dict()) for row in plain.rows]


def test_paired_intervals_are_narrower_than_unpaired_ones(case: Case) -> None:
    table = ranked(case, entry(case, "base", noisy(case, 0)), entry(case, "like", noisy(case, 1)), replicates=200).table
    difference = table.differences[0].estimate
    estimates = [table.estimate(name, "macro_auroc") for name in ("base", "like")]
    assert difference.high - difference.low < 0.7 * np.hypot(*(one.high - one.low for one in estimates))


def test_scores_of_unknown_labels_change_nothing(case: Case) -> None:
    base, other = entry(case, "base", case.scores), entry(case, "other", noisy(case, 1))
    hidden = replace(other, scores=[np.where(case.labels < 0, 1e3, other.scores[0])])
    before, after = ranked(case, base, other), ranked(case, base, hidden)
    assert before.table.to_dict() == after.table.to_dict()
    assert [one.to_dict() for one in before.gains] == [one.to_dict() for one in after.gains]


def test_what_is_undefined_is_null_and_findings_left_out_have_reasons(case: Case) -> None:
    labels = case.labels.copy()
    labels[:, 0] = -1
    labels[np.flatnonzero(labels[:, 1] == 1)[3:], 1] = 0
    table = ranked(case, entry(case, "base", case.scores), entry(case, "better", better(case)), labels=labels).table
    assert table.left_out == {"f0": "unknown in every record", "f1": "3 positives, fewer than 10"}
    assert "4 of 6 findings in macro metrics" in table.scored[0]
    assert np.isnan(table.estimate("base", "macro_auroc").sd)
    empty = ranked(case, entry(case, "base", case.scores), entry(case, "other", better(case)), labels=np.full_like(labels, -1)).table
    assert "NaN" not in json.dumps(empty.to_dict(), allow_nan=False)
    assert empty.estimate("base", "macro_auroc").to_dict()["value"] is None
    assert empty.differences == []


def test_a_gain_on_rare_findings_correlates_negatively_with_prevalence(case: Case) -> None:
    helped = case.scores + (case.labels == 1) * np.linspace(0.5, 0, 6)
    [correlation] = ranked(case, entry(case, "base", case.scores), entry(case, "text", helped)).correlations
    assert correlation.model == "text"
    assert correlation.estimate.value < -0.9


def test_what_does_not_belong_together_is_refused(case: Case) -> None:
    base = entry(case, "base", case.scores)
    with pytest.raises(UsageError, match="no model is called 'base'"):
        ranked(case, entry(case, "other", case.scores))
    with pytest.raises(UsageError, match="two models have one name"):
        ranked(case, base, base)
    with pytest.raises(DataError, match="'x' has 1 tables of scores and 0 thresholds"):
        ranked(case, base, Scored("x", [case.scores], []))
    with pytest.raises(DataError, match="'x' has 0 tables of scores"):
        ranked(case, base, Scored("x", [], []))
    with pytest.raises(DataError, match=r"'x', seed 2 of 2: .* do not belong together"):
        ranked(case, base, Scored("x", [case.scores, case.scores[:-1]], [base.thresholds[0]] * 2))
    with pytest.raises(DataError, match=r"'x': .* thresholds for 5 findings do not belong together"):
        ranked(case, base, Scored("x", [case.scores], [base.thresholds[0].of(range(5))]))


def test_levels_are_ranked_and_compared_on_the_same_resamples(case: Case) -> None:
    part = replace(case.part, groups={"rhythm": [("one", (0,)), ("two", (1, 2))]})
    models = [entry(case, "base", noisy(case, 1, 0.3)), entry(case, "better", np.clip(better(case), 0, 1))]
    table = rank(part, models, reference="base", levels=True, replicates=40).table
    [row] = [row for row in table.rows if (row.metric, row.model) == ("macro_auroc_rhythm", "base")]
    wanted = evaluate(part, models[0], replicates=40).metrics["levels"]["rhythm"]["macro_auroc"]
    assert (row.estimate.value, row.estimate.low, row.estimate.high) == (wanted.value, wanted.low, wanted.high)
    [difference] = [one for one in table.differences if one.metric == "macro_auroc_rhythm"]
    assert difference.estimate.low is not None
    assert difference.estimate.low > 0
    assert difference.p is not None
    assert not [row for row in rank(part, models, reference="base", replicates=40).table.rows if row.metric.startswith("macro_auroc_")]
