"""Metrics of two hospitals side by side, against plain formulas."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jaccardio.errors import DataError
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.differences import holm
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.shift import Hospital, _over_draws, measure_shift
from jaccardio.evaluation.table import Difference, Table

from .cases import random_case

PLACES = ("home", "external")


def _hospital(n: int, seed: int, moved: float) -> Hospital:
    case = random_case(n, 4, seed)
    features = np.random.default_rng(seed).normal(moved, 1, (n, 3)).astype(np.float32)
    part = case.part
    return Hospital(replace(part, codes=CODES, groups={}), case.scored(), features)


CODES = ("a", "b", "c", "d")


def _tables(home: Hospital, external: Hospital, replicates: int = 20) -> dict[str, Table]:
    tables = measure_shift(home, external, replicates=replicates)
    for table in tables.values():
        table.settle()
    return tables


def _changes(table: Table, metric: str = "auroc") -> dict[str, Difference]:
    return {one.finding or "": one for one in table.differences if one.metric == metric}


def _with_labels(hospital: Hospital, labels: np.ndarray) -> Hospital:
    return replace(hospital, part=replace(hospital.part, labels=labels))


def test_every_metric_is_that_of_its_definition() -> None:
    hospitals = {"home": _hospital(400, 0, 0.0), "external": _hospital(300, 1, 2.0)}
    tables = _tables(*hospitals.values(), replicates=200)
    table, changes = tables["hospitals"], _changes(tables["hospitals"])
    differences = []
    for column, code in enumerate(CODES):
        for name, hospital in hospitals.items():
            labels, scores = hospital.part.labels[:, column], hospital.scored.scores[0][:, column]
            known = labels >= 0
            prevalence = table.estimate(name, "prevalence", finding=code)
            assert prevalence.value == pytest.approx((labels == 1).sum() / known.sum())
            assert prevalence.low < prevalence.value < prevalence.high
            assert table.estimate(name, "auroc", finding=code).value == pytest.approx(roc_auc_score(labels[known], scores[known]))
            assert table.estimate(name, "positives", finding=code).value == (labels == 1).sum()
        home, external = (table.estimate(name, "auroc", finding=code).value for name in PLACES)
        differences.append(external - home)
        assert changes[code].estimate.value == pytest.approx(differences[-1])
    p_values = [changes[code].p for code in CODES]
    assert [changes[code].p_holm for code in CODES] == pytest.approx(holm(p_values))
    assert holm(p_values) != pytest.approx(p_values)
    assert table.left_out == {}
    assert _changes(table, "macro_auroc")[""].estimate.value == pytest.approx(np.mean(differences))
    between = tables["embedding"].estimate("home and external", "frechet_distance").value
    within = tables["embedding"].estimate("two halves of home", "frechet_distance").value
    assert between == pytest.approx(12, abs=1.5)
    assert 0 < within < 12 / 20
    assert tables["embedding"].estimate("home and external", "times_within_home").value == pytest.approx(between / within)
    assert table.scored[0].startswith("home: 400 ECGs")


def test_the_interval_of_a_change_is_that_of_independent_samples() -> None:
    """The same hospital twice, with the same patients' keys: paired resamples would make the interval too narrow."""
    home = _hospital(300, 0, 0.0)
    table = _tables(home, home, replicates=200)["hospitals"]
    for code, change in _changes(table).items():
        assert change.estimate.value == 0
        ends = [table.estimate(name, "auroc", finding=code) for name in PLACES]
        assert change.estimate.high - change.estimate.low == pytest.approx(np.hypot(*(one.high - one.low for one in ends)), rel=0.25)
        assert change.estimate.low < 0 < change.estimate.high


def test_a_finding_that_one_hospital_does_not_know_has_no_change() -> None:
    home, external = _hospital(300, 0, 0.0), _hospital(300, 1, 0.0)
    labels = external.part.labels.copy()
    labels[:, 2] = -1
    table = _tables(home, _with_labels(external, labels))["hospitals"]
    change = _changes(table)["c"]
    assert not change.estimate.defined
    assert np.isnan([change.p, change.p_holm]).all()
    assert not table.estimate("external", "prevalence", finding="c").defined
    assert table.left_out == {"c": "external: unknown in every record"}
    assert _changes(table, "macro_auroc")[""].estimate.defined


@pytest.mark.parametrize("few", PLACES)
def test_a_handful_of_positives_is_shown_and_not_tested(few: str) -> None:
    hospitals = {"home": _hospital(300, 0, 0.0), "external": _hospital(300, 1, 0.0)}
    labels = hospitals[few].part.labels.copy()
    labels[np.flatnonzero(labels[:, 3] == 1)[5:], 3] = 0
    hospitals[few] = _with_labels(hospitals[few], labels)
    table = _tables(*hospitals.values())["hospitals"]
    changes = _changes(table)
    assert table.estimate(few, "positives", finding="d").value == 5
    assert changes["d"].estimate.defined
    assert np.isnan([changes["d"].p, changes["d"].p_holm]).all()
    assert table.left_out == {"d": f"{few}: 5 positives, fewer than 10"}
    assert np.isfinite(changes["a"].p)


