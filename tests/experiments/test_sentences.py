"""Scores of sentences are those of findings, looked at once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.sentences import sentence_scores, statements_of
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals


@pytest.fixture
def held_out(hospitals: Hospitals) -> HeldOut:
    store = Store.open(hospitals.home)
    split = load_split(store)
    assert split is not None
    return HeldOut.of(store, split)


def test_statements_are_those_of_the_part_in_words(held_out: HeldOut) -> None:
    statements, sentences = statements_of(held_out)
    assert len(statements) == len(set(sentences)) > 1
    shown = {tuple(row) for row in (held_out.part.labels == 1).tolist() if any(row)}
    assert {tuple(row) for row in statements.tolist()} == shown
    for statement, sentence in zip(statements, sentences, strict=True):
        named = {finding.names["en"] for finding, states in zip(held_out.vocabulary.findings, statement, strict=True) if states}
        assert set(sentence.removeprefix("This ECG shows ").removesuffix(".").split(", ")) == named


def test_sentences_are_scored_as_findings_are_and_looked_at_once(
    held_out: HeldOut, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder.open(Path(shutil.copytree(trained, tmp_path / "run")))  # the look is written into it
    prompts = held_out.vocabulary.prompts("en")
    found = sentence_scores(run, held_out, prompts, tmp_path, "cpu")
    predictor = Predictor.from_pretrained(trained, "cpu")
    assert predictor.vocabulary.codes == held_out.vocabulary.codes
    rows = held_out.store.rows_of(held_out.part.ids.tolist())
    expected = predictor.scores(windows_for(predictor, held_out.store, rows))  # a prompt's score is its finding's
    assert found == pytest.approx(expected, abs=1e-6)
    few = sentence_scores(run, held_out, prompts[:2], tmp_path, "cpu")  # other sentences are not taken for those kept
    assert few == pytest.approx(expected[:, :2], abs=1e-6)
    monkeypatch.setattr(Predictor, "from_pretrained", None)
    assert np.array_equal(sentence_scores(run, held_out, prompts, tmp_path, "cpu"), found)


def test_ecgs_that_the_run_has_seen_are_refused(hospitals: Hospitals, held_out: HeldOut, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="overlap with the run's train part"):
        sentence_scores(RunFolder.open(trained), held_out.external(Store.open(hospitals.home)), ["x"], tmp_path, "cpu")
    assert not list(tmp_path.iterdir())
