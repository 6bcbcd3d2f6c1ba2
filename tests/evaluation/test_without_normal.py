"""Micro-F1 without "normal", and its share of the true positives, by scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.evaluation.without_normal import NORMAL_SHARE, WITHOUT_NORMAL, without_normal

from .cases import random_case


def test_figures_without_normal_are_those_of_the_other_findings() -> None:
    case = random_case(n=120, k=4)
    thresholds = Thresholds({"fixed": np.full(4, 0.5), "global": np.full(4, 0.3)})
    other = np.clip(case.scores + 0.05, 0, 1)
    found = without_normal(
        case.labels, [3], Contestant("", [case.scores, other], [thresholds] * 2, [0, 0]), PatientBootstrap(case.patients, 50)
    )
    assert set(found) == {"fixed", "global"}
    known = case.labels[:, :3] >= 0
    for policy, cut in (("fixed", 0.5), ("global", 0.3)):
        f1 = [f1_score(case.labels[:, :3][known], (scores[:, :3] >= cut)[known]) for scores in (case.scores, other)]
        assert found[policy][WITHOUT_NORMAL]["per_seed"] == pytest.approx(f1)
        assert found[policy][WITHOUT_NORMAL]["value"] == pytest.approx(np.mean(f1))
        hits = [(case.labels == 1) & (scores >= cut) for scores in (case.scores, other)]
        assert found[policy][NORMAL_SHARE]["per_seed"] == pytest.approx([one[:, 3].sum() / one.sum() for one in hits])
        low, high = found[policy][NORMAL_SHARE]["ci95"]
        assert low < found[policy][NORMAL_SHARE]["value"] < high
