"""The pretrained folder: one self-contained model on disk, checked when it is read.

================  =============================================================================================
file              holds
================  =============================================================================================
model.safetensors weights and buffers, the prompts' text vectors among them
config.json       `ModelConfig` of each member (a single model is one), fingerprint of the text encoder, measured statements that
                  they learned, signal contract, whether they know ECGs without some leads, what their evidence rests on
vocabulary.json   findings, sentences, levels
thresholds.json   threshold policies fitted on validation
calibration.json  temperature and Platt's pairs fitted on validation
reference.json    what is usual in the validation part; models of earlier versions lack it
README.md         model card
manifest.json     SHA-256 of each of the above; written last
================  =============================================================================================
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from jaccardio.checksums import MANIFEST, Manifest, file_entry, write_manifest
from jaccardio.errors import DataError, UsageError
from jaccardio.files import json_bytes, no_such_folder, sync_folder, write_atomic
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.definitions import defined_in
from jaccardio.measurement.evidence import evidence_fingerprint
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import MODELS
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ensemble import EcgEnsemble, has_evidence
from jaccardio.models.evidence import Evidence
from jaccardio.models.weights import weights_from_bytes, weights_to_bytes
from jaccardio.recording.preprocessing import SignalContract

FORMAT = "jaccardio-model-7"
CHECKED_FILES = WEIGHTS, CONFIG, VOCABULARY, THRESHOLDS, CALIBRATION, REFERENCE, CARD = (
    "model.safetensors",
    "config.json",
    "vocabulary.json",
    "thresholds.json",
    "calibration.json",
    "reference.json",
    "README.md",
)
EVIDENCE = "evidence_sha256"


@dataclass(frozen=True)
class Pretrained:
    """What a pretrained folder holds.

    Attributes
    ----------
    model
        In evaluation mode, on the CPU.
    configs
        Shape of the model, or of each member of an ensemble.
    vocabulary
        Its findings, in the order of `finding_logits`.
    statements
        Codes of the measured statements that it learned, in the order of its `statement_vectors`.
    contract
        Rate and length of the signals that it expects.
    partial_leads
        Whether training showed it ECGs without some of their leads.
    thresholds
        Threshold policies as training fitted them (`Thresholds.to_dict`).
    calibration
        Recalibrations as training fitted them (`Calibration.to_dict`).
    weights_sha256
        SHA-256 of the file of weights; empty of a model that is in none.
    reference
        What is usual in the validation part (`Reference.to_dict`); None of a model that an earlier version trained.
    """

    model: EcgModel | EcgEnsemble
    configs: tuple[ModelConfig, ...]
    vocabulary: Vocabulary
    statements: tuple[str, ...]
    contract: SignalContract
    partial_leads: bool
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    weights_sha256: str = ""
    reference: Mapping[str, Any] | None = None

    @property
    def config(self) -> ModelConfig:
        """Shape of the model, or of an ensemble's first member; on the side of the text all members have its settings."""
        return self.configs[0]


