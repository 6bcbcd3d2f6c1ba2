"""The table of objectives: each is a valid configuration on the same footing, and what a vocabulary cannot carry is said."""

import json
import shutil
from pathlib import Path

import pytest

from jaccardio.checksums import write_manifest
from jaccardio.contrast.methods import METHODS
from jaccardio.errors import UsageError
from jaccardio.experiments.objectives import ALWAYS_FINALISTS, CONTROLS, FOOTING, NETWORK_ALONE, OBJECTIVES, REFERENCE, Entry, choose
from jaccardio.experiments.run_cache import run_name
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.training.config import load_preset

ENTRIES = [*OBJECTIVES.values(), *CONTROLS]

OWN = {"preset", "method", "description", "objective", "model.kind"}
OWN |= {f"model.{name}" for name in ("embedding", "normalise_ecg", "bias", "initial_scale", "train_scale")}
"""What an objective may set: the rest is the footing, the same for all."""


@pytest.mark.parametrize("entry", OBJECTIVES.values(), ids=OBJECTIVES)
def test_every_objective_is_a_configuration_that_differs_from_the_footing_in_its_own_settings_only(entry: Entry) -> None:
    config = entry.configure(("training.epochs=3",))
    assert config.training.epochs == 3
    ours, footing = config.model_dump(), load_preset(FOOTING, (NETWORK_ALONE, "training.epochs=3")).model_dump()
    differing = {name for name in ours.keys() - {"model"} if ours[name] != footing[name]}
    differing |= {f"model.{name}" for name in footing["model"] if ours["model"][name] != footing["model"][name]}
    assert differing <= OWN
    assert config.description == entry.description
    assert config.method == entry.name


def test_objectives_and_controls_are_judged_by_the_network_alone() -> None:
    assert load_preset(FOOTING).model.evidence
    assert not any(entry.configure(()).model.evidence for entry in ENTRIES)
    assert OBJECTIVES["truth"].configure(("model.evidence=true",)).model.evidence  # who asks for it gets it


def test_methods_on_captions_alone_take_the_papers_form_of_the_model() -> None:
    paper = [name for name, entry in OBJECTIVES.items() if entry.configure(()).model.bias == "scalar"]
    assert paper == list(OBJECTIVES)[:13] == [name for name, method in METHODS.items() if method.objective.statements == "captions"]


def test_what_trains_the_layer_over_the_sentences_has_one() -> None:
    layered = [name for name, entry in OBJECTIVES.items() if entry.configure(()).model.embedding]
    assert layered == [*list(OBJECTIVES)[:13], "truth-prototypes"]


def test_a_run_is_named_by_what_it_does_and_not_by_its_method() -> None:
    named, spelled = load_preset("siglip-small", ["method=unicl"]), load_preset("siglip-small", ["method=clip", "objective.target=exact"])
    assert named.method != spelled.method
    assert run_name("x", named) == run_name("x", spelled) != run_name("x", load_preset("siglip-small", ["method=clip"]))


def test_the_controls_change_one_thing_each() -> None:
    encoder, vectors = (entry.configure(()) for entry in CONTROLS)
    truth = OBJECTIVES["truth"].configure(())
    assert encoder.training.frozen_encoder
    assert vectors.model.text == "random"
    for control in (encoder, vectors):
        assert control.objective == truth.objective


def test_no_two_objectives_are_the_same_configuration() -> None:
    seen = [entry.configure(()).model_dump(mode="json", exclude={"preset", "description"}) for entry in ENTRIES]
    assert all(one not in seen[:place] for place, one in enumerate(seen))
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


def test_settings_of_the_tuning_come_last_and_those_of_the_footing_first() -> None:
    config = OBJECTIVES["siglip"].configure(("model.initial_scale=3", "model.whitening=0.25"), ("training.seed=2",))
    assert (config.model.initial_scale, config.model.whitening, config.training.seed) == (10.0, 0.25, 2)
    assert OBJECTIVES["siglip"].configure((), ("model.initial_scale=7",)).model.initial_scale == 7.0


def test_objectives_are_chosen_by_name_in_the_order_of_the_table() -> None:
    entries, left_out = choose("truth, siglip,truth", Vocabulary.load("paper26"))
    assert ([entry.name for entry in entries], left_out) == (["siglip", "truth"], {})
    assert {REFERENCE, *ALWAYS_FINALISTS} <= set(OBJECTIVES)
    with pytest.raises(UsageError, match=r"unknown objective nonsense; available: siglip"):
        choose("siglip,nonsense", Vocabulary.load("paper26"))
    with pytest.raises(UsageError, match="names none"):
        choose(" , ", Vocabulary.load("paper26"))


def test_what_the_vocabulary_cannot_carry_is_left_out_of_all_and_refused_by_name() -> None:
    paper26 = Vocabulary.load("paper26")
    entries, left_out = choose("all", paper26)
    assert left_out == {"truth-parents": "vocabulary paper26 has no groups"}
    assert {entry.name for entry in entries} == set(OBJECTIVES) - {"truth-parents"}
    assert len(choose("all", Vocabulary.load("ptbxl71"))[0]) == len(OBJECTIVES)
    with pytest.raises(UsageError, match="truth-parents: vocabulary paper26 has no groups"):
        choose("truth-parents", paper26)


@pytest.mark.parametrize("setting", ["init_from", "teacher"])
def test_a_run_is_named_by_the_weights_of_other_models(trained: Path, tmp_path: Path, setting: str) -> None:
    def name(other: Path) -> str:
        return run_name("x", load_preset("truth-small", [f"training.{setting}={other}"]))

    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    assert name(trained) == name(trained / "model") == name(copy)
    manifest = json.loads((copy / "model" / "manifest.json").read_text())
    manifest["files"]["model.safetensors"]["sha256"] = "0" * 64
    (copy / "model" / "manifest.json").unlink()
    write_manifest(copy / "model", manifest["format"], manifest["files"])
    assert name(copy / "model") != name(trained)
