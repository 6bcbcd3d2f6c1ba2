"""The pretrained folder: exact, self-contained, and refused when anything in it is not what was written."""

import json
import os
from pathlib import Path

import pytest
import torch

from jaccardio.checksums import file_entry, write_manifest
from jaccardio.errors import DataError, UsageError
from jaccardio.files import write_json
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.folder import (
    CHECKED_FILES,
    FORMAT,
    REFERENCE,
    VOCABULARY,
    Pretrained,
    load_pretrained,
    model_manifest,
    save_pretrained,
)
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.text.encoder import TextEncoder

CONTRACT = SignalContract(100.0, 10.0)
CONFIGS = [
    ModelConfig(width=2, embedding=8, whitening=0.5, bias="text", normalise_ecg=False),
    ModelConfig(width=2, embedding=8),
    ModelConfig(width=2, embedding=8, whitening="none", initial_bias=-10.0),
    ModelConfig(kind="classifier", width=2),
]


def save(path: Path, config: ModelConfig, vocabulary: Vocabulary, text_encoder: TextEncoder) -> EcgModel:
    torch.manual_seed(0)
    model = create_model(config, vocabulary=vocabulary, text_encoder=text_encoder)
    model.finding_logits(torch.randn(4, 12, 200))  # moves the running statistics of the norms
    pretrained = Pretrained(model, (config,), vocabulary, (), CONTRACT, True, {"global": 0.3}, {"temperature": 2.0}, reference={"ecgs": 7})
    save_pretrained(path, pretrained, "# Card\n")
    return model.eval()


@pytest.fixture
def saved(tmp_path: Path, vocabulary: Vocabulary, text_encoder: TextEncoder) -> Path:
    save(tmp_path / "model", CONFIGS[0], vocabulary, text_encoder)
    return tmp_path / "model"


@pytest.mark.parametrize("config", CONFIGS)
def test_round_trip_scores_bit_for_bit(tmp_path: Path, config: ModelConfig, vocabulary: Vocabulary, text_encoder: TextEncoder) -> None:
    model = save(tmp_path / "model", config, vocabulary, text_encoder)
    pretrained = load_pretrained(tmp_path / "model")
    signal = torch.randn(3, 12, 1000)
    assert torch.equal(pretrained.model.finding_logits(signal), model.finding_logits(signal))
    assert (pretrained.config, pretrained.vocabulary, pretrained.contract) == (config, vocabulary, CONTRACT)
    assert (pretrained.thresholds, pretrained.calibration, pretrained.reference) == ({"global": 0.3}, {"temperature": 2.0}, {"ecgs": 7})
    assert not pretrained.model.training
    assert pretrained.model.text_fingerprint == text_encoder.fingerprint


def test_other_accounts_can_read_it_and_nothing_else_is_left_behind(saved: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    assert saved.stat().st_mode & 0o777 == 0o777 & ~mask
    assert all(path.stat().st_mode & 0o777 == 0o666 & ~mask for path in saved.iterdir())
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("name", CHECKED_FILES)
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_damage_is_named(saved: Path, name: str, damage: str) -> None:
    data = bytearray((saved / name).read_bytes())
    data[len(data) // 2] ^= 1
    (saved / name).unlink()
    if damage != "remove":
        (saved / name).write_bytes(data if damage == "flip" else data[: len(data) // 2])
    with pytest.raises(DataError, match=f"{name}.*Copy the folder again"):
        load_pretrained(saved)


def test_a_folder_without_manifest_or_of_another_format_is_refused(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    write_json(saved / "manifest.json", manifest | {"format": "jaccardio-model-99"})
    with pytest.raises(DataError, match="another version"):
        load_pretrained(saved)
    (saved / "manifest.json").unlink()
    with pytest.raises(DataError, match=r"manifest\.json"):
        load_pretrained(saved)


@pytest.mark.parametrize(("part", "key"), [(None, "surprise"), ("model", "surprise"), ("contract", "surprise"), ("model", "width")])
def test_unknown_keys_and_weights_that_do_not_fit_are_refused(saved: Path, part: str | None, key: str) -> None:
    document = json.loads((saved / "config.json").read_text())
    where = {None: document, "model": document["members"][0], "contract": document["contract"]}[part]
    where[key] = 3
    write_json(saved / "config.json", document)
    manifest = model_manifest(saved)
    write_manifest(saved, FORMAT, {**manifest.files, "config.json": file_entry((saved / "config.json").read_bytes())})
    with pytest.raises(DataError, match=r"config\.json"):
        load_pretrained(saved)


def test_a_folder_of_an_earlier_version_has_no_reference(saved: Path) -> None:
    listed = {**model_manifest(saved).files}
    del listed[REFERENCE]
    (saved / REFERENCE).unlink()
    write_manifest(saved, FORMAT, listed)
    assert load_pretrained(saved).reference is None
    del listed[VOCABULARY]
    write_manifest(saved, FORMAT, listed)
    with pytest.raises(DataError, match="does not list"):
        load_pretrained(saved)


def test_an_earlier_model_is_replaced_whole(saved: Path, vocabulary: Vocabulary, text_encoder: TextEncoder) -> None:
    save(saved, CONFIGS[2], vocabulary, text_encoder)
    assert load_pretrained(saved).config == CONFIGS[2]
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_a_failed_save_leaves_the_earlier_model(
    saved: Path, vocabulary: Vocabulary, text_encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(saved, CONFIGS[2], vocabulary, text_encoder)
    assert load_pretrained(saved).config == CONFIGS[0]
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path, vocabulary: Vocabulary, text_encoder: TextEncoder) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not a pretrained model"):
        save(tmp_path, CONFIGS[0], vocabulary, text_encoder)
    assert (tmp_path / "notes.txt").read_text() == "mine"