def save_pretrained(folder: Path, pretrained: Pretrained, card: str) -> None:
    """Writes a pretrained folder in one step: the whole new one or, after a crash, none of it.

    An earlier pretrained folder of that name is replaced.

    Raises
    ------
    UsageError
        `folder` exists and is not a pretrained folder: nothing else is ever replaced.
    MissingError
        The disk is full; an earlier folder is untouched.
    """
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: exists and is not a pretrained model; choose another place or move it away.")
    config_document = {
        "members": [config.model_dump() for config in pretrained.configs],
        "text_fingerprint": pretrained.model.text_fingerprint,
        "statements": list(pretrained.statements),
        "contract": pretrained.contract.to_dict(),
        "partial_leads": pretrained.partial_leads,
    }
    if has_evidence(pretrained.model):
        config_document[EVIDENCE] = evidence_fingerprint(defined_in(pretrained.vocabulary))
    files = {
        WEIGHTS: weights_to_bytes(pretrained.model.state_dict()),
        CONFIG: json_bytes(config_document),
        VOCABULARY: json_bytes(pretrained.vocabulary.to_dict()),
        THRESHOLDS: json_bytes(pretrained.thresholds),
        CALIBRATION: json_bytes(pretrained.calibration),
        REFERENCE: json_bytes(pretrained.reference),
        CARD: card.encode(),
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    workspace = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    new, old = workspace / "new", workspace / "old"
    try:
        for name, data in files.items():
            write_atomic(new / name, data)
        write_manifest(new, FORMAT, {name: file_entry(data) for name, data in files.items()})
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        sync_folder(folder.parent)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(workspace, ignore_errors=True)


def load_pretrained(folder: Path) -> Pretrained:
    """Reads a pretrained folder; every byte is checked against its SHA-256 before use.

    Raises
    ------
    UsageError
        There is no such folder.
    DataError
        It is no model folder, or a file is missing, damaged, holds unknown keys, or does not fit the others; the message names it.
    """
    if not folder.exists():
        raise no_such_folder(folder)
    manifest = model_manifest(folder)
    try:
        document = manifest.json_of(CONFIG)
        configs = tuple(ModelConfig.model_validate(config) for config in document.pop("members"))
        text_fingerprint = document.pop("text_fingerprint")
        statements = tuple(map(str, document.pop("statements")))
        contract = SignalContract.from_dict(document.pop("contract"))
        partial_leads = bool(document.pop("partial_leads"))
        rests_on = document.pop(EVIDENCE, None)
        vocabulary = Vocabulary.from_dict(manifest.json_of(VOCABULARY))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder / CONFIG}: holds keys or values that this version of jaccardio does not know.") from error
    if document:
        raise DataError(f"{folder / CONFIG}: unknown keys {', '.join(sorted(document))}.")
    defined = defined_in(vocabulary)
    state = weights_from_bytes(manifest.bytes_of(WEIGHTS), str(folder / WEIGHTS))
    try:
        alone = len(configs) == 1
        members = [
            _member(config, state if alone else _below(state, f"members.{place}."), text_fingerprint, defined)
            for place, config in enumerate(configs)
        ]
        model = members[0] if alone else EcgEnsemble(members)
    except (KeyError, RuntimeError, IndexError, TypeError) as error:
        raise DataError(f"{folder / WEIGHTS}: the weights do not fit {CONFIG} and {VOCABULARY}.") from error
    if rests_on != (evidence_fingerprint(defined) if has_evidence(model) else None):
        raise DataError(f"{folder / CONFIG}: trained with measured statements or definitions of another version. Train again.")
    if len(model.prompt_vectors) != len(vocabulary):
        raise DataError(f"{folder / VOCABULARY}: {len(vocabulary)} findings, but the weights have {len(model.prompt_vectors)} prompts.")
    if len(model.statement_vectors) != len(statements):
        raise DataError(f"{folder / CONFIG}: {len(statements)} measured statements, but the weights have {len(model.statement_vectors)}.")
    manifest.bytes_of(CARD)
    thresholds, calibration = manifest.json_of(THRESHOLDS), manifest.json_of(CALIBRATION)
    weights_sha256 = manifest.files[WEIGHTS]["sha256"]
    reference = manifest.json_of(REFERENCE) if REFERENCE in manifest.files else None
    return Pretrained(
        model.eval(), configs, vocabulary, statements, contract, partial_leads, thresholds, calibration, weights_sha256, reference
    )


def _member(config: ModelConfig, state: Mapping[str, Tensor], text_fingerprint: str, defined: Sequence[str]) -> EcgModel:
    model = MODELS[config.kind](config, state["prompt_vectors"], text_fingerprint, state["statement_vectors"])
    model.tuning.update(_below(state, "tuning."))
    if evidence := _below(state, "evidence."):
        model.evidence = Evidence(defined, **evidence)
    model.load_state_dict(state, strict=True)
    return model


def _below(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def model_manifest(folder: Path) -> Manifest:
    """The manifest of a pretrained folder, through which its files are read one by one.

    Raises
    ------
    DataError
        There is no such folder, or its manifest is damaged or lists other files.
    """
    if not (folder / MANIFEST).is_file():
        raise DataError(f"{folder}: neither a run nor a model folder (there is no {MANIFEST}). Name what `jaccardio train --out` wrote.")
    manifest = Manifest.read(folder, FORMAT, "Copy the folder again.")
    if {*manifest.files, REFERENCE} != set(CHECKED_FILES):
        raise DataError(f"{folder / MANIFEST}: does not list {', '.join(CHECKED_FILES)}. Copy the folder again.")
    return manifest
