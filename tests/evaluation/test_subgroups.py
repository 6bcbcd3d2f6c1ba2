import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from jaccardio.evaluation.calibration import Calibration
from jaccardio.evaluation.estimate import jsonable
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.thresholds import fit_thresholds

from .cases import Case, random_case


def compared(case: Case, groups: dict[str, np.ndarray], replicates: int = 10, calibration: Calibration | None = None) -> dict:
    scored = replace(case.scored(), calibration=calibration)
    evaluation = evaluate(case.part, scored, subgroups=groups, replicates=replicates)
    return json.loads(json.dumps(jsonable(evaluation.metrics["subgroups"]), allow_nan=False))


@pytest.fixture
def mixed() -> tuple[Case, np.ndarray]:
    """Three groups of 200, 349 and 51 records; the first has too few positives of two findings, which the others have."""
    case = random_case(n=600, decimals=6)
    members = np.array(["a"] * 200 + ["b"] * 349 + ["unknown"] * 51)
    labels = case.labels.copy()
    for column in (2, 3):
        labels[np.flatnonzero(labels[:200, column] == 1)[9:], column] = 0
    return Case(labels, case.scores, case.patients, case.codes, case.groups), members


def test_metrics_of_a_group_are_those_of_its_records(mixed: tuple[Case, np.ndarray]) -> None:
    case, members = mixed
    rows = compared(case, {"sex": members})["attributes"]["sex"]["groups"]
    threshold = fit_thresholds(case.labels, case.scores)["global"][0]
    assert list(rows) == ["a", "b", "unknown"]
    for name, row in rows.items():
        inside = members == name
        labels, scores = case.labels[inside], case.scores[inside]
        assert (row["n_records"], row["n_patients"]) == (inside.sum(), len(set(case.patients[inside])))
        areas, precisions = [], []
        for code, y, s in zip(case.codes, labels.T, scores.T, strict=True):
            if (y == 1).sum() < 10:
                assert code in row["findings_left_out"]
                continue
            areas.append(roc_auc_score(y[y >= 0], s[y >= 0]))
            precisions.append(average_precision_score(y[y >= 0], s[y >= 0]))
        assert row["n_findings"] == len(areas) == 6 - len(row["findings_left_out"])
        assert row["macro_auroc"]["value"] == pytest.approx(np.mean(areas))
        assert row["macro_auprc"]["value"] == pytest.approx(np.mean(precisions))
        assert row["micro_f1"]["value"] == pytest.approx(f1_score(labels[labels >= 0], scores[labels >= 0] >= threshold))
        assert row["macro_auroc"]["low"] < row["macro_auroc"]["value"] < row["macro_auroc"]["high"]


def test_metrics_of_a_group_are_of_the_scores_as_they_are(mixed: tuple[Case, np.ndarray]) -> None:
    case, members = mixed
    twisted = Calibration(3.0, np.full(6, 0.4), np.full(6, 1.5), np.full(6, True))
    assert compared(case, {"sex": members}, calibration=twisted) == compared(case, {"sex": members})


def test_common_metrics_are_over_the_findings_of_every_named_group(mixed: tuple[Case, np.ndarray]) -> None:
    case, members = mixed
    attribute = compared(case, {"sex": members})["attributes"]["sex"]
    rows = attribute["groups"]
    shared = [code for code in case.codes if code not in rows["a"]["findings_left_out"] + rows["b"]["findings_left_out"]]
    assert attribute["common_findings"] == shared
    assert {"f2", "f3"} <= set(rows["a"]["findings_left_out"])
    assert "f3" not in rows["b"]["findings_left_out"]
    columns = [case.codes.index(code) for code in shared]
    for name in ("a", "b"):
        y, s = case.labels[members == name][:, columns], case.scores[members == name][:, columns]
        areas = [roc_auc_score(a[a >= 0], b[a >= 0]) for a, b in zip(y.T, s.T, strict=True)]
        assert rows[name]["common"]["macro_auroc"]["value"] == pytest.approx(np.mean(areas))
    assert set(rows["unknown"]["findings_left_out"]) & set(shared)  # so it has no figure over the same findings
    assert rows["unknown"]["common"]["macro_auroc"] == {"value": None, "low": None, "high": None}
    assert rows["unknown"]["macro_auroc"]["value"] is not None


def test_intervals_are_on_the_resamples_of_all_patients(mixed: tuple[Case, np.ndarray]) -> None:
    case, members = mixed
    rows = compared(case, {"sex": members}, replicates=12)["attributes"]["sex"]["groups"]
    threshold, keys = fit_thresholds(case.labels, case.scores)["global"][0], np.unique(case.patients)
    micro = []
    for replicate in range(12):
        drawn = keys[np.random.default_rng([0, replicate]).integers(len(keys), size=len(keys))]
        picked = np.concatenate([np.flatnonzero(case.patients == patient) for patient in drawn])
        picked = picked[members[picked] == "b"]
        y, s = case.labels[picked], case.scores[picked]
        micro.append(f1_score(y[y >= 0], s[y >= 0] >= threshold))
    assert [rows["b"]["micro_f1"][end] for end in ("low", "high")] == pytest.approx(np.quantile(micro, [0.025, 0.975]).tolist())


def test_small_groups_and_attributes_of_one_group_are_named_without_their_size(case: Case) -> None:
    members = np.array(["10"] * 130 + ["2"] * 121 + ["3"] * 49)
    document = compared(case, {"site": members, "device": np.full(300, "unknown"), "year": np.full(300, "1990")})
    assert list(document["attributes"]) == ["site"]
    assert list(document["attributes"]["site"]["groups"]) == ["2", "10"]
    assert document["attributes"]["site"]["left_out"] == {"3": "fewer than 50 ECGs"}
    assert document["not_compared"] == {"device": "not stated for any ECG", "year": "the same for every ECG"}


def test_without_groups_there_is_nothing_to_compare(case: Case) -> None:
    assert compared(case, {}) == {"minimum_records": 50, "minimum_positives": 10, "attributes": {}, "not_compared": {}}
    few = compared(case, {"site": np.arange(300).astype(str)})["attributes"]["site"]
    assert (few["groups"], few["common_findings"], len(few["left_out"])) == ({}, [], 300)
