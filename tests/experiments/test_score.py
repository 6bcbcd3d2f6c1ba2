"""A rival's predictions under the ruler of `evaluate`: the same figures, thresholds from validation only, and honest gaps."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jaccardio.cohort.split import load_split, save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.estimate import jsonable
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import Thresholds, fit_thresholds
from jaccardio.experiments.evaluate_run import evaluate_run, score_part
from jaccardio.experiments.held_out import part_of
from jaccardio.experiments.score import Score, Submission, run_score
from jaccardio.experiments.subgroups import subgroups_of
from jaccardio.report import evaluation_report, ranked
from jaccardio.report.plots import CURVES
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from jaccardio.training.run_folder import RunFolder
from tests.conftest import TINY, Hospitals


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots are tested in tests/report; here they would take nine tenths of the time."""
    monkeypatch.setattr(evaluation_report, "draw_evaluation", lambda *_: dict.fromkeys(("auroc", *CURVES), b""))
    monkeypatch.setattr(ranked, "draw_gains", lambda *_: b"")
    monkeypatch.setattr(ranked, "draw_ranking", lambda *_: b"")


@pytest.fixture
def store(hospitals: Hospitals) -> Store:
    return Store.open(hospitals.home)


def part(store: Store, name: str) -> np.ndarray:
    split = load_split(store)
    assert split is not None
    return store.rows_of(split.parts[name])


def rival(store: Store, seed: int = 0) -> np.ndarray:
    """Probabilities (records, findings) that know something of the labels."""
    noise = np.random.default_rng(seed).normal(0, 1, store.labels.shape)
    return 1 / (1 + np.exp(1.5 - 1.5 * (store.labels == 1) - noise))


def write(path: Path, store: Store, scores: np.ndarray, rows: np.ndarray | None = None) -> Path:
    rows = np.arange(len(store)) if rows is None else rows
    columns = {f"score_{code}": scores[rows, column] for column, code in enumerate(store.vocabulary.codes)}
    pd.DataFrame({"recording_id": store.ids[rows], **columns}).sample(frac=1, random_state=0).to_parquet(path, index=False)
    return path


def scored(store: Store, predictions: Path, **settings: Any) -> Score:
    return run_score(store, Submission(predictions, **settings), predictions.parent / "out", replicates=20, device="cpu")


def known(store: Store, rows: np.ndarray) -> np.ndarray:
    return np.flatnonzero((store.labels[rows] >= 0).any(axis=0))


def test_metrics_are_those_of_evaluate_with_thresholds_fitted_on_the_validation_part_alone(store: Store, tmp_path: Path) -> None:
    scores, rows, fitting = rival(store), part(store, "test"), part(store, "validation")
    columns = known(store, rows)
    done = scored(store, write(tmp_path / "rival.parquet", store, scores))
    thresholds = fit_thresholds(store.labels[np.ix_(fitting, columns)], scores[np.ix_(fitting, columns)])
    for other in ("test", "train"):  # fitting on another part would show below
        there = part(store, other)
        assert fit_thresholds(store.labels[np.ix_(there, columns)], scores[np.ix_(there, columns)])["global"][0] != thresholds["global"][0]
    vocabulary = store.vocabulary.subset(columns.tolist())
    ours = Scored("ours", [scores[np.ix_(rows, columns)]], [thresholds])
    groups = subgroups_of(store.records.iloc[rows])
    expected = evaluate(part_of(store, rows, vocabulary), ours, subgroups=groups, replicates=20)
    written = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert written["policies_left_out"] == {}
    assert written == jsonable(expected.metrics)
    assert done.records == len(rows)
    assert f"fitted on {len(fitting)} of {len(fitting)} ECGs of the store's validation part" in done.thresholds
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"metrics.json", "per_finding.csv", "predictions.parquet", "report.html", "thresholds.json"} <= names
    assert "model_card.md" not in names


