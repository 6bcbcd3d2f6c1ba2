import json
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.contest import COMPARED_FIGURES, Contest, Contestant, rank, spearman
from jaccardio.evaluation.metrics import evaluate
from jaccardio.evaluation.ranking import Ranking
from jaccardio.evaluation.thresholds import ORACLE, POLICIES, fit_thresholds

from .cases import Case


def entry(case: Case, name: str, *scores: np.ndarray) -> Contestant:
    return Contestant(name, scores, [fit_thresholds(case.labels, run) for run in scores], [60.0 + 30 * run for run in range(len(scores))])


def noisy(case: Case, seed: int, noise: float = 0.05) -> np.ndarray:
    return np.clip(case.scores + np.random.default_rng(seed).normal(0, noise, case.scores.shape), 0, 1)


def better(case: Case) -> np.ndarray:
    return case.scores + 0.1 * (case.labels == 1)


def ranked(case: Case, *contestants: Contestant, labels: np.ndarray | None = None, replicates: int = 40, **settings: Any) -> Contest:
    labels = case.labels if labels is None else labels
    return rank(labels, case.patients, case.codes, contestants, reference="base", replicates=replicates, **settings)


def test_identical_contestants_do_not_differ(case: Case) -> None:
    contest = ranked(case, entry(case, "base", case.scores, noisy(case, 1)), entry(case, "same", case.scores, noisy(case, 1)))
    [row] = contest.document["differences"]
    for figure in COMPARED_FIGURES:
        assert row[figure] == {"value": 0, "ci95": [0, 0], "p": 1, "p_holm": 1}
    assert row["auroc_gain_by_prevalence"] == {"spearman": None, "findings": 6}
    assert (contest.gains[["auroc_gain", "auroc_gain_low", "auroc_gain_high"]] == 0).all(axis=None)


def test_what_is_better_by_construction_is_found_to_be(case: Case) -> None:
    document = ranked(
        case, entry(case, "base", case.scores), entry(case, "worse", 1 - case.scores), entry(case, "better", better(case))
    ).document
    assert [row["name"] for row in document["rows"]] == ["better", "base", "worse"]
    up, down = document["differences"]
    assert (up["name"], down["name"]) == ("better", "worse")
    for figure in COMPARED_FIGURES:
        assert up[figure]["ci95"][0] > 0
        assert up[figure]["p"] == pytest.approx(document["bootstrap"]["smallest_p"])
        assert up[figure]["p_holm"] == pytest.approx(2 * up[figure]["p"])
    assert down["macro_auroc"]["ci95"][1] < 0


def test_figures_of_a_seed_are_those_of_evaluate_and_seeds_are_averaged(case: Case) -> None:
    whole = entry(case, "base", *(noisy(case, seed) for seed in range(3)))
    contest = ranked(case, whole)
    [row] = contest.document["rows"]
    single = [
        evaluate(case.labels, scores, case.patients, case.codes, case.groups, thresholds, replicates=1)
        for scores, thresholds in zip(whole.scores, whole.thresholds, strict=True)
    ]
    for name in ("macro_auroc", "macro_auprc"):
        values = [evaluation.metrics[name]["value"] for evaluation in single]
        assert row[name]["per_seed"] == values
        assert row[name]["value"] == pytest.approx(np.mean(values))
        assert row[name]["sd"] == pytest.approx(np.std(values, ddof=1))
    for policy in POLICIES:
        for name in ("micro_f1", "macro_f1", "hamming_loss", "jaccard_samples", "jaccard_micro", "jaccard_macro"):
            values = [run.metrics["thresholds"][policy][name] for run in single]
            assert row["thresholds"][policy][f"{name}_per_seed"] == values
            assert row["thresholds"][policy][name] == pytest.approx(np.mean(values))
    assert contest.gains["auroc"].to_numpy() == pytest.approx(np.mean([run.per_finding["auroc"] for run in single], axis=0))
    assert contest.gains["auprc"].to_numpy() == pytest.approx(np.mean([run.per_finding["auprc"] for run in single], axis=0))
    assert contest.gains["prevalence"].equals(single[0].per_finding["prevalence"])
    assert row["seeds"] == 3
    assert row["seconds"] == {"mean": 90, "per_seed": [60, 90, 120]}
    assert contest.document["findings_in_macro"] == single[0].metrics["findings_in_macro"]


