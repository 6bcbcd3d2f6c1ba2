"""A run is judged on what it has not seen, at home and elsewhere, and every look at a test part is written down."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaccardio.cohort.from_arrays import write_store
from jaccardio.cohort.relabel import relabel
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.calibration import fit_calibration
from jaccardio.experiments.evaluate_run import Crop, evaluate_run, score_part
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> RunFolder:
    shutil.copytree(trained, tmp_path / "run")
    return RunFolder.open(tmp_path / "run")


def test_the_written_predictions_give_the_written_metrics(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    store = Store.open(hospitals.home)
    evaluate_run(run, store, "test", tmp_path / "out", device="cpu", replicates=50)
    table = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert set(table["recording_id"]) == set(run.split.parts["test"])
    for column in ("lvh", "low_ef"):
        unknown = store.labels[store.rows_of(table["recording_id"].tolist()), store.vocabulary.index(column)] < 0
        assert unknown.any()
        assert (table[f"y_{column}"].isna().to_numpy() == unknown).all()
    values = []
    for code in metrics["findings_in_macro"]:
        known = table[f"y_{code}"].notna()
        labels = table.loc[known, f"y_{code}"].to_numpy(np.int8)
        values.append(auroc(labels, table.loc[known, f"score_{code}"].to_numpy()))
    if values:
        assert metrics["macro_auroc"]["value"] == pytest.approx(np.mean(values), abs=1e-6)
    report = (tmp_path / "out" / "report.html").read_text()
    assert "Simulated ECGs" in report
    assert "not a medical device" in report


@pytest.mark.usefixtures("without_plots")
def test_the_card_names_no_record_and_no_patient(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    store = Store.open(hospitals.home)
    evaluate_run(run, store, "test", tmp_path / "out", device="cpu", replicates=20)
    card = (tmp_path / "out" / "model_card.md").read_text()
    assert "**Simulated ECGs" in card
    assert "| preset | truth-small |" in card
    assert run.split.fingerprint in card
    for column in ("recording_id", "patient_key", "waveform"):
        assert not any(value in card for value in store.records[column])
    assert str(run.path) not in card
    assert str(store.path) not in card


@pytest.mark.usefixtures("without_plots")
def test_calibration_was_fitted_on_the_validation_part(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    evaluate_run(run, Store.open(hospitals.home), "validation", tmp_path / "out", device="cpu", replicates=20)
    table = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    codes = [name.removeprefix("score_") for name in table if name.startswith("score_")]
    labels = table[[f"y_{code}" for code in codes]].fillna(-1).to_numpy(np.int8)
    fitted = fit_calibration(labels, table[[f"score_{code}" for code in codes]].to_numpy())
    written = json.loads((run.path / "model" / "calibration.json").read_text())
    assert written["temperature"] == pytest.approx(fitted.temperature, rel=1e-4)
    assert written["platt"]["own_fit"] == fitted.own_fit.tolist()
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["calibration"]["temperature"] == written["temperature"]
    assert set(metrics["calibration"]["methods"]) == {"as_is", "temperature", "platt"}


@pytest.mark.usefixtures("without_plots")
def test_each_look_at_a_test_part_is_recorded(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    home, away = Store.open(hospitals.home), Store.open(hospitals.away)
    assert evaluate_run(run, home, "validation", tmp_path / "v", device="cpu", replicates=20).test_uses == 0
    assert evaluate_run(run, home, "test", tmp_path / "t", device="cpu", replicates=20).test_uses == 1
    assert evaluate_run(run, away, "all", tmp_path / "a", device="cpu", replicates=20).test_uses == 2
    lines = [json.loads(line) for line in (run.path / "test_uses.jsonl").read_text().splitlines()]
    assert [line["part"] for line in lines] == ["test", "all"]


@pytest.mark.parametrize("column", ["recording_id", "patient_key", "waveform"])
@pytest.mark.parametrize("part", ["train", "validation"])
def test_an_overlap_with_what_the_model_saw_is_refused(
    run: RunFolder, hospitals: Hospitals, tmp_path: Path, part: str, column: str
) -> None:
    """Each guard alone: a foreign store into which one id, one patient, or one waveform of a part that the model saw has slipped."""
    home, away = Store.open(hospitals.home), Store.open(hospitals.away)
    seen = home.records.iloc[home.rows_of(run.split.parts[part][:1])][column].iloc[0]
    records = away.records.copy()
    records.loc[records.index[3], column] = seen
    slipped = Store(away.path, away.manifest, away.contract, away.vocabulary, records, away.labels)
    with pytest.raises(DataError, match=f"1 of 80 ECGs overlap with the run's {part} part"):
        evaluate_run(run, slipped, "all", tmp_path / "out", device="cpu", replicates=20)
    assert not (tmp_path / "out").exists()
    assert not (run.path / "test_uses.jsonl").exists()


def test_the_own_store_as_a_whole_and_parts_of_a_foreign_one_are_refused(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="overlap"):
        evaluate_run(run, Store.open(hospitals.home), "all", tmp_path / "out")
    with pytest.raises(UsageError, match="--part all"):
        evaluate_run(run, Store.open(hospitals.away), "test", tmp_path / "out")
    with pytest.raises(UsageError, match="validation, test or all"):
        evaluate_run(run, Store.open(hospitals.home), "tset", tmp_path / "out")


def test_the_challenge_copy_of_a_ptbxl_record_is_known_by_its_number(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    run._split_document["parts"]["train"]["recording_id"][0] = "ptbxl:599"
    away = Store.open(hospitals.away)
    records = away.records.copy()
    records.loc[records.index[3], "recording_id"] = "challenge:HR00599"
    copied = Store(away.path, away.manifest, away.contract, away.vocabulary, records, away.labels)
    with pytest.raises(DataError, match="challenge:HR00599"):
        evaluate_run(run, copied, "all", tmp_path / "out")


@pytest.mark.usefixtures("without_plots")
def test_a_relabelled_store_is_still_the_runs_own(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    shutil.copytree(hospitals.home, tmp_path / "store")
    relabel(tmp_path / "store", "paper26")
    store = Store.open(tmp_path / "store")
    assert evaluate_run(run, store, "test", tmp_path / "out", device="cpu", replicates=20).records == len(run.split.parts["test"])


def test_a_window_is_cut_and_not_rolled(run: RunFolder, hospitals: Hospitals) -> None:
    """What stands outside the window changes no score; where the window lies does."""
    store = Store.open(hospitals.home)
    batch = store.windows(np.arange(2))
    [cut] = Crop(2.5, 5.0).cut([batch], 100.0)
    assert (cut.signal == batch.signal[:, :, 250:750]).all()
    whole, first, last = (
        score_part(run, store, "test", device="cpu", crop=crop).scored.scores[0] for crop in (None, Crop(0, 5), Crop(5, 5))
    )
    assert whole.shape == first.shape == last.shape
    assert not np.allclose(first, last)
    assert len((run.path / "test_uses.jsonl").read_text().splitlines()) == 3  # each is a look at the test part


@pytest.mark.usefixtures("without_plots")
def test_what_the_leads_cannot_show_is_neither_judged_nor_written(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    """Simulated ECGs with limb leads only, one of them short, from another hospital."""
    away = Store.open(hospitals.away)
    rows = np.arange(12)
    cuts = [500 if row == 3 else 1000 for row in rows]
    limb = [Recording.from_array(signal[:6, :cut], 100, leads=LEADS[:6]) for signal, cut in zip(away.signals(rows), cuts, strict=True)]
    named = [dataclasses.replace(one, recording_id=f"r{row}") for row, one in enumerate(limb)]
    store, _ = write_store(tmp_path / "store", named, away.labels[rows], vocabulary=away.vocabulary, sampling_rate=100.0)
    done = evaluate_run(run, store, "all", tmp_path / "out", device="cpu", replicates=5)
    table = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert table["score_anteroseptal_mi"].isna().all()
    assert table["y_anteroseptal_mi"].isna().all()
    assert table["score_af"].notna().all()
    report = (tmp_path / "out" / "report.html").read_text()
    assert "1 ECGs are shorter than 10 s, 0 longer" in report
    assert "answers for which the ECG lacks leads" in report
    assert not any(code == "anteroseptal_mi" and called for example in done.examples for code, _, _, called, _ in example.findings)


@pytest.mark.usefixtures("without_plots")
def test_a_model_can_be_asked_in_another_language(run: RunFolder, hospitals: Hospitals, tmp_path: Path) -> None:
    store = Store.open(hospitals.home)
    own, same, other = (score_part(run, store, "validation", device="cpu", prompts=prompts) for prompts in (None, "en", "ja"))
    assert np.array_equal(own.scored.scores[0], same.scored.scores[0])
    assert not np.allclose(own.scored.scores[0], other.scored.scores[0])  # random vectors know no language
    with pytest.raises(UsageError, match="no names in language 'de'; it has en, ja"):
        score_part(run, store, "validation", device="cpu", prompts="de")
    evaluate_run(run, store, "validation", tmp_path / "out", prompts="ja", language="ja", device="cpu", replicates=5)
    for file in ("report.html", "model_card.md"):
        text = (tmp_path / "out" / file).read_text("utf-8")
        assert "日本語で問う。モデルは英語の文で学習し" in text
        assert "心房細動" in text
    evaluate_run(run, store, "validation", tmp_path / "out", device="cpu", replicates=5)
    assert "Prompts" not in (tmp_path / "out" / "report.html").read_text("utf-8")
    with pytest.raises(UsageError, match="no reports in language 'xx'"):
        evaluate_run(run, store, "validation", tmp_path / "none", language="xx", device="cpu")
    assert not (tmp_path / "none").exists()