def _of_few_patients(hospital: Hospital, column: int, patients: int) -> Hospital:
    """The hospital, with all ECGs that show a finding in the hands of so many patients."""
    keys, showing = hospital.part.patients.astype("<U9"), np.flatnonzero(hospital.part.labels[:, column] == 1)
    keys[showing] = [f"few{number % patients}" for number in range(len(showing))]
    return replace(hospital, part=replace(hospital.part, patients=keys))


@pytest.mark.parametrize(("patients", "tested"), [(9, False), (10, True)])
@pytest.mark.parametrize("few", PLACES)
def test_positives_of_fewer_than_ten_patients_are_in_macro_and_not_tested(few: str, patients: int, tested: bool) -> None:
    hospitals = {"home": _hospital(300, 0, 0.0), "external": _hospital(300, 1, 0.0)}
    hospitals[few] = _of_few_patients(hospitals[few], 3, patients)
    table = _tables(*hospitals.values())["hospitals"]
    changes = _changes(table)
    assert table.estimate(few, "positives", finding="d").value > 10
    assert table.left_out == {}
    assert np.isfinite([changes["d"].p, changes["d"].p_holm]).tolist() == [tested, tested]
    others = [changes[code] for code in (CODES if tested else CODES[:3])]
    assert [one.p_holm for one in others] == pytest.approx(holm([one.p for one in others]))  # corrected for the tested ones only


def test_the_macro_change_is_the_mean_of_the_changes_in_each_replicate() -> None:
    """One patient shows a finding at the external hospital: where a replicate lacks it, it must not count at home either."""
    home, external = _hospital(400, 0, 0.0), _of_few_patients(_hospital(400, 1, 0.0), 3, 1)
    table = _tables(home, external, replicates=12)["hospitals"]
    weights = [PatientBootstrap(one.part.patients, 12, seed).weights(0, 12) for seed, one in enumerate((home, external))]
    means, lacking = [], 0
    for replicate in range(12):
        changes = []
        for column in range(4):
            areas = []
            for hospital, drawn in zip((home, external), weights, strict=True):
                rows = np.repeat(np.arange(400), drawn[replicate])
                labels, scores = hospital.part.labels[rows, column], hospital.scored.scores[0][rows, column]
                if 0 < (labels == 1).sum() < (labels >= 0).sum():
                    areas.append(roc_auc_score(labels[labels >= 0], scores[labels >= 0]))
            if len(areas) == 2:
                changes.append(areas[1] - areas[0])
        means.append(np.mean(changes))
        lacking += len(changes) < 4
    assert 0 < lacking < 12
    macro = _changes(table, "macro_auroc")[""].estimate
    assert [macro.low, macro.high] == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist())


def test_one_draw_has_no_range_and_undefined_draws_do_not_count() -> None:
    table = _tables(_hospital(300, 0, 0.0), _hospital(300, 1, 0.0), replicates=5)["thresholds"]
    sizes = dict.fromkeys(row.model for row in table.rows)
    assert list(sizes) == [f"{size} labelled local ECGs" for size in (0, 20, 50, 100)]
    for row in table.rows:
        assert row.metric in ("micro_f1_from_home", "micro_f1_fitted_again", "micro_f1_gain")
        assert row.estimate.defined
        assert row.estimate.has_interval is not row.model.startswith("0 ")
    assert _over_draws(np.array([1.0, np.nan, 3.0])) == Estimate(2, pytest.approx(1.05), pytest.approx(2.95))
    assert not _over_draws(np.array([np.nan, np.nan])).defined


def test_why_figures_of_a_tiny_hospital_are_undefined_is_said() -> None:
    home, external = _hospital(400, 0, 0.0), _hospital(24, 1, 0.0)
    assert _tables(home, _hospital(300, 1, 0.0))["hospitals"].warnings == []
    table = _tables(home, _with_labels(external, np.ones_like(external.part.labels)))["hospitals"]
    assert [warning.split(":")[0] for warning in table.warnings[:2]] == ["external", "external"]
    assert "no finding has both a present and an absent ECG: AUROC" in table.warnings[0]
    assert "at both hospitals: macro AUROC is undefined" in table.warnings[-1]
    assert np.isnan(table.estimate("home", "macro_auroc").value)


def test_what_does_not_belong_together_is_refused() -> None:
    home, external = _hospital(300, 0, 0.0), _hospital(300, 1, 0.0)
    with pytest.raises(DataError, match="do not belong together"):
        measure_shift(home, replace(external, scored=external.scored.of_findings([0, 1, 2])))
    with pytest.raises(DataError, match="do not have the same findings"):
        measure_shift(home, replace(external, part=external.part.of_findings([0, 1, 2]), scored=external.scored.of_findings([0, 1, 2])))
