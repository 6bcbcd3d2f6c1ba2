import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from jaccardio.errors import DataError
from jaccardio.evaluation.estimate import Estimate, jsonable
from jaccardio.evaluation.evaluate import Evaluation, evaluate
from jaccardio.evaluation.metrics import DECISION_METRICS
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import POLICIES, Thresholds, fit_thresholds

from .cases import Case, random_case


def run(case: Case, labels: np.ndarray | None = None, scores: np.ndarray | None = None, replicates: int = 30) -> Evaluation:
    labels, scores = case.labels if labels is None else labels, case.scores if scores is None else scores
    scored = Scored("model", [scores], [fit_thresholds(case.labels, case.scores)])
    return evaluate(replace(case.part, labels=labels), scored, replicates=replicates)


def interval(estimate: Estimate) -> list[float]:
    return [estimate.low, estimate.high]


def test_the_document_has_the_stable_keys(case: Case) -> None:
    metrics = run(case).metrics
    assert set(metrics) == {
        *("macro_auroc", "macro_auprc", "thresholds", "policies_left_out", "levels", "n_records", "n_patients", "n_known"),
        *("calibration", "subgroups"),
        *("findings_in_macro", "findings_left_out", "bootstrap", "warnings"),
    }
    assert set(jsonable(metrics)["macro_auroc"]) == {"value", "low", "high"}
    assert tuple(metrics["thresholds"]) == POLICIES
    for of_policy in metrics["thresholds"].values():
        assert list(of_policy) == list(DECISION_METRICS)
        assert all(isinstance(estimate, Estimate) for estimate in of_policy.values())
    assert set(metrics["levels"]["all"]) == {"macro_auroc", "n_statements", "n_records"}


def test_metrics_equal_scikit_learn(case: Case) -> None:
    evaluation = run(case)
    areas, precisions = [], []
    for column, row in evaluation.per_finding.iterrows():
        known = case.labels[:, column] >= 0
        y, s = case.labels[known, column], case.scores[known, column]
        areas.append(roc_auc_score(y, s))
        precisions.append(average_precision_score(y, s))
        assert row.auroc == pytest.approx(areas[-1])
        assert row.auprc == pytest.approx(precisions[-1])
        assert row.f1 == pytest.approx(f1_score(y, s >= row.threshold))
        assert (row.n_known, row.n_pos, row.prevalence) == (known.sum(), y.sum(), y.mean())
        assert row.predicted_rate == pytest.approx(np.mean(s >= row.threshold))
        assert row.auroc_low < row.auroc < row.auroc_high
    assert evaluation.metrics["macro_auroc"].value == pytest.approx(np.mean(areas))
    assert evaluation.metrics["macro_auprc"].value == pytest.approx(np.mean(precisions))


def test_intervals_equal_a_plain_loop_over_repeated_records(case: Case) -> None:
    replicates, keys = 12, np.unique(case.patients)
    metrics = run(case, replicates=replicates).metrics
    means, micro = [], []
    thresholds = fit_thresholds(case.labels, case.scores)
    for replicate in range(replicates):
        drawn = keys[np.random.default_rng([0, replicate]).integers(len(keys), size=len(keys))]
        rows = np.concatenate([np.flatnonzero(case.patients == patient) for patient in drawn])
        y, s = case.labels[rows], case.scores[rows]
        means.append(np.mean([roc_auc_score(a[a >= 0], b[a >= 0]) for a, b in zip(y.T, s.T, strict=True)]))
        micro.append(f1_score(y[y >= 0], thresholds.decide(s, "per_finding")[y >= 0]))
    assert interval(metrics["macro_auroc"]) == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist())
    assert interval(metrics["thresholds"]["per_finding"]["micro_f1"]) == pytest.approx(np.quantile(micro, [0.025, 0.975]).tolist())


def test_scores_of_unknown_labels_change_nothing(case: Case) -> None:
    flipped = np.where(case.labels < 0, 1 - case.scores, case.scores)
    before, after = run(case), run(case, scores=flipped)
    del before.metrics["levels"], after.metrics["levels"]  # a parent's score is made of those of all its children
    assert jsonable(before.metrics) == jsonable(after.metrics)
    assert before.per_finding.equals(after.per_finding)


def test_rare_findings_are_left_out_of_macro_metrics_and_named() -> None:
    case = random_case()
    labels = case.labels.copy()
    labels[np.flatnonzero(labels[:, 1] == 1)[9:], 1] = 0
    labels[labels[:, 2] == 1, 2] = 0
    labels[:, 3] = -1
    labels[:, 4] = 1
    evaluation = run(case, labels)
    assert evaluation.metrics["findings_in_macro"] == ["f0", "f5"]
    assert evaluation.metrics["findings_left_out"] == {
        "f1": "9 positives, fewer than 10",
        "f2": "0 positives, fewer than 10",
        "f3": "unknown in every record",
        "f4": "no known negative",
    }
    table = evaluation.per_finding.set_index("finding")
    assert evaluation.metrics["macro_auroc"].value == pytest.approx(table.auroc[["f0", "f5"]].mean())
    assert evaluation.metrics["thresholds"]["global"]["macro_f1"].value == pytest.approx(table.f1[["f0", "f5"]].mean())
    assert np.isfinite(table.auroc["f1"])
    assert table.auroc[["f2", "f3", "f4"]].isna().all()
    assert table.in_macro.tolist() == [True, False, False, False, False, True]


