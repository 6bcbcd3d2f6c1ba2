"""Findings left out: every way to score them gives a number for each ECG and finding, and the controls are what they are called."""

import numpy as np
import pytest

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.evaluation.auroc import auroc
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.unseen import Unseen, defined, measured_degrees
from jaccardio.findings.families import FAMILIES
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.definitions import definitions_of
from jaccardio.models.folder import VOCABULARY
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from jaccardio.training.run_folder import RunFolder
from tests.conftest import TINY, Hospitals

LEFT_OUT = FAMILIES["paper26"]["bundle-branch-block"]


@pytest.fixture(scope="module")
def unseen(hospitals: Hospitals, tmp_path_factory: pytest.TempPathFactory) -> Unseen:
    store = Store.open(hospitals.home)
    split = load_split(store)
    assert split is not None
    folder = tmp_path_factory.mktemp("unseen")
    settings = (*TINY, "objective.statements=findings+measurements", f"data.hidden_findings={list(LEFT_OUT)}", "model.whitening=0.5")
    train(store, split, load_preset("truth-small", settings), folder / "run", device="cpu")
    run = RunFolder.open(folder / "run")
    known = Vocabulary.from_dict(run.model_manifest.json_of(VOCABULARY))
    judged, chosen_on = (HeldOut.of(store, split, part).of_findings(LEFT_OUT) for part in ("test", "validation"))
    return Unseen(run, judged, chosen_on, known, folder / "scores", "cpu")


def test_every_way_scores_every_ecg_and_finding(unseen: Unseen) -> None:
    shape = unseen.held_out.part.labels.shape
    definitions = definitions_of(unseen.codes)
    training = unseen.held_out.store.rows_of([str(one) for one in unseen.run.part("train")["recording_id"]])
    for scores in (
        unseen.by_sentence(unseen.held_out),
        unseen.by_definition(unseen.held_out, definitions),
        unseen.by_seen_definition(definitions),
        unseen.by_nearest_prompt(whitened=False),
        unseen.by_nearest_prompt(whitened=True),
        unseen.by_best_prompt(),
        unseen.by_random_vector(),
        unseen.by_ridge(training),
        unseen.by_probe(training),
    ):
        assert scores.shape == shape
        assert np.isfinite(scores).all()
        assert (scores.std(axis=0) > 0).all()


def test_the_run_was_not_told_of_them(unseen: Unseen) -> None:
    assert not set(unseen.codes) & set(unseen.known.codes)
    assert set(unseen.codes) == set(LEFT_OUT)


def test_controls_score_every_finding_alike(unseen: Unseen) -> None:
    for scores in (unseen.by_not_normal(), unseen.by_irrelevant_sentence()):
        assert (scores == scores[:, :1]).all()
    normal = unseen._of_known(unseen.held_out)[:, unseen.known.index("normal")]
    assert np.allclose(unseen.by_not_normal()[:, 0], 1 - normal)


def test_measured_statements_alone_tell_simulated_bundle_branch_blocks(unseen: Unseen, hospitals: Hospitals) -> None:
    held_out = unseen.held_out.external(Store.open(hospitals.away))
    scores = defined(unseen.codes, definitions_of(unseen.codes), measured_degrees(held_out))
    reached = [auroc(labels, score) for labels, score in zip(held_out.part.labels.T, scores.T, strict=True)]
    assert np.nanmin(reached) > 0.8