def test_intervals_are_those_of_a_plain_loop_over_replicates(case: Case) -> None:
    runs = {"base": [noisy(case, 0), noisy(case, 1)], "other": [noisy(case, 2, 0.2), noisy(case, 3, 0.2)]}
    contest = ranked(case, *(entry(case, name, *scores) for name, scores in runs.items()), replicates=25)
    weights = PatientBootstrap(case.patients, 25).weights(0, 25)
    areas = {
        name: np.array([[Ranking.of(y, s).figures(weights)[0] for y, s in zip(case.labels.T, run.T, strict=True)] for run in scores])
        for name, scores in runs.items()
    }  # (seed, finding, replicate)
    rows = {row["name"]: row for row in contest.document["rows"]}
    for name, area in areas.items():
        assert rows[name]["macro_auroc"]["ci95"] == pytest.approx(np.quantile(area.mean(axis=(0, 1)), [0.025, 0.975]).tolist())
    gain = (areas["other"] - areas["base"]).mean(axis=0)
    [difference] = contest.document["differences"]
    assert difference["macro_auroc"]["ci95"] == pytest.approx(np.quantile(gain.mean(axis=0), [0.025, 0.975]).tolist())
    table = contest.gains[contest.gains["contestant"] == "other"]
    assert table["auroc_gain_low"].to_numpy() == pytest.approx(np.quantile(gain, 0.025, axis=1))
    assert table["auroc_gain_high"].to_numpy() == pytest.approx(np.quantile(gain, 0.975, axis=1))


def test_an_oracle_is_one_more_policy_and_touches_no_other(case: Case) -> None:
    base = entry(case, "base", case.scores)
    oracle = Contestant("base", base.scores, [base.thresholds[0].with_oracle(case.labels, case.scores)], base.seconds)
    [plain], [row] = ranked(case, base).document["rows"], ranked(case, oracle).document["rows"]
    assert list(row["thresholds"]) == [*POLICIES, ORACLE]
    assert row["thresholds"][ORACLE]["macro_f1"] >= max(row["thresholds"][policy]["macro_f1"] for policy in POLICIES)
    assert {**row, "thresholds": {policy: row["thresholds"][policy] for policy in POLICIES}} == plain


def test_paired_intervals_are_narrower_than_unpaired_ones(case: Case) -> None:
    document = ranked(case, entry(case, "base", noisy(case, 0)), entry(case, "like", noisy(case, 1)), replicates=200).document
    low, high = document["differences"][0]["macro_auroc"]["ci95"]
    widths = [row["macro_auroc"]["ci95"][1] - row["macro_auroc"]["ci95"][0] for row in document["rows"]]
    assert high - low < 0.7 * np.hypot(*widths)


def test_scores_of_unknown_labels_change_nothing(case: Case) -> None:
    base, other = entry(case, "base", case.scores), entry(case, "other", noisy(case, 1))
    hidden = Contestant("other", [np.where(case.labels < 0, 1e3, other.scores[0])], other.thresholds, other.seconds)
    before, after = ranked(case, base, other), ranked(case, base, hidden)
    assert before.document == after.document
    assert before.gains.equals(after.gains)


def test_undefined_figures_are_null_and_findings_left_out_have_reasons(case: Case) -> None:
    labels = case.labels.copy()
    labels[:, 0] = -1
    labels[np.flatnonzero(labels[:, 1] == 1)[3:], 1] = 0
    contest = ranked(case, entry(case, "base", case.scores), entry(case, "better", better(case)), labels=labels)
    assert contest.document["findings_left_out"] == {"f0": "unknown in every record", "f1": "3 positives, fewer than 10"}
    assert contest.document["differences"][0]["auroc_gain_by_prevalence"]["findings"] == 4
    assert contest.document["rows"][0]["macro_auroc"]["sd"] is None
    empty = ranked(case, entry(case, "base", case.scores), entry(case, "other", better(case)), labels=np.full_like(labels, -1)).document
    assert "NaN" not in json.dumps(empty)
    assert empty["differences"][0]["macro_auroc"] == {"value": None, "ci95": None, "p": None, "p_holm": None}


def test_spearman_known_cases() -> None:
    assert spearman(np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 4, 3, 5])) == pytest.approx(1 - 6 * 4 / (5 * 24))  # no ties
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 6, 40), rng.random(40)
    assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert np.isnan(spearman(np.ones(4), np.arange(4.0)))


def test_a_gain_on_rare_findings_correlates_negatively_with_prevalence(case: Case) -> None:
    helped = case.scores + (case.labels == 1) * np.linspace(0.5, 0, 6)
    [row] = ranked(case, entry(case, "base", case.scores), entry(case, "text", helped)).document["differences"]
    assert row["auroc_gain_by_prevalence"]["spearman"] < -0.9


def test_what_does_not_belong_together_is_refused(case: Case) -> None:
    base = entry(case, "base", case.scores)
    with pytest.raises(UsageError, match="no contestant is called 'base'"):
        ranked(case, entry(case, "other", case.scores))
    with pytest.raises(UsageError, match="two contestants have one name"):
        ranked(case, base, base)
    with pytest.raises(DataError, match="'x' has 1 score tables, 0 thresholds and 1 training times"):
        ranked(case, base, Contestant("x", [case.scores], [], [1.0]))
    with pytest.raises(DataError, match="'x' has 0 score tables"):
        ranked(case, base, Contestant("x", [], [], []))
    with pytest.raises(DataError, match=r"contestant 'x', seed 2 of 2: evaluation: .* do not belong together"):
        ranked(case, base, Contestant("x", [case.scores, case.scores[:-1]], [base.thresholds[0]] * 2, [1.0, 1.0]))
