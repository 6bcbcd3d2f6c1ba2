"""Kept scores are those of the model that stands there."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.score_cache import scored_runs
from jaccardio.prediction.predictor import Predictor
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from jaccardio.training.run_folder import RunFolder
from tests.conftest import TINY, Hospitals


def test_a_model_trained_again_into_its_folder_is_scored_again(
    hospitals: Hospitals, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, path = Store.open(hospitals.home), Path(shutil.copytree(trained, tmp_path / "run"))
    split = load_split(store)
    assert split is not None
    held_out = HeldOut.of(store, split)

    def scores() -> NDArray[np.float64]:
        return scored_runs("x", "", [RunFolder.open(path)], held_out, tmp_path / "scores", "cpu").scores[0]

    first = scores()
    shutil.rmtree(path)
    train(store, split, load_preset("truth-small", (*TINY, "training.epochs=1", "training.seed=1")), path, device="cpu")
    second = scores()
    assert not np.allclose(first, second)
    monkeypatch.setattr(Predictor, "from_pretrained", None)
    assert np.array_equal(scores(), second)
    assert len(list((tmp_path / "scores").glob("*.parquet"))) == 2


def test_every_finding_has_its_own_threshold_whatever_the_columns_of_the_part(hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    store, run = Store.open(hospitals.home), RunFolder.open(Path(shutil.copytree(trained, tmp_path / "run")))
    split = load_split(store)
    assert split is not None
    model = Predictor.from_pretrained(run.path, "cpu")
    own = dict(zip(model.vocabulary.codes, model.thresholds["per_finding"].tolist(), strict=True))
    first, *others = own
    some = [code for code in others if own[code] != own[first]][:3]  # in the place of the first finding they would have its threshold
    assert some
    held_out = HeldOut.of(store, split).of_findings(some)
    [thresholds] = scored_runs("x", "", [run], held_out, tmp_path / "scores", "cpu").thresholds
    assert dict(zip(held_out.part.codes, thresholds["per_finding"].tolist(), strict=True)) == {
        code: own[code] for code in held_out.part.codes
    }
