import numpy as np
import pytest

from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.metrics import evaluate
from jaccardio.evaluation.per_finding import PER_FINDING_FIGURES, per_finding
from jaccardio.evaluation.thresholds import fit_thresholds

from .cases import Case


def test_figures_of_one_seed_are_those_of_evaluate_and_seeds_are_averaged(case: Case) -> None:
    other = np.clip(case.scores + np.random.default_rng(1).normal(0, 0.1, case.scores.shape), 0, 1)
    runs = [(scores, fit_thresholds(case.labels, scores)) for scores in (case.scores, other)]
    evaluated = [
        evaluate(case.labels, scores, case.patients, case.codes, case.groups, thresholds, replicates=20).per_finding.set_index("finding")
        for scores, thresholds in runs
    ]
    one, both = (
        per_finding(
            case.labels,
            case.patients,
            case.codes,
            Contestant("x", [scores for scores, _ in kept], [thresholds for _, thresholds in kept], [1.0] * len(kept)),
            replicates=20,
        )
        for kept in (runs[:1], runs)
    )
    for code in case.codes:
        for name in PER_FINDING_FIGURES:
            values = [table.loc[code, name] for table in evaluated]
            assert one[code][name]["value"] == pytest.approx(values[0])
            assert both[code][name]["per_seed"] == pytest.approx(values)
            assert both[code][name]["value"] == pytest.approx(np.mean(values))
            if name != "predicted_rate":
                interval = [evaluated[0].loc[code, f"{name}_{end}"] for end in ("low", "high")]
                assert one[code][name]["ci95"] == pytest.approx(interval)


def test_what_is_undefined_is_none(case: Case) -> None:
    labels = case.labels.copy()
    labels[:, 0] = 0
    thresholds = fit_thresholds(labels, case.scores)
    table = per_finding(labels, case.patients, case.codes, Contestant("x", [case.scores], [thresholds], [1.0]), replicates=5)
    assert table[case.codes[0]]["auroc"] == {"value": None, "ci95": None, "per_seed": [None]}
