"""Runs that begin with the weights of another model: what is taken, what is refused, and that a resumed run needs the other no more."""

import dataclasses
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jaccardio.cohort.split import Split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.folder import load_pretrained
from jaccardio.training import loop
from jaccardio.training.config import TrainConfig, load_preset
from jaccardio.training.ensemble import join_runs
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder
from jaccardio.training.session import Session
from jaccardio.training.warm_start import load_source, start_from
from tests.conftest import TINY, Hospitals


def _config(*settings: str, preset: str = "truth-small") -> TrainConfig:
    return load_preset(preset, (*TINY, "training.epochs=1", "training.seed=5", *settings))


def _started(store: Store, split: Split, source: Path, *settings: str, preset: str = "truth-small") -> tuple[EcgModel, str]:
    """A model and what it was started from, before its first step."""
    session = Session(store, split, _config(*settings, preset=preset), torch.device("cpu"), load_source(source, store, split))
    return session.model, session.started_from


def _heads(model: EcgModel) -> dict[str, torch.Tensor]:
    return {name: value for name, value in model.named_parameters() if not name.startswith("encoder.")}


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    assert one.keys() == other.keys()
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("folder", [".", "model"])
def test_a_model_of_the_same_kind_is_taken_whole(store: Store, split: Split, trained: Path, folder: str) -> None:
    model, started_from = _started(store, split, trained / folder)
    weights = trained / "model" / "model.safetensors"
    assert _same(model.state_dict(), load_file(weights))
    assert started_from == f"encoder and heads of weights {hashlib.sha256(weights.read_bytes()).hexdigest()}"


@pytest.mark.parametrize(
    ("preset", "setting"),
    [
        ("truth-small", "model.bias=scalar"),
        ("truth-small", "model.whitening=0.75"),
        ("truth-small", "model.normalise_ecg=true"),
        ("truth-small", "model.text=table"),
        ("truth-small", 'data.hidden_findings=["af"]'),  # another vocabulary, and so other coordinates of whitened sentences
        ("classifier-small", "model.width=4"),
    ],
)
def test_heads_that_mean_something_else_start_anew(store: Store, split: Split, trained: Path, preset: str, setting: str) -> None:
    model, started_from = _started(store, split, trained, setting, preset=preset)
    source, fresh = (
        load_pretrained(trained / "model").model,
        Session(store, split, _config(setting, preset=preset), torch.device("cpu")),
    )
    assert _same(model.encoder.state_dict(), source.encoder.state_dict())
    assert _same(_heads(model), _heads(fresh.model))
    assert started_from.startswith("encoder of weights ")


def test_without_whitening_the_heads_read_sentences_of_another_vocabulary_but_of_no_other_text_encoder(
    store: Store, split: Split, trained: Path
) -> None:
    old, new = (
        Session(store, split, _config("model.whitening=0.0", *settings), torch.device("cpu"))
        for settings in (["training.seed=6"], ['data.hidden_findings=["af"]'])
    )
    source = dataclasses.replace(load_pretrained(trained / "model"), model=old.model, configs=(old.config.model,))
    assert start_from(source, new.model, new.config.model, store.contract).startswith("encoder and heads of weights ")
    assert len(new.model.prompt_vectors) == len(old.model.prompt_vectors) - 1
    assert _same(_heads(new.model), _heads(old.model))
    old.model.text_fingerprint = "of other weights"
    assert start_from(source, new.model, new.config.model, store.contract).startswith("encoder of weights ")


def test_another_encoder_or_contract_is_refused_and_the_differences_are_named(store: Store, split: Split, trained: Path) -> None:
    source = load_pretrained(trained / "model")
    session = Session(store, split, _config("model.width=8", "model.pooling=mean-max"), torch.device("cpu"))
    with pytest.raises(UsageError, match=r"model\.width is 4 there and 8 here; model\.pooling is mean there and mean-max here\. Change"):
        start_from(source, session.model, session.config.model, store.contract)
    longer = type(store.contract)(store.contract.sampling_rate, 5.0)
    with pytest.raises(UsageError, match=r"does not fit: seconds is 10\.0 there and 5\.0 here\."):
        start_from(source, session.model, source.config, longer)


