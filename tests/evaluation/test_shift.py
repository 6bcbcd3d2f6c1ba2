"""Figures of two hospitals side by side, against plain formulas."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jaccardio.errors import DataError
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.differences import holm
from jaccardio.evaluation.shift import Place, _over_draws, measure_shift
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
    p_values = [row["auroc"]["p"] for row in document["findings"]]
    assert [row["auroc"]["p_holm"] for row in document["findings"]] == pytest.approx(holm(p_values))
    assert holm(p_values) != pytest.approx(p_values)
    assert all(row["in_macro"] for row in document["findings"])
    assert document["macro_auroc"]["change"]["value"] == pytest.approx(np.mean(differences))
    assert document["embedding"]["between"]["value"] == pytest.approx(12, abs=1.5)
    within = document["embedding"]["within_home"]["value"]
    assert 0 < within < 12 / 20
    assert document["embedding"]["ratio"] == pytest.approx(document["embedding"]["between"]["value"] / within)
    assert document["home"]["n_records"] == 400


def test_the_interval_of_a_change_is_that_of_independent_samples() -> None:
    """The same hospital twice, with the same patients' keys: paired resamples would make the interval too narrow."""
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


@pytest.mark.parametrize("few", ["home", "away"])
def test_a_handful_of_positives_is_shown_and_not_tested(few: str) -> None:
    places = {"home": _place(300, 0, 0.0), "away": _place(300, 1, 0.0)}
    labels = places[few].labels
    labels[np.flatnonzero(labels[:, 3] == 1)[5:], 3] = 0
    document = measure_shift(**places, codes=CODES, thresholds=fit_thresholds(labels, places[few].scores), replicates=20)
    row = document["findings"][3]
    assert row["n_pos"][few] == 5
    assert row["auroc"]["change"]["value"] is not None
    assert (row["auroc"]["p"], row["auroc"]["p_holm"], row["in_macro"]) == (None, None, False)
    assert document["findings_in_macro"] == ["a", "b", "c"]
    assert document["findings"][0]["auroc"]["p"] is not None


def _of_few_patients(place: Place, column: int, patients: int) -> Place:
    """The place, with all ECGs that show a finding in the hands of so many patients."""
    keys, showing = place.patients.astype("<U9"), np.flatnonzero(place.labels[:, column] == 1)
    keys[showing] = [f"few{number % patients}" for number in range(len(showing))]
    return replace(place, patients=keys)


@pytest.mark.parametrize(("patients", "tested"), [(9, False), (10, True)])
@pytest.mark.parametrize("few", ["home", "away"])
def test_positives_of_fewer_than_ten_patients_are_in_macro_and_not_tested(few: str, patients: int, tested: bool) -> None:
    places = {"home": _place(300, 0, 0.0), "away": _place(300, 1, 0.0)}
    places[few] = _of_few_patients(places[few], 3, patients)
    document = measure_shift(**places, codes=CODES, thresholds=fit_thresholds(places["home"].labels, places["home"].scores), replicates=20)
    row = document["findings"][3]
    assert row["n_pos"][few] > 10
    assert row["in_macro"]
    assert (row["auroc"]["p"] is not None) is tested
    assert (row["auroc"]["p_holm"] is not None) is tested
    others = [document["findings"][column]["auroc"] for column in (range(4) if tested else range(3))]
    assert [one["p_holm"] for one in others] == pytest.approx(holm([one["p"] for one in others]))  # corrected for the tested ones only


def test_the_macro_change_is_the_mean_of_the_changes_in_each_replicate() -> None:
    """One patient shows a finding away: a third of the replicates lack it there, and then it must not count at home either."""
    home, away = _place(400, 0, 0.0), _of_few_patients(_place(400, 1, 0.0), 3, 1)
    document = measure_shift(home, away, CODES, fit_thresholds(home.labels, home.scores), replicates=12)
    weights = [PatientBootstrap(place.patients, 12, seed).weights(0, 12) for seed, place in enumerate((home, away))]
    means, lacking = [], 0
    for replicate in range(12):
        changes = []
        for column in range(4):
            areas = []
            for place, drawn in zip((home, away), weights, strict=True):
                rows = np.repeat(np.arange(400), drawn[replicate])
                rows = rows[place.labels[rows, column] >= 0]
                if 0 < place.labels[rows, column].sum() < len(rows):
                    areas.append(roc_auc_score(place.labels[rows, column], place.scores[rows, column]))
            if len(areas) == 2:
                changes.append(areas[1] - areas[0])
        means.append(np.mean(changes))
        lacking += len(changes) < 4
    assert 0 < lacking < 12
    assert document["findings_in_macro"] == list(CODES)
    assert document["macro_auroc"]["change"]["ci95"] == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist())


def test_one_draw_has_no_range_and_undefined_draws_do_not_count() -> None:
    home = _place(300, 0, 0.0)
    rows = measure_shift(home, _place(300, 1, 0.0), CODES, fit_thresholds(home.labels, home.scores), replicates=5)["thresholds"]
    assert {row["labelled"]: row["draws"] for row in rows} == {0: 1, 20: 20, 50: 20, 100: 20}
    for row in rows:
        for figure in ("home_micro_f1", "retuned_micro_f1", "gain"):
            assert row[figure]["value"] is not None
            assert (row[figure]["draws95"] is None) is (row["labelled"] == 0)
    assert _over_draws(np.array([1.0, np.nan, 3.0])) == {"value": 2, "draws95": pytest.approx([1.05, 2.95])}
    assert _over_draws(np.array([np.nan, np.nan])) == {"value": None, "draws95": None}


def test_tables_that_do_not_belong_together_are_refused() -> None:
    home, away = _place(300, 0, 0.0), _place(300, 1, 0.0)
    with pytest.raises(DataError, match="do not belong together"):
        measure_shift(home, away, CODES[:3], fit_thresholds(home.labels, home.scores))