def test_replicates_without_a_positive_are_counted() -> None:
    case = random_case()
    labels = case.labels.copy()
    labels[np.flatnonzero(labels[:, 0] == 1)[1:], 0] = 0
    lost = run(case, labels, replicates=200).metrics["bootstrap"]["replicates_without_positive_or_negative"]
    assert 40 < lost["f0"] < 110  # 1 / e of the replicates miss a given patient
    assert set(lost) == {"f0"}


@pytest.mark.parametrize("state", [-1, 0, 1])
def test_undefined_metrics_are_null(case: Case, state: int) -> None:
    evaluation = run(case, np.full_like(case.labels, state))
    document = jsonable(evaluation.metrics)
    assert "NaN" not in json.dumps(document, allow_nan=False)
    assert document["macro_auroc"] == document["levels"]["all"]["macro_auroc"] == {"value": None, "low": None, "high": None}


def test_records_may_come_in_any_order(case: Case) -> None:
    order = np.random.default_rng(0).permutation(len(case.patients))
    shuffled = evaluate(case.part.of_records(order), case.scored().of_records(order), replicates=30)
    assert interval(shuffled.metrics["macro_auroc"]) == pytest.approx(interval(run(case).metrics["macro_auroc"]), abs=1e-12)


def test_scores_that_are_no_probabilities_have_all_metrics_but_those_of_probabilities(case: Case) -> None:
    groups = {**case.groups, "super": [("pair", (0, 1)), ("f2", (2,))]}
    members = {"sex": np.array(["a", "b"] * 150)}
    logits = 4 * case.scores - 2

    def of(scores: np.ndarray) -> Evaluation:
        part: Part = replace(case.part, groups=groups)
        return evaluate(part, case.scored(scores=[scores]), subgroups=members, replicates=10)

    first, second = of(case.scores), of(logits)
    assert second.metrics["macro_auroc"] == first.metrics["macro_auroc"]
    decided = [one.metrics["thresholds"]["global"]["micro_f1"].value for one in (first, second)]
    assert decided[1] == pytest.approx(decided[0])
    assert set(first.metrics["levels"]) == {"all", "super"}
    assert second.metrics["levels"] == {"all": first.metrics["levels"]["all"]}
    assert first.metrics["calibration"]["left_out"] is None
    assert "outside [0, 1]" in second.metrics["calibration"]["left_out"]
    assert second.metrics["calibration"]["methods"] == {}
    table = second.per_finding
    assert table[["ece", "ece_low", "brier", "brier_high", "calibration_slope", "calibration_intercept"]].isna().all(axis=None)
    assert table["false_positives"].tolist() == first.per_finding["false_positives"].tolist()
    for group in second.metrics["subgroups"]["attributes"]["sex"]["groups"].values():
        assert not group["macro_ece"].defined
        assert group["macro_auroc"].defined


def test_metrics_of_a_policy_without_thresholds_are_undefined(case: Case) -> None:
    fixed = Thresholds({"fixed": np.full(6, 0.5)}, {"global": "nothing to fit on"})
    evaluation = evaluate(case.part, Scored("model", [case.scores], [fixed]), replicates=10)
    assert evaluation.metrics["policies_left_out"] == {"global": "nothing to fit on"}
    decided = evaluation.metrics["thresholds"]
    assert tuple(decided) == POLICIES
    assert jsonable(decided["fixed"]) == jsonable(run(case, replicates=10).metrics["thresholds"]["fixed"])
    assert not any(estimate.defined for policy in ("global", "per_finding") for estimate in decided[policy].values())
    table = evaluation.per_finding
    assert table[["threshold", "false_positives", "false_negatives", "f1", "predicted_rate"]].isna().all(axis=None)
    assert np.isfinite(table["ece"]).all()


def test_metrics_without_normal_are_those_of_the_other_findings(case: Case) -> None:
    part = replace(case.part, codes=("f0", "f1", "f2", "f3", "f4", "NORM"))
    scored = case.scored()
    predicted, known = scored.thresholds[0].decide(case.scores), case.labels >= 0
    decided = evaluate(part, scored, replicates=5).metrics["thresholds"]["global"]
    others = known[:, :5]
    assert decided["micro_f1_without_normal"].value == pytest.approx(f1_score(case.labels[:, :5][others], predicted[:, :5][others]))
    hits = (case.labels == 1) & predicted
    assert decided["normal_among_true_positives"].value == pytest.approx(hits[:, 5].sum() / hits.sum())
    without = evaluate(case.part, scored, replicates=5).metrics["thresholds"]["global"]
    assert not any(without[name].defined for name in ("micro_f1_without_normal", "normal_among_true_positives"))


def test_what_does_not_belong_together_is_refused(case: Case) -> None:
    with pytest.raises(DataError, match="do not belong together"):
        run(case, scores=case.scores[:-1])
    with pytest.raises(DataError, match="1 scores are not finite"):
        run(case, scores=np.where(np.arange(case.scores.size).reshape(case.scores.shape) == 5, np.nan, case.scores))
    with pytest.raises(DataError, match="at least one record"):
        run(case, case.labels[:0], case.scores[:0])
    with pytest.raises(DataError, match="has 2 seeds"):
        evaluate(case.part, case.scored(scores=[case.scores, case.scores]))