def test_what_is_damaged_incomplete_or_not_there_is_refused_before_a_run_begins(
    store: Store, split: Split, trained: Path, tmp_path: Path
) -> None:
    damaged, incomplete = (Path(shutil.copytree(trained, tmp_path / name)) for name in ("damaged", "incomplete"))
    data = bytearray((damaged / "model" / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (damaged / "model" / "model.safetensors").write_bytes(data)
    (incomplete / "training.json").unlink()
    for source, error, said in (
        (damaged, DataError, r"model\.safetensors"),
        (damaged / "model", DataError, r"model\.safetensors"),
        (incomplete, DataError, "--resume"),
        (tmp_path / "nowhere", UsageError, "nowhere"),
    ):
        with pytest.raises(error, match=said):
            loop.train(store, split, _config(f"training.init_from={source}"), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


def test_a_model_that_has_seen_ecgs_of_the_test_part_is_refused(store: Store, split: Split, trained: Path, tmp_path: Path) -> None:
    exchanged = Split(split.method, {"train": split.parts["test"], "validation": split.parts["validation"], "test": split.parts["train"]})
    with pytest.raises(DataError, match="overlap with the run's train part"):
        loop.train(store, exchanged, _config(f"training.init_from={trained}"), tmp_path / "run", device="cpu")


@pytest.mark.parametrize("setting", ["init_from", "teacher"])
def test_a_model_brings_no_validation_labels_and_no_hidden_findings(
    store: Store, split: Split, trained: Path, tmp_path: Path, setting: str
) -> None:
    other = f"training.{setting}={trained}"
    exchanged = Split(split.method, {"train": split.parts["validation"], "validation": split.parts["train"], "test": split.parts["test"]})
    with pytest.raises(DataError, match=r"ECGs overlap with the train part of .* They would choose epoch"):
        loop.train(store, exchanged, _config(other), tmp_path / "run", device="cpu")
    with pytest.raises(DataError, match="was trained on af, so they would not be hidden"):
        loop.train(store, split, _config(other, 'data.hidden_findings=["atrial fibrillation"]'), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("setting", ["init_from", "teacher"])
def test_what_the_other_model_has_seen_is_seen(hospitals: Hospitals, store: Store, trained: Path, tmp_path: Path, setting: str) -> None:
    away = Store.open(hospitals.away)
    parts = split_by_fractions(away, (0.6, 0.2, 0.2))
    first, second = (_config(f"training.seed={seed}", f"training.{setting}={trained}") for seed in (5, 6))
    loop.train(away, parts, first, tmp_path / "run", device="cpu")
    run, rows = RunFolder.open(tmp_path / "run"), store.rows_of(RunFolder.open(trained).split.parts["validation"]).tolist()
    check_unseen(run, away, away.rows_of(parts.parts["test"]).tolist())
    for words in ("recording id", "patient"):
        with pytest.raises(DataError, match=rf"overlap with what the models that the run started or learned from had seen by {words}"):
            check_unseen(run, store, rows)
        store = _renamed(store)
    loop.train(away, parts, second, tmp_path / "other", device="cpu")
    join_runs(away, [run, RunFolder.open(tmp_path / "other")], tmp_path / "joined", device="cpu")
    with pytest.raises(DataError, match="had seen by patient"):
        check_unseen(RunFolder.open(tmp_path / "joined"), store, rows)


def _renamed(store: Store) -> Store:
    """The store with other recording ids."""
    records = store.records.assign(recording_id=[f"other:{row}" for row in range(len(store))])
    return Store(store.path, store.manifest, store.contract, store.vocabulary, records, store.labels)


def test_a_warm_started_run_resumes_to_the_bit_without_the_other_model(
    store: Store, split: Split, trained: Path, tmp_path: Path, killed_at_its_first_step: Callable[[TrainConfig, Path], None]
) -> None:
    source = Path(shutil.copytree(trained, tmp_path / "source"))
    config = _config(f"training.init_from={source}")
    straight = loop.train(store, split, config, tmp_path / "straight", device="cpu")
    killed_at_its_first_step(config, tmp_path / "killed")
    shutil.rmtree(source)
    resumed = loop.resume(store, tmp_path / "killed", device="cpu")
    ours, theirs = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("straight", "killed"))
    assert _same(ours, theirs)
    assert not _same(ours, load_file(trained / "model" / "model.safetensors"))
    assert resumed["started_from"] == straight["started_from"] == RunFolder.open(tmp_path / "killed").environment["started_from"]
    assert RunFolder(trained).summary["started_from"] == "drawn weights"


def test_killed_before_its_first_checkpoint_a_warm_started_run_begins_from_the_same_weights_or_not_at_all(
    store: Store, split: Split, trained: Path, tmp_path: Path
) -> None:
    config = _config(f"training.init_from={trained}")
    straight = loop.train(store, split, config, tmp_path / "straight", device="cpu")
    for name, started_from in (("killed", straight["started_from"]), ("exchanged", "encoder of weights 0")):
        RunFolder.create(tmp_path / name, config, store, split, started_from=started_from)
    loop.resume(store, tmp_path / "killed", device="cpu")
    assert _same(*(load_file(tmp_path / name / "model" / "model.safetensors") for name in ("straight", "killed")))
    with pytest.raises(DataError, match=r"not the weights that .*exchanged began with"):
        loop.resume(store, tmp_path / "exchanged", device="cpu")
    assert not any((tmp_path / "exchanged" / "checkpoints").iterdir())
