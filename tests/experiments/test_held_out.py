"""Kept scores are those of the model that stands there."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.experiments.held_out import HeldOut, part_of
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
    scored = scored_runs("x", "", [run], held_out, tmp_path / "scores", "cpu")
    assert list(scored.seeds) == [run.config.training.seed]
    [thresholds] = scored.thresholds
    assert dict(zip(held_out.part.codes, thresholds["per_finding"].tolist(), strict=True)) == {
        code: own[code] for code in held_out.part.codes
    }


def test_a_statement_of_a_level_that_lacks_a_finding_is_not_judged(hospitals: Hospitals) -> None:
    whole = Store.open(hospitals.home)
    levels = {"clbbb": {"sub": "block"}, "crbbb": {"sub": "block"}, "af": {"sub": "rhythm", "super": "rhythm"}, "vpc": {"super": "ectopy"}}
    findings = tuple(replace(one, levels=levels.get(one.code, {})) for one in whole.vocabulary.findings)
    vocabulary = replace(whole.vocabulary, findings=findings)
    store = Store(whole.path, whole.manifest, whole.contract, vocabulary, whole.records, whole.labels)
    known = vocabulary.subset([column for column, code in enumerate(vocabulary.codes) if code not in ("crbbb", "vpc")])
    part = part_of(store, np.arange(9), known)
    af = known.index("af")
    assert {level: groups for level, groups in part.groups.items() if level != "all"} == {
        "sub": [("rhythm", (af,))],
        "super": [("rhythm", (af,))],
    }
    assert [name for name, _ in part.groups["all"]] == list(known.codes)
    assert part_of(store, np.arange(9), vocabulary).groups == vocabulary.groups()
    assert set(part_of(store, np.arange(9), known.subset([0])).groups) == {"all"}
