"""Ensembles: one run of several, whose scores are the means of its members'."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.evaluation.thresholds import Thresholds, fit_thresholds
from jaccardio.experiments.evaluate_run import score_part
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training import loop
from jaccardio.training.config import load_preset
from jaccardio.training.ensemble import join_runs, train_ensemble
from jaccardio.training.run_folder import MEMBERS, RunFolder

TINY = ("model.width=2", "training.epochs=1", "training.batch_size=8", "training.precision=fp32", "model.text=random")


@pytest.fixture(scope="module")
def joined(store: Store, split: Split, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    out = tmp_path_factory.mktemp("ensemble") / "run"
    train_ensemble(store, split, load_preset("jaccardio-small", TINY), 2, out, device="cpu")
    return RunFolder.open(out)


def test_scores_are_the_mean_of_the_members_and_thresholds_its_own(store: Store, joined: RunFolder) -> None:
    members = [RunFolder.open(path) for path in sorted((joined.path / MEMBERS).iterdir())]
    assert [run.config.training.seed for run in members] == [0, 1]
    rows = np.sort(store.rows_of(joined.split.parts["validation"]))
    scores = [Predictor.from_pretrained(run.path).scores(windows_for(Predictor.from_pretrained(run.path), store, rows)) for run in members]
    assert np.abs(scores[0] - scores[1]).max() > 1e-3
    predictor = Predictor.from_pretrained(joined.path)
    wanted = np.mean(scores, axis=0)
    np.testing.assert_allclose(predictor.scores(windows_for(predictor, store, rows)), wanted, rtol=1e-6)
    labels = store.labels[np.ix_(rows, [store.vocabulary.index(code) for code in predictor.vocabulary.codes])]
    fitted: Thresholds = fit_thresholds(labels, wanted)
    np.testing.assert_allclose(predictor.thresholds["global"], fitted["global"], rtol=1e-6)


def test_the_reference_is_that_of_its_own_calls_and_vectors(store: Store, joined: RunFolder) -> None:
    predictor = Predictor.from_pretrained(joined.path)
    rows = np.sort(store.rows_of(joined.split.parts["validation"]))
    reference, batches = predictor.reference, list(windows_for(predictor, store, rows))
    assert reference is not None
    called, embeddings = predictor.thresholds.decide(predictor.scores(batches)), predictor.embed(batches)
    assert store.lead_masks[rows].all()
    assert reference.ecgs == len(rows)
    np.testing.assert_allclose(reference.present["global"], called.mean(axis=0), atol=1 / len(rows))  # one may stand at the threshold
    assert reference.axes.shape[1] == embeddings.shape[1]
    assert np.median([reference.distance(one) for one in embeddings[1::2]]) == pytest.approx(1, rel=1e-3)


def test_vectors_stand_side_by_side(store: Store, joined: RunFolder) -> None:
    predictors = [Predictor.from_pretrained(path) for path in (joined.path, *sorted((joined.path / MEMBERS).iterdir()))]
    whole, *parts = [predictor.embed(windows_for(predictor, store, np.arange(3))) for predictor in predictors]
    np.testing.assert_allclose(whole, np.concatenate(parts, axis=1), rtol=1e-6)
    whole, *parts = [predictor.encode_text(["This ECG shows atrial fibrillation."]) for predictor in predictors]
    np.testing.assert_allclose(whole, np.concatenate(parts, axis=1), rtol=1e-6)


def test_it_is_evaluated_under_its_own_name(store: Store, joined: RunFolder) -> None:
    look = score_part(joined, store, "test", device="cpu")
    assert look.scored.name == "run (jaccardio-small, ensemble of 2)"
    assert look.test_uses == len(joined.test_uses()) == 1


def test_resumed_it_trains_no_member_twice(store: Store, split: Split, joined: RunFolder) -> None:
    before = {path: path.stat().st_mtime_ns for path in joined.path.rglob("*") if path.is_file()}
    config = load_preset("jaccardio-small", TINY)
    assert train_ensemble(store, split, config, 2, joined.path, resume=True, device="cpu") == joined.summary
    assert {path: path.stat().st_mtime_ns for path in before} == before
    with pytest.raises(UsageError, match="another configuration"):
        train_ensemble(store, split, load_preset("jaccardio-small", (*TINY, "model.width=3")), 2, joined.path, resume=True, device="cpu")


def test_what_cannot_be_averaged_is_refused(store: Store, split: Split, joined: RunFolder, tmp_path: Path) -> None:
    member = RunFolder.open(joined.path / MEMBERS / "seed-0")
    with pytest.raises(UsageError, match="two different runs"):
        join_runs(store, [member, member], tmp_path / "out")
    with pytest.raises(UsageError, match="is an ensemble already"):
        join_runs(store, [member, joined], tmp_path / "out")
    loop.train(store, split, load_preset("jaccardio-small", (*TINY, "method=classifier")), tmp_path / "other", device="cpu")
    other = RunFolder.open(tmp_path / "other")
    assert other.title == "jaccardio-small as classifier, seed 0"
    with pytest.raises(UsageError, match="differ in the measured statements and the text encoder"):
        join_runs(store, [member, other], tmp_path / "out")
    config = load_preset("jaccardio-small", (*TINY, f"training.init_from={str(joined.path)!r}"))
    with pytest.raises(UsageError, match="an ensemble has no single encoder"):
        loop.train(store, split, config, tmp_path / "warm", device="cpu")
    assert not (tmp_path / "out").exists()
