from dataclasses import replace

import numpy as np
import pytest

from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.levels import aggregate_level, evaluate_levels
from jaccardio.evaluation.part import Part

from .cases import Case

# Columns: IMI and AMI (super MI), LVH (super HYP), SR (of no super class).
LABELS = np.array(
    [
        [1, 0, 0, 1],
        [0, 0, 1, 0],
        [0, -1, 1, 0],  # MI unknown: no child present, one unknown
        [-1, 1, 0, 1],  # MI present all the same
        [0, 0, 0, 1],  # no statement of the level: dropped
        [0, 0, -1, 1],  # none known to be present: dropped
    ],
    np.int8,
)
SCORES = np.array(
    [[0.2, 0.9, 0.1, 0.5], [0.3, 0.1, 0.8, 0.5], [0.6, 0.4, 0.2, 0.5], [0.1, 0.2, 0.3, 0.5], [0.9, 0.9, 0.9, 0.5], [0.9, 0.9, 0.9, 0.5]]
)
SUPER = [("MI", (0, 1)), ("HYP", (2,))]


def test_labels_and_scores_of_a_level() -> None:
    labels, scores = aggregate_level(LABELS, SCORES, SUPER)
    assert labels.tolist() == [[1, 0], [0, 1], [-1, 1], [1, 0], [-1, -1], [-1, -1]]
    np.testing.assert_allclose(scores[:4], [[1 - 0.8 * 0.1, 0.1], [1 - 0.7 * 0.9, 0.8], [1 - 0.4 * 0.6, 0.2], [1 - 0.9 * 0.8, 0.3]])


def test_a_group_of_one_keeps_its_scores_to_the_bit() -> None:
    tiny = np.array([[1e-30], [2e-30]])
    assert (aggregate_level(np.array([[1], [1]], np.int8), tiny, [("one", (0,))])[1] == tiny).all()


def test_level_of_a_level() -> None:
    patients = np.arange(6).astype(str)
    part = Part(patients, patients, LABELS, ("IMI", "AMI", "LVH", "SR"), {"super": SUPER})
    level = evaluate_levels(part, SCORES, PatientBootstrap(patients, replicates=10))["super"]
    assert (level["n_statements"], level["n_records"]) == (2, 4)
    # MI: {0.92, 0.28} against {0.37} = 1/2; HYP: {0.8, 0.2} against {0.1, 0.3} = 3/4
    assert level["macro_auroc"].value == pytest.approx((1 / 2 + 3 / 4) / 2)


def test_a_level_stays_with_some_findings_if_all_of_its_own_are_among_them(case: Case) -> None:
    part = replace(case.part, groups={"kept": [("both", (3, 1))], "lost": [("one", (0,)), ("other", (1,))]})
    assert part.of_findings([1, 2, 3]).groups == {"kept": [("both", (2, 0))]}


def test_statements_without_a_positive_do_not_count(case: Case) -> None:
    labels = case.labels.copy()
    labels[labels[:, 0] == 1, 0] = 0
    level = evaluate_levels(replace(case.part, labels=labels), case.scores, PatientBootstrap(case.patients, replicates=5))["all"]
    kept, _ = aggregate_level(labels, case.scores, case.groups["all"])
    assert level["n_statements"] == 5
    assert level["macro_auroc"].value == pytest.approx(np.mean([auroc(kept[:, column], case.scores[:, column]) for column in range(1, 6)]))


def test_a_level_nobody_shows_is_undefined(case: Case) -> None:
    nobody = replace(case.part, labels=np.zeros_like(case.labels))
    level = evaluate_levels(nobody, case.scores, PatientBootstrap(case.patients, replicates=5))["all"]
    assert np.isnan(level["macro_auroc"].value)
    assert (level["n_statements"], level["n_records"]) == (0, 0)
