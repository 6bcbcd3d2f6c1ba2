"""Figures of two hospitals side by side, against plain formulas."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jaccardio.errors import DataError
from jaccardio.evaluation.shift import Place, measure_shift
from jaccardio.evaluation.thresholds import fit_thresholds

from .cases import random_case


def _place(n: int, seed: int, moved: float) -> Place:
    case = random_case(n, 4, seed)
    features = np.random.default_rng(seed).normal(moved, 1, (n, 3)).astype(np.float32)
    return Place(case.labels, case.scores, features, case.patients)


CODES = ("a", "b", "c", "d")


def test_every_figure_is_that_of_its_definition() -> None:
    home, away = _place(400, 0, 0.0), _place(300, 1, 2.0)
    document = measure_shift(home, away, CODES, fit_thresholds(home.labels, home.scores), replicates=200)
    differences = []
    for column, row in enumerate(document["findings"]):
        for name, place in (("home", home), ("away", away)):
            labels = place.labels[:, column]
            known = labels >= 0
            assert row["prevalence"][name]["value"] == pytest.approx((labels == 1).sum() / known.sum())
            assert row["auroc"][name]["value"] == pytest.approx(roc_auc_score(labels[known], place.scores[known, column]))
            low, high = row["prevalence"][name]["ci95"]
            assert low < row["prevalence"][name]["value"] < high
        assert row["n_pos"]["away"] == (away.labels[:, column] == 1).sum()
        differences.append(row["auroc"]["away"]["value"] - row["auroc"]["home"]["value"])
        assert row["auroc"]["change"]["value"] == pytest.approx(differences[-1])
        assert row["auroc"]["p_holm"] >= row["auroc"]["p"]
    assert all(row["in_macro"] for row in document["findings"])
    assert document["macro_auroc"]["change"]["value"] == pytest.approx(np.mean(differences))
    assert document["embedding"]["between"]["value"] == pytest.approx(12, abs=1.5)
    assert document["embedding"]["ratio"] > 20
    assert document["home"]["n_records"] == 400


def test_the_interval_of_a_change_is_that_of_independent_samples() -> None:
    """Two halves of the same hospital, with the same patients' keys: paired resamples would make the interval too narrow."""
    home = _place(300, 0, 0.0)
    same = measure_shift(home, home, CODES, fit_thresholds(home.labels, home.scores), replicates=200)
    for row in same["findings"]:
        assert row["auroc"]["change"]["value"] == 0
        low, high = row["auroc"]["change"]["ci95"]
        widths = [row["auroc"][place]["ci95"][1] - row["auroc"][place]["ci95"][0] for place in ("home", "away")]
        assert high - low == pytest.approx(np.hypot(*widths), rel=0.25)
        assert low < 0 < high


def test_a_finding_that_one_place_does_not_know_has_no_change() -> None:
    home, away = _place(300, 0, 0.0), _place(300, 1, 0.0)
    away.labels[:, 2] = -1
    document = measure_shift(home, away, CODES, fit_thresholds(home.labels, home.scores), replicates=20)
    row = document["findings"][2]
    assert row["auroc"]["change"] == {"value": None, "ci95": None}
    assert (row["auroc"]["p"], row["auroc"]["p_holm"], row["in_macro"]) == (None, None, False)
    assert row["prevalence"]["away"]["value"] is None
    assert document["away"]["findings_left_out"] == {"c": "unknown in every record"}
    assert document["macro_auroc"]["change"]["value"] is not None


def test_a_handful_of_positives_is_shown_and_not_tested() -> None:
    home, away = _place(300, 0, 0.0), _place(300, 1, 0.0)
    away.labels[np.flatnonzero(away.labels[:, 3] == 1)[5:], 3] = 0
    document = measure_shift(home, away, CODES, fit_thresholds(home.labels, home.scores), replicates=20)
    row = document["findings"][3]
    assert row["n_pos"]["away"] == 5
    assert row["auroc"]["change"]["value"] is not None
    assert (row["auroc"]["p"], row["auroc"]["p_holm"], row["in_macro"]) == (None, None, False)
    assert document["findings"][0]["auroc"]["p"] is not None


def test_tables_that_do_not_belong_together_are_refused() -> None:
    home, away = _place(300, 0, 0.0), _place(300, 1, 0.0)
    with pytest.raises(DataError, match="do not belong together"):
        measure_shift(home, away, CODES[:3], fit_thresholds(home.labels, home.scores))
