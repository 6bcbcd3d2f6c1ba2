"""Prediction is the same from a file, a recording, a store and a copied model folder."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from jaccardio import Predictor, read_ecg
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.models.folder import load_pretrained
from jaccardio.prediction.store_signals import shared_findings, windows_for
from jaccardio.recording.preprocessing import SignalContract, dequantise
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows
from jaccardio.text.random import RandomVectors
from jaccardio.text.table import FindingTable
from tests.conftest import Hospitals


@pytest.fixture(scope="module")
def predictor(trained: Path) -> Predictor:
    return Predictor.from_pretrained(trained, device="cpu")


@pytest.fixture(scope="module")
def files(hospitals: Hospitals) -> list[Path]:
    return sorted((hospitals.folder / "site-a").rglob("*.hea"))[:5]


def test_files_recordings_and_the_store_give_the_same_scores(predictor: Predictor, hospitals: Hospitals, files: list[Path]) -> None:
    from_files = predictor.predict(files)
    from_recordings = predictor.predict([read_ecg(file) for file in files])
    store = Store.open(hospitals.home)
    scores = predictor.scores(windows_for(predictor, store, np.arange(len(files))))
    assert [[score.score for score in row] for row in from_files] == [[score.score for score in row] for row in from_recordings]
    np.testing.assert_allclose([[score.score for score in row] for row in from_files], scores, atol=1e-5)


def test_a_decision_is_score_at_least_threshold(predictor: Predictor, files: list[Path]) -> None:
    for policy in ("fixed", "global", "per_finding"):
        for score in predictor.predict(files[:1], policy)[0]:
            assert score.present == (score.score >= score.threshold)
            assert 0 <= score.score <= 1
    with pytest.raises(UsageError, match="per_finding"):
        predictor.predict(files[:1], "best")


def test_a_probability_is_the_score_recalibrated(predictor: Predictor, files: list[Path]) -> None:
    rows = predictor.predict(files)
    scores, probabilities = (np.array([[getattr(score, name) for score in row] for row in rows]) for name in ("score", "probability"))
    calibration = predictor.calibration
    odds = (scores / (1 - scores)) ** calibration.slope * np.exp(calibration.intercept)
    np.testing.assert_allclose(probabilities, odds / (1 + odds), rtol=1e-9)
    assert calibration.temperature != 1


def test_a_copied_model_folder_is_self_contained(predictor: Predictor, trained: Path, files: list[Path], tmp_path: Path) -> None:
    shutil.copytree(trained / "model", tmp_path / "copy")
    other = Predictor.from_pretrained(tmp_path / "copy", device="cpu")
    assert other.predict(files) == predictor.predict(files)
    np.testing.assert_array_equal(other.encode_ecg(files), predictor.encode_ecg(files))


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "vocabulary.json", "thresholds.json", "calibration.json", "README.md"]
)
def test_a_flipped_byte_in_any_file_is_noticed(trained: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(trained / "model", tmp_path / "copy")
    data = bytearray((tmp_path / "copy" / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "copy" / name).write_bytes(data)
    with pytest.raises(DataError, match=name):
        Predictor.from_pretrained(tmp_path / "copy")


def test_an_incomplete_run_says_resume(trained: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    (run / "training.json").unlink()
    with pytest.raises(DataError, match="--resume"):
        Predictor.from_pretrained(run)


def test_another_rate_and_length_are_mended_and_too_short_is_refused(predictor: Predictor, files: list[Path]) -> None:
    recording = read_ecg(files[0])
    doubled = np.repeat(recording.signal, 2, axis=1)
    at_200 = Recording(doubled, 2 * recording.sampling_rate, recording.lead_mask, recording.recording_id)
    assert predictor.prepare(at_200).counts.shape == predictor.prepare(recording).counts.shape == (1, 12, predictor.contract.samples)
    short = Recording(recording.signal[:, :100].copy(), recording.sampling_rate, recording.lead_mask, "short")
    with pytest.raises(ReadError, match="short"):
        predictor.predict([short])


def test_text_and_ecg_vectors_give_the_logits(predictor: Predictor, files: list[Path]) -> None:
    model = predictor.model
    text = predictor.encode_text(predictor.vocabulary.prompts())
    cosine = predictor.encode_ecg(files) @ text.T
    scores = np.array([[score.score for score in row] for row in predictor.predict(files)])
    logits = np.log(scores / (1 - scores))
    bias = logits - model.scale.item() * cosine
    np.testing.assert_allclose(bias, np.broadcast_to(bias[:1], bias.shape), atol=1e-3)  # what is left is the same for every ECG


def test_a_classifier_reads_the_sentences_of_its_findings_alone(predictor: Predictor, trained: Path, files: list[Path]) -> None:
    config = ModelConfig(kind="classifier", width=2, text="minilm")
    table = FindingTable(predictor.vocabulary)
    model = create_model(config, vocabulary=predictor.vocabulary, text_encoder=table).eval()
    classifier = Predictor(dataclasses.replace(load_pretrained(trained / "model"), model=model, configs=(config,)), device="cpu")
    text = classifier.encode_text(predictor.vocabulary.prompts())
    logits = np.array([[score.score for score in row] for row in classifier.predict(files)])
    np.testing.assert_allclose(
        np.log(logits / (1 - logits)), classifier.encode_ecg(files) @ text.T + model.output.bias.detach().numpy(), atol=1e-4
    )
    with pytest.raises(UsageError, match="text encoder table cannot read"):
        classifier.encode_text(["The heart beats."])


def test_a_text_encoder_with_other_weights_is_refused(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = RandomVectors()
    encoder.fingerprint = "of other weights"
    monkeypatch.setattr("jaccardio.prediction.predictor.text_encoder_of", lambda *_: encoder)
    with pytest.raises(DataError, match="not the one that the model was trained with"):
        Predictor.from_pretrained(trained).encode_text(["This ECG shows atrial fibrillation."])


def test_findings_in_common_or_an_error(predictor: Predictor, hospitals: Hospitals) -> None:
    store = Store.open(hospitals.away)
    vocabulary, ours, theirs = shared_findings(predictor, store)
    assert [predictor.vocabulary.codes[i] for i in ours] == [store.vocabulary.codes[i] for i in theirs] == list(vocabulary.codes)
    foreign = Store(store.path, store.manifest, store.contract, type(vocabulary).load("ptbxl71"), store.records, store.labels)
    with pytest.raises(DataError, match="relabel"):
        shared_findings(predictor, foreign)


def test_without_v1_to_v4_no_anteroseptal_infarction(predictor: Predictor, files: list[Path]) -> None:
    recording = read_ecg(files[0])
    mask = np.arange(12) < 6
    limb = Recording(recording.signal * mask[:, None].astype(np.float32), recording.sampling_rate, mask, "limb")
    found = {score.finding: score for score in predictor.predict([limb])[0]}
    septal = found["anteroseptal_mi"]
    assert (septal.score, septal.probability, septal.present, septal.withheld) == (None, None, None, "needs V1-V4")
    assert found["af"].present is not None
    assert found["af"].withheld == ""


def test_a_model_that_saw_complete_ecgs_only_answers_for_those(trained: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    complete = Predictor(dataclasses.replace(load_pretrained(trained / "model"), partial_leads=False), device="cpu")
    recording = read_ecg(files[0])
    assert all(not score.withheld for score in complete.predict([recording])[0])
    mask = np.arange(12) != 11
    partial = Recording(recording.signal * mask[:, None].astype(np.float32), recording.sampling_rate, mask, "partial")
    assert all(score.present is None and "all 12 leads" in score.withheld for score in complete.predict([partial])[0])


def test_a_long_recording_is_scored_from_end_to_end_and_a_short_one_as_far_as_it_goes(predictor: Predictor, files: list[Path]) -> None:
    """The score of 30 s is the mean over its three windows; what 5 s score is not what 5 s and zeros would."""
    parts = [read_ecg(file).signal for file in files[:3]]
    rate, mask = read_ecg(files[0]).sampling_rate, np.ones(12, dtype=np.bool_)

    def scores(signal: np.ndarray) -> list[float | None]:
        return [score.score for score in predictor.predict([Recording(signal, rate, mask, "x")])[0]]

    np.testing.assert_allclose(scores(np.concatenate(parts, axis=1)), np.mean([scores(part) for part in parts], axis=0), rtol=1e-4)
    short = parts[0][:, : parts[0].shape[1] // 2].copy()
    prepared = predictor.prepare(Recording(short, rate, mask, "x"))
    piece = torch.from_numpy(dequantise(prepared.counts)[:, :, : prepared.recorded].copy())
    with torch.inference_mode():
        wanted = predictor.model.finding_logits(piece).sigmoid().numpy()[0]
    np.testing.assert_allclose(scores(short), wanted, rtol=1e-4)


def test_one_ecg_or_sentence_in_place_of_a_list_is_refused(predictor: Predictor, files: list[Path]) -> None:
    for call in (
        lambda: predictor.predict(str(files[0])),
        lambda: predictor.encode_ecg(files[0]),
        lambda: predictor.predict(read_ecg(files[0])),
    ):
        with pytest.raises(UsageError, match="list"):
            call()
    with pytest.raises(UsageError, match="list"):
        predictor.encode_text("This ECG shows atrial fibrillation.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signal": np.full((1, 12, 1000), np.nan, dtype=np.float32)}, "not finite"),
        ({"signal": np.full((1, 12, 1000), 800, dtype=np.float32)}, "not in millivolt"),
        ({"signal": np.zeros((1, 12, 5000), dtype=np.float32)}, "another sampling rate"),
        ({"signal": np.zeros((1, 8, 1000), dtype=np.float32)}, "not float32"),
        ({"signal": np.zeros((12, 1000), dtype=np.float32)}, "not float32"),
        ({"signal": np.zeros((1, 12, 1000))}, "not float32"),
        ({"recorded": np.array([1001])}, "more was recorded"),
        ({"recorded": np.array([0])}, "or nothing"),
        ({"recorded": np.array([1000, 1000])}, "do not tell"),
        ({"ecg": np.array([1])}, "do not tell"),
        ({"lead_mask": np.ones((1, 8), dtype=np.bool_)}, "lead_mask"),
        ({"measurements": np.zeros((2, 3), dtype=np.float32)}, "measurements are"),
    ],
)
def test_windows_that_nobody_prepared_are_refused(
    predictor: Predictor, files: list[Path], change: dict[str, np.ndarray], said: str
) -> None:
    windows = Windows.of([predictor.prepare(files[0])])
    for call in (predictor.scores, predictor.embed, predictor.statement_degrees):
        call([windows])
        with pytest.raises(UsageError, match=said):
            call([dataclasses.replace(windows, **change)])


def test_an_ecg_prepared_for_another_model_is_refused(predictor: Predictor, files: list[Path]) -> None:
    with pytest.raises(UsageError, match="prepared for windows of 5000 samples, the model has 1000"):
        predictor.predict([SignalContract(500.0).apply(read_ecg(files[0]))])


def test_a_sentence_is_not_judged_without_all_leads(predictor: Predictor, files: list[Path]) -> None:
    recording = read_ecg(files[0])
    limb = Recording.from_array(recording.signal[:2], 100.0, leads=("I", "II"))
    scores = predictor.zero_shot([recording, limb], predictor.vocabulary.prompts()[:2])
    assert np.isfinite(scores[0]).all()
    assert np.isnan(scores[1]).all()
    assert predictor.zero_shot([], predictor.vocabulary.prompts()[:2]).shape == (0, 2)


def test_arrays_where_ecgs_are_expected_are_refused(predictor: Predictor) -> None:
    array = np.zeros((2, 12, 1000), dtype=np.float32)
    for call in (predictor.predict, predictor.encode_ecg, predictor.scores, predictor.embed, predictor.prepare):
        for wrong in (array, None, 3):
            with pytest.raises(UsageError, match=r"predict_proba|write \[ecg\]"):
                call(wrong)
    with pytest.raises(UsageError, match="predict_proba"):
        predictor.sentence_scores([array], ["This ECG shows atrial fibrillation."])
    for sentences in ([1], None, [b"af"]):
        with pytest.raises(UsageError, match="list of texts"):
            predictor.encode_text(sentences)


def test_iterators_are_lists_and_no_ecg_is_no_row(predictor: Predictor, files: list[Path]) -> None:
    np.testing.assert_array_equal(predictor.encode_ecg(iter(files)), predictor.encode_ecg(files))
    assert [len(row) for row in predictor.predict(iter(files))] == [len(predictor.vocabulary)] * len(files)
    assert len(predictor.encode_text(iter(["This ECG shows atrial fibrillation."]))) == 1
    dimension = predictor.encode_ecg(files[:1]).shape[1]
    assert predictor.encode_ecg([]).shape == (0, dimension)
    assert predictor.encode(np.zeros((0, 12, 1000)), 100).shape == (0, dimension)
    assert predictor.scores([]).shape == (0, len(predictor.vocabulary))
