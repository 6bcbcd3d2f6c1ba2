"""Runs that learn what another run says of the training ECGs, beside their labels."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.models.folder import Pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.training import loop
from jaccardio.training.config import TrainConfig, load_preset
from jaccardio.training.leakage import earlier_model
from jaccardio.training.material import Material
from jaccardio.training.run_folder import TEACHER, RunFolder
from jaccardio.training.session import Session
from jaccardio.training.teacher import taught
from tests.conftest import TINY

CPU = torch.device("cpu")


def _config(*settings: str) -> TrainConfig:
    return load_preset("truth-small", (*TINY, "training.epochs=1", "training.seed=5", *settings))


@pytest.fixture
def teacher(store: Store, split: Split, trained: Path) -> Pretrained:
    return earlier_model(trained, store, split)


def test_what_is_taught_are_the_scores_of_the_teacher_finding_by_finding(store: Store, split: Split, teacher: Pretrained) -> None:
    hidden = teacher.vocabulary.codes[0]
    material = Material.gather(store, split, [hidden])
    scores = finding_scores(teacher.model, full_batches(store, material.training_rows), CPU)
    said = taught(teacher, material, CPU).numpy()
    assert said.shape == (len(material.training_rows), len(material.vocabulary))
    known = {code: scores[:, column] for column, code in enumerate(teacher.vocabulary.codes)}
    for column, code in enumerate(material.vocabulary.codes):
        np.testing.assert_allclose(said[:, column], known[code], rtol=1e-6)


def test_a_finding_that_the_teacher_does_not_know_is_not_taught(
    store: Store, split: Split, teacher: Pretrained, monkeypatch: pytest.MonkeyPatch
) -> None:
    material, half = Material.gather(store, split), list(range(0, len(teacher.vocabulary), 2))
    scores = np.random.default_rng(0).random((len(material.training_rows), len(half)))
    monkeypatch.setattr("jaccardio.training.teacher.finding_scores", lambda *_: scores)
    knows_half = dataclasses.replace(teacher, vocabulary=teacher.vocabulary.subset(half))
    said = taught(knows_half, material, CPU)
    known = [code in knows_half.vocabulary.codes for code in material.vocabulary.codes]
    assert 0 < sum(known) < len(known)
    assert said.isnan().all(dim=0).tolist() == [not one for one in known]
    hidden = Material.gather(store, split, knows_half.vocabulary.codes)
    with pytest.raises(UsageError, match="none of the findings"):
        taught(knows_half, hidden, CPU)


def test_of_ecgs_that_lack_leads_nothing_is_taught(
    store: Store, split: Split, teacher: Pretrained, monkeypatch: pytest.MonkeyPatch
) -> None:
    material, masks = Material.gather(store, split), store.lead_masks.copy()
    assert masks[material.training_rows].all()
    masks[material.training_rows[1], 3] = False
    monkeypatch.setitem(vars(store), "lead_masks", masks)
    said = taught(teacher, material, CPU)
    assert said.isnan().all(dim=1).nonzero().flatten().tolist() == [1]
    assert said.isnan().any(dim=1).sum() == 1


def test_labels_and_teacher_share_the_loss(store: Store, split: Split, teacher: Pretrained) -> None:
    def first_step(weight: float | None) -> dict[str, float]:
        settings = [] if weight is None else [f"training.teacher={'teacher'!r}", f"training.teacher_weight={weight}"]
        session = Session(store, split, _config(*settings), CPU, teacher=None if weight is None else teacher)
        return session._step(*next(session.feed.prefetched(0, 1)))

    alone, half, whole = first_step(None), first_step(0.5), first_step(1.0)
    assert half["teacher"] == pytest.approx(0.5 * whole["teacher"], rel=1e-5)
    assert half["loss"] == pytest.approx(0.5 * alone["loss"] + half["teacher"], rel=1e-5)
    assert whole["loss"] == pytest.approx(whole["teacher"], rel=1e-5)
    assert whole["teacher"] != pytest.approx(alone["loss"], rel=1e-3)


def test_a_taught_run_resumes_to_the_bit_without_its_teacher(
    store: Store, split: Split, trained: Path, tmp_path: Path, killed_at_its_first_step: Callable[[TrainConfig, Path], None]
) -> None:
    source = Path(shutil.copytree(trained, tmp_path / "source"))
    config = _config(f"training.teacher={source}")
    loop.train(store, split, config, tmp_path / "straight", device="cpu")
    killed_at_its_first_step(config, tmp_path / "killed")
    shutil.rmtree(source)
    loop.resume(store, tmp_path / "killed", device="cpu")
    loop.train(store, split, _config(), tmp_path / "untaught", device="cpu")
    weights = [load_file(tmp_path / name / "model" / "model.safetensors") for name in ("straight", "killed", "untaught")]
    same = [all(torch.equal(value, other[name]) for name, value in weights[0].items()) for other in weights[1:]]
    assert same == [True, False]
    damaged = tmp_path / "killed" / TEACHER
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x00")
    with pytest.raises(DataError, match=TEACHER):
        RunFolder.open(tmp_path / "killed")


def test_no_teacher_that_is_incomplete_unknown_or_has_seen_the_test_part(store: Store, split: Split, trained: Path, tmp_path: Path) -> None:
    incomplete = Path(shutil.copytree(trained, tmp_path / "incomplete"))
    (incomplete / "training.json").unlink()
    exchanged = Split(split.method, {"train": split.parts["test"], "validation": split.parts["validation"], "test": split.parts["train"]})
    for source, parts, error, said in (
        (incomplete, split, DataError, "--resume"),
        (tmp_path / "nowhere", split, UsageError, "nowhere"),
        (trained, exchanged, DataError, "overlap with the run's train part"),
    ):
        with pytest.raises(error, match=said):
            loop.train(store, parts, _config(f"training.teacher={source}"), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


def test_a_language_model_is_not_tuned_under_a_teacher() -> None:
    with pytest.raises(UsageError, match=r"no training\.teacher"):
        load_preset("jaccardio-small", ["model.lora_rank=4", "training.teacher=runs/first"])