def test_the_predictions_that_evaluate_writes_give_the_metrics_of_evaluate(hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    run, store = RunFolder(Path(shutil.copytree(trained, tmp_path / "run"))), Store.open(hospitals.home)
    ours = evaluate_run(run, store, "test", tmp_path / "ours", device="cpu", replicates=20).evaluation.metrics
    again = scored(store, tmp_path / "ours" / "predictions.parquet").evaluation.metrics
    for figure in ("macro_auroc", "macro_auprc", "levels", "n_known", "findings_in_macro"):
        assert jsonable(again[figure]) == jsonable(ours[figure])
    assert jsonable(again["thresholds"]["fixed"]) == jsonable(ours["thresholds"]["fixed"])
    assert set(again["policies_left_out"]) == {"global", "per_finding"}
    assert "no ECG of the validation part among the predictions" in again["policies_left_out"]["global"]
    assert not any(metric.defined for policy in ("global", "per_finding") for metric in again["thresholds"][policy].values())


def test_logits_rank_alike_and_have_no_metrics_that_need_probabilities(store: Store, tmp_path: Path) -> None:
    scores = rival(store)
    first = scored(store, write(tmp_path / "probabilities.parquet", store, scores)).evaluation
    second = scored(store, write(tmp_path / "logits.parquet", store, np.log(scores / (1 - scores)))).evaluation
    areas = [one.metrics["macro_auroc"] for one in (first, second)]
    assert (areas[0].value, areas[0].low, areas[0].high) == pytest.approx((areas[1].value, areas[1].low, areas[1].high))
    micro_f1 = [one.metrics["thresholds"]["global"]["micro_f1"].value for one in (first, second)]
    assert micro_f1[0] == pytest.approx(micro_f1[1], abs=0.03)  # a threshold is halfway between two scores, on either scale
    assert not second.metrics["thresholds"]["fixed"]["micro_f1"].defined
    assert "outside [0, 1]" in second.metrics["policies_left_out"]["fixed"]
    assert set(second.metrics["levels"]) == {"all"}
    assert "outside [0, 1]" in (tmp_path / "out" / "report.html").read_text()


def test_thresholds_of_one_scoring_serve_another_hospital(store: Store, hospitals: Hospitals, tmp_path: Path) -> None:
    away = Store.open(hospitals.away)
    scored(store, write(tmp_path / "home.parquet", store, rival(store)))
    (tmp_path / "out" / "thresholds.json").rename(tmp_path / "thresholds.json")
    predictions = write(tmp_path / "away.parquet", away, rival(away))
    without = scored(away, predictions, part="all").evaluation.metrics
    assert not without["thresholds"]["global"]["micro_f1"].defined
    assert "part all holds no validation part" in without["policies_left_out"]["per_finding"]
    codes = [code for code in store.vocabulary.codes if code in json.loads((tmp_path / "thresholds.json").read_text())["global"]]
    done = scored(away, predictions, part="all", thresholds=tmp_path / "thresholds.json", findings=tuple(codes))
    rows, columns = np.arange(len(away)), [away.vocabulary.index(code) for code in codes]
    given = json.loads((tmp_path / "thresholds.json").read_text())
    policies = {policy: np.array([given[policy][code] for code in codes]) for policy in given}
    thresholds = Thresholds({"fixed": np.full(len(codes), 0.5), **policies})
    judged = part_of(away, rows, away.vocabulary.subset(columns))
    expected = evaluate(judged, Scored("given", [rival(away)[:, columns]], [thresholds]), replicates=20)
    assert jsonable(done.evaluation.metrics["thresholds"]) == jsonable(expected.metrics["thresholds"])
    (tmp_path / "thresholds.json").write_text('{"global": {"af": 0.5}}')
    with pytest.raises(DataError, match="one number for every finding"):
        scored(away, predictions, part="all", thresholds=tmp_path / "thresholds.json")


def test_predictions_are_paired_with_a_run_on_the_same_patients(hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    run, store = RunFolder(Path(shutil.copytree(trained, tmp_path / "run"))), Store.open(hospitals.home)
    perfect = write(tmp_path / "perfect.parquet", store, 0.9 * (store.labels == 1) + 0.01)
    table = scored(store, perfect, against=run.path).paired
    assert table is not None
    assert {one.reference for one in table.differences} == {"run (truth-small, seed 0)"}
    theirs = score_part(run, store, "test", device="cpu")
    expected = evaluate(theirs.part, theirs.scored, replicates=1).metrics
    assert expected["macro_auroc"].defined
    found = {(one.metric, one.policy): one.estimate for one in table.differences if one.finding is None}
    assert found["macro_auroc", None].value == pytest.approx(1 - expected["macro_auroc"].value)
    assert found["micro_f1", "global"].value == pytest.approx(1 - expected["thresholds"]["global"]["micro_f1"].value)
    assert found["macro_auroc", None].low > 0
    assert (tmp_path / "out" / "against" / "results.html").is_file()
    assert "training_minutes" not in {row.metric for row in table.rows}  # nobody knows them


def test_two_runs_are_paired_with_the_thresholds_of_their_training(hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    ours, theirs = (RunFolder(Path(shutil.copytree(trained, tmp_path / name))) for name in ("ours", "theirs"))
    store = Store.open(hospitals.home)
    done = scored(store, ours.path, against=theirs.path)
    expected = score_part(ours, store, "test", device="cpu")
    metrics = evaluate(expected.part, expected.scored, replicates=20).metrics
    assert done.evaluation.metrics["thresholds"]["global"]["micro_f1"].value == metrics["thresholds"]["global"]["micro_f1"].value
    assert done.thresholds == "fitted on the run's validation part"
    assert done.paired is not None
    differences = [one.estimate.value for one in done.paired.differences if one.metric in ("macro_auroc", "micro_f1")]
    assert len(differences) == 4
    assert not any(differences)
    with pytest.raises(UsageError, match="a run has its own"):
        scored(store, ours.path, thresholds=tmp_path / "thresholds.json")


def test_predictions_are_paired_with_a_file_on_what_both_have(store: Store, tmp_path: Path) -> None:
    scores, rows = rival(store), part(store, "test")
    ours, half = write(tmp_path / "ours.parquet", store, scores), rows[: len(rows) // 2]
    theirs = pd.read_parquet(write(tmp_path / "theirs.parquet", store, scores, np.concatenate([half, part(store, "validation")])))
    theirs.drop(columns=["score_af"]).to_parquet(tmp_path / "theirs.parquet", index=False)
    table = scored(store, ours, against=tmp_path / "theirs.parquet").paired
    assert table is not None
    assert table.scored[0].startswith(f"{len(half)} ECGs of ")
    assert "af" not in {row.finding for row in table.rows}
    ranked_equal = [one.estimate.value for one in table.differences if one.metric in ("macro_auroc", "macro_auprc", "auroc")]
    assert ranked_equal
    assert all(value == 0 for value in ranked_equal if np.isfinite(value))
    unpaired = write(tmp_path / "none.parquet", store, scores, part(store, "train"))
    with pytest.raises(DataError, match="no ECG of the part in common"):
        scored(store, ours, against=unpaired)


def test_an_opponent_without_validation_rows_has_no_f1_to_differ_in(store: Store, tmp_path: Path) -> None:
    ours = write(tmp_path / "same.parquet", store, rival(store))
    (tmp_path / "other").mkdir()
    theirs = write(tmp_path / "other" / "same.parquet", store, rival(store, 1), part(store, "test"))
    paired = scored(store, ours, against=theirs).paired
    assert paired is not None
    assert {(one.metric, one.policy) for one in paired.differences if one.metric == "micro_f1"} == {("micro_f1", "fixed")}
    assert {row.model for row in paired.rows} == {"same.parquet", "same.parquet (against)"}


def test_only_what_is_scored_has_to_be_there(store: Store, tmp_path: Path) -> None:
    rows = part(store, "test")
    scores = rival(store)
    scores[part(store, "train")] = np.nan
    unknown = np.setdiff1d(np.arange(scores.shape[1]), known(store, rows))
    scores[:, unknown] = np.nan
    assert scored(store, write(tmp_path / "p.parquet", store, scores)).records == len(rows)


def test_what_does_not_fit_the_store_is_refused(store: Store, tmp_path: Path) -> None:
    scores, rows = rival(store), part(store, "test")
    with pytest.raises(DataError, match=rf"1 of {len(rows)} recordings have no row \({store.ids[rows[3]]}\)"):
        scored(store, write(tmp_path / "p.parquet", store, scores, np.setdiff1d(np.arange(len(store)), rows[3])))
    table = pd.read_parquet(write(tmp_path / "p.parquet", store, scores))
    pd.concat([table, table[:1].assign(recording_id="ptbxl:1")]).to_parquet(tmp_path / "q.parquet", index=False)
    with pytest.raises(DataError, match="1 of 241 recording ids are not in this store, the first is ptbxl:1"):
        scored(store, tmp_path / "q.parquet")
    table.drop(columns=["score_af", "score_vpc"]).to_parquet(tmp_path / "q.parquet", index=False)
    with pytest.raises(DataError, match=r"no scores for 2 of \d+ findings \(.*\).*--findings"):
        scored(store, tmp_path / "q.parquet")
    assert scored(store, tmp_path / "q.parquet", findings=("normal",)).evaluation.per_finding["finding"].tolist() == ["normal"]
    with pytest.raises(UsageError, match="unknown finding 'nothing'"):
        scored(store, tmp_path / "p.parquet", findings=("nothing",))
    with pytest.raises(UsageError, match="use test or all"):
        scored(store, tmp_path / "p.parquet", part="train")


def test_a_store_without_a_split_or_with_a_leaking_one_is_refused(store: Store, hospitals: Hospitals, tmp_path: Path) -> None:
    away = Store.open(hospitals.away)
    with pytest.raises(UsageError, match="--part all"):
        scored(away, write(tmp_path / "p.parquet", away, rival(away)))
    split = load_split(store)
    assert split is not None
    records = store.records.copy()
    records.loc[part(store, "validation")[0], "patient_key"] = records.loc[part(store, "test")[0], "patient_key"]
    leaking = Store(store.path, store.manifest, store.contract, store.vocabulary, records, store.labels)
    with pytest.raises(DataError, match="patients stand both in validation and in test"):
        scored(leaking, write(tmp_path / "p.parquet", store, rival(store)))


def test_an_opponents_thresholds_are_not_fitted_on_the_ecgs_that_a_run_of_another_split_is_tested_on(
    hospitals: Hospitals, trained: Path, tmp_path: Path
) -> None:
    run = RunFolder(Path(shutil.copytree(trained, tmp_path / "run")))
    store = Store.open(shutil.copytree(hospitals.home, tmp_path / "store"))
    save_split(store, split_by_fractions(store, (0.6, 0.2, 0.2), seed=7))
    fitting, tested = store.ids[part(store, "validation")].tolist(), run.split.parts["test"]
    left = set(fitting) - set(tested)
    assert 0 < len(left) < len(fitting)
    scored(store, run.path, against=write(tmp_path / "rival.parquet", store, rival(store)))
    document = json.loads((run.path.parent / "out" / "against" / "results.json").read_text())
    assert document["facts"]["Thresholds of rival.parquet"].startswith(f"fitted on {len(left)} of {len(fitting)} ECGs")


def test_what_a_run_withholds_is_unknown_for_both_sides(
    store: Store, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, masks = RunFolder(Path(shutil.copytree(trained, tmp_path / "run"))), store.lead_masks.copy()
    masks[part(store, "test")[:3], 6] = False  # V1, which the model was never without
    monkeypatch.setitem(vars(store), "lead_masks", masks)
    file = write(tmp_path / "rival.parquet", store, rival(store))
    tables = [scored(store, one, against=other).paired for one, other in ((file, run.path), (run.path, file))]
    counted = [table.scored for table in tables if table]
    look = score_part(run, store, "test", device="cpu")
    assert look.withheld.any()
    assert f"{(look.part.labels >= 0).sum():,} known labels" in counted[0][0]
    assert counted[0] == counted[1]


def test_findings_that_a_run_does_not_know_are_refused(store: Store, tmp_path: Path) -> None:
    split = load_split(store)
    assert split is not None
    config = load_preset("truth-small", (*TINY, "training.epochs=1", 'data.hidden_findings=["af"]'))
    train(store, split, config, tmp_path / "run", device="cpu")
    for findings in (("af",), ("af", "normal")):
        with pytest.raises(DataError, match="the run does not know af"):
            scored(store, tmp_path / "run", findings=findings)
    assert scored(store, tmp_path / "run", findings=("normal",)).evaluation.per_finding["finding"].tolist() == ["normal"]
