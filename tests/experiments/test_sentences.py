"""Scores of sentences are those of findings, looked at once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.experiments.contestants import HeldOut
from jaccardio.experiments.sentences import sentence_scores, statements_of
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import windows_for
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals


@pytest.fixture
def part(hospitals: Hospitals) -> HeldOut:
    store = Store.open(hospitals.home)
    split = load_split(store)
    assert split is not None
    return HeldOut.of(store, split)


def test_statements_are_those_of_the_part_in_words(part: HeldOut) -> None:
    statements, sentences = statements_of(part)
    assert len(statements) == len(set(sentences)) > 1
    shown = {tuple(row) for row in (part.labels == 1).tolist() if any(row)}
    assert {tuple(row) for row in statements.tolist()} == shown
    for statement, sentence in zip(statements, sentences, strict=True):
        named = {finding.names["en"] for finding, states in zip(part.vocabulary.findings, statement, strict=True) if states}
        assert set(sentence.removeprefix("This ECG shows ").removesuffix(".").split(", ")) == named


def test_sentences_are_scored_as_findings_are_and_looked_at_once(
    part: HeldOut, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder.open(Path(shutil.copytree(trained, tmp_path / "run")))  # the look is written into it
    prompts = part.vocabulary.prompts("en")
    found = sentence_scores(run, part, prompts, tmp_path, "cpu")
    predictor = Predictor.from_pretrained(trained, "cpu")
    assert predictor.vocabulary.codes == part.vocabulary.codes
    rows = part.store.rows_of(part.ids.tolist())
    expected = predictor.scores(windows_for(predictor, part.store, rows))  # a prompt's score is its finding's
    assert found == pytest.approx(expected, abs=1e-6)
    few = sentence_scores(run, part, prompts[:2], tmp_path, "cpu")  # other sentences are not taken for those kept
    assert few == pytest.approx(expected[:, :2], abs=1e-6)
    monkeypatch.setattr(Predictor, "from_pretrained", None)
    assert np.array_equal(sentence_scores(run, part, prompts, tmp_path, "cpu"), found)


def test_ecgs_that_the_run_has_seen_are_refused(hospitals: Hospitals, part: HeldOut, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="overlap with the run's train part"):
        sentence_scores(RunFolder.open(trained), part.elsewhere(Store.open(hospitals.home)), ["x"], tmp_path, "cpu")
    assert not list(tmp_path.iterdir())
