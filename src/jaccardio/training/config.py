"""`TrainConfig`: everything a training run depends on besides the store, as TOML on disk.

A file of ``presets/`` is a footing: the settings that its presets share, and under ``[presets.NAME]`` the method of each and the few
settings that differ. A method sets the objective and the kind of model; settings of a preset and of ``--set`` override it.
Unknown keys are refused, so that a typing error is never a silent default.
"""

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from jaccardio.cohort.augment import AUGMENTATIONS, Augmentation
from jaccardio.contrast.methods import METHODS
from jaccardio.contrast.objective import Objective
from jaccardio.errors import UsageError
from jaccardio.models.config import ModelConfig
from jaccardio.models.encoder import MINIMUM_SAMPLES
from jaccardio.recording.preprocessing import MINIMUM_RATE_HZ
from jaccardio.recording.recording import MAXIMUM_RATE_HZ
from jaccardio.section import Section

PATH = r"^[^\x00-\x1f\x7f]+$"


class DataConfig(Section):
    """What is taken from the store.

    Attributes
    ----------
    sampling_rate
        Hz that the preset was made for; a store at another rate is refused rather than trained on by accident.
    crop_seconds
        Length of the random training crop (the paper's augmentation against drift); 0 trains on whole windows.
    sampling
        ``plain``: every training ECG at most once an epoch. ``repeat-rare``: those with rare findings are repeated, in as many steps
        an epoch (`repeat_factors` of the batches).
    lead_masking
        Share of the training ECGs that lose leads at random, so that the model can be asked about ECGs that lack some
        (`jaccardio.cohort.augment`); with 0 it answers for complete ECGs only.
    caption_order
        Order of the names in a sentence that lists what an ECG shows: ``canonical``, the vocabulary's, or ``random``, drawn from the seed
        once for each statement, so that a model does not rest on one order.
    hidden_findings
        Codes of findings that are left out of the run: no label, no statement, no prompt.
    labelled
        Share of the training patients, drawn with the run's seed, whose labels are kept; the ECGs of the others are unlabelled, and take
        part where measured statements are learned. For learning curves.
    """

    sampling_rate: float = Field(500.0, ge=MINIMUM_RATE_HZ, le=MAXIMUM_RATE_HZ)
    crop_seconds: float = Field(7.5, ge=0, le=3600)
    sampling: Literal["plain", "repeat-rare"] = "plain"
    lead_masking: float = Field(0.0, ge=0, le=1)
    caption_order: Literal["canonical", "random"] = "canonical"
    hidden_findings: tuple[str, ...] = Field((), strict=False)  # TOML and JSON have lists
    labelled: float = Field(1.0, gt=0, le=1)

    @property
    def augmentations(self) -> tuple[Augmentation, ...]:
        """What is done to the training crops: each of `AUGMENTATIONS` whose setting is not 0."""
        return tuple(make(amount) for setting, make in AUGMENTATIONS.items() if (amount := getattr(self, setting)))

    @model_validator(mode="after")
    def _crop_fits_the_encoder(self) -> "DataConfig":
        samples = round(self.crop_seconds * self.sampling_rate)
        if self.crop_seconds > 0 and samples < MINIMUM_SAMPLES:
            raise ValueError(f"crop_seconds gives {samples} samples, encoders need {MINIMUM_SAMPLES}; 0 trains on whole windows")
        return self


class ObjectiveConfig(Section):
    """One cell of the grid statements x target x loss, by name, and what is added to it; see the contrast room.

    Attributes
    ----------
    loss_options
        Options of the loss that are not its defaults (`OPTIONS` of the losses).
    positive_weight
        Weight the positives of each finding by its ratio of negatives to positives in training (the paper's label-weighted ResNet,
        section 5.7); it needs the finding bank and the sigmoid loss.
    measured_weight
        Weight of the measured statements, where `statements` has them: at 1 they weigh as much as the findings.
    views, prototypes
        Weights of the regularisers `view_contrast` and `prototype_contrast`; 0 is off.
    """

    statements: str
    target: str
    loss: str
    loss_options: dict[str, float]
    positive_weight: bool
    measured_weight: float = Field(1.0, gt=0, le=1e6)
    views: float = Field(ge=0, le=1e6)
    prototypes: float = Field(ge=0, le=1e6)

    @model_validator(mode="after")
    def _usable(self) -> "ObjectiveConfig":
        try:
            self.objective()
        except UsageError as error:
            raise ValueError(str(error)) from error
        if self.positive_weight and (self.objective().banks, self.loss) != (("findings",), "sigmoid"):
            raise ValueError("positive_weight needs statements = 'findings' and loss = 'sigmoid'")
        return self

    def objective(self) -> Objective:
        """The cell of the grid."""
        return Objective(self.statements, self.target, self.loss, self.loss_options)


class OptimiserConfig(Section):
    """The loop. Exactly one of ``epochs`` and ``steps`` sets its length.

    Attributes
    ----------
    warmup
        Linear warm-up of the learning rate, then cosine to zero: below 1 a share of all steps, else a number of steps.
    gradient_clip
        Largest norm of the gradient; 0 does not clip.
    ema
        Decay per step of the exponential moving average of the weights that is validated and saved; 0 is off.
    select
        ``best`` epoch by validation macro-AUROC, or the ``last``.
    validate_every
        Epochs between two validations; the last epoch is always validated.
    precision
        ``bf16`` runs the ECG encoder under autocast, ``auto`` where the device computes in bfloat16 (`trains_in_bfloat16`); logits and loss
        are float32 always.
    frozen_encoder
        Leave the ECG encoder's weights as they were drawn and train the rest on its features: the control that says what the
        encoder's training adds. Its batch norms still gather the statistics of the data.
    init_from
        A run or model folder whose weights the run starts from (`jaccardio.training.warm_start`); without it they are drawn.
    teacher
        A run, often an ensemble, whose scores of the training ECGs are learned as soft truth (`jaccardio.training.teacher`).
    teacher_weight
        Weight of the teacher's scores; that of the labels is the rest to 1.
    """

    optimiser: Literal["adamw", "adam"] = "adamw"
    learning_rate: float = Field(2e-3, ge=1e-12, le=1e12)
    weight_decay: float = Field(1e-2, ge=0, le=1e12)
    epochs: int | None = Field(None, ge=1, le=1_000_000)
    steps: int | None = Field(None, ge=1, le=1_000_000_000)
    batch_size: int = Field(128, ge=1, le=1_000_000)
    warmup: float = Field(0.1, ge=0, le=10_000_000)
    gradient_clip: float = Field(1.0, ge=0, le=1e12)
    ema: float = Field(0.0, ge=0, lt=1)
    select: Literal["best", "last"] = "best"
    validate_every: int = Field(1, ge=1, le=1_000_000)
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    frozen_encoder: bool = False
    init_from: str | None = Field(None, pattern=PATH)
    teacher: str | None = Field(None, pattern=PATH)
    teacher_weight: float = Field(0.5, gt=0, le=1)
    seed: int = Field(0, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _one_length(self) -> "OptimiserConfig":
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("set exactly one of epochs and steps")
        if self.warmup >= 1 and not self.warmup.is_integer():
            raise ValueError("warmup is a share below 1 or a whole number of steps")
        return self


class TrainConfig(Section):
    """A whole training configuration; ``preset`` and ``method`` say where it started from."""

    preset: str
    method: str
    description: str = ""
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    objective: ObjectiveConfig
    training: OptimiserConfig

    @property
    def title(self) -> str:
        """The preset, and the method where it is another than the preset's own."""
        own = _presets().get(self.preset, {}).get("method", self.method)
        method = "classifier" if self.model.kind == "classifier" and not METHODS[self.method].classifier else self.method
        return self.preset if method == own else f"{self.preset} as {method}"

    @model_validator(mode="after")
    def _sections_fit(self) -> "TrainConfig":
        if self.model.kind == "classifier" and (self.objective.objective().banks, self.objective.target) != (("findings",), "truth"):
            raise ValueError("a classifier has one output a finding: it needs statements = 'findings' and target = 'truth'")
        if self.model.kind == "classifier" and (self.objective.views or self.objective.prototypes):
            raise ValueError("a classifier has no embedding and no text: it needs objective.views = 0 and objective.prototypes = 0")
        if self.model.lora_rank and (self.model.kind == "classifier" or self.objective.prototypes or self.training.teacher):
            raise ValueError(
                "model.lora_rank tunes a language model: it needs model.kind = 'text', objective.prototypes = 0 and no training.teacher"
            )
        if self.objective.prototypes and not self.model.embedding:
            raise ValueError("objective.prototypes shapes the trained layer over sentences: it needs model.embedding above 0")
        return self

    @classmethod
    def from_toml(cls, text: str, origin: str) -> "TrainConfig":
        """Reads a configuration.

        Raises
        ------
        UsageError
            Not TOML, or a key or value that does not fit; every fault is named.
        """
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UsageError(f"{origin}: not TOML: {error}.") from error
        return _validated(document, origin)


def presets() -> tuple[str, ...]:
    """Names of the presets that ship with jaccardio."""
    return tuple(sorted(_presets()))


def load_preset(name: str, settings: Sequence[str] = ()) -> TrainConfig:
    """Loads a preset and applies ``section.key=value`` settings to it.

    Parameters
    ----------
    settings
        Values are TOML (``training.epochs=3``, ``model.text="random"``); bare words are taken as strings. ``method=NAME`` puts
        another method on the preset's footing.

    Raises
    ------
    UsageError
        Unknown preset, method, key, or value.
    """
    known = _presets()
    if name not in known:
        raise UsageError(f"unknown preset {name!r}; available: {', '.join(sorted(known))}.")
    document = known[name]
    if isinstance(settings, str):
        raise UsageError("one setting where a list of settings is expected: write [setting].")
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator:
            raise UsageError(f"--set {setting!r}: write section.key=value, for example training.epochs=3.")
        if key.strip() == "preset":
            raise UsageError("--set preset: the preset is named by --preset.")
        _assign(document, key.strip(), _toml_value(value.strip()))
    return _validated(_merged(method_settings(document["method"]), document), f"preset {name}")


def _presets() -> dict[str, dict[str, Any]]:
    """Each preset by name, as it stands on its footing."""
    found: dict[str, dict[str, Any]] = {}
    for file in (resources.files("jaccardio.training") / "presets").iterdir():
        if file.name.endswith(".toml"):
            footing = tomllib.loads(file.read_text("utf-8"))
            own = footing.pop("presets")
            found |= {name: _merged({"preset": name} | footing, settings) for name, settings in own.items()}
    return found


def method_settings(method: Any) -> dict[str, Any]:
    """What a method sets in a configuration, section by section.

    Raises
    ------
    UsageError
        There is no such method.
    """
    if method not in tuple(METHODS):
        raise UsageError(f"unknown method {method!r}; available: {', '.join(METHODS)}.")
    chosen = METHODS[method]
    return {
        "model": {"kind": "classifier" if chosen.classifier else "text"},
        "objective": vars(chosen.objective) | {name: getattr(chosen, name) for name in ("positive_weight", "views", "prototypes")},
    }


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both documents, section by section; values of `above` override those of `below`."""
    sections = [key for key, value in above.items() if isinstance(value, dict) and isinstance(below.get(key), dict)]
    return {**below, **above, **{key: _merged(below[key], above[key]) for key in sections}}


def _assign(document: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    table = document
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise UsageError(f"--set {key}: {section} is a value, not a section.")
    if last in ("epochs", "steps") and sections == ["training"]:
        table.pop("steps" if last == "epochs" else "epochs", None)  # the two exclude each other: the later word counts
    table[last] = value


def _toml_value(text: str) -> Any:
    try:
        document = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return document["value"] if len(document) == 1 else text  # with a line break the text could hold further keys


def _validated(document: Mapping[str, Any], origin: str) -> TrainConfig:
    try:
        return TrainConfig.model_validate(document)
    except ValidationError as error:
        faults = (f"{'.'.join(str(part) for part in fault['loc']) or 'configuration'}: {fault['msg']}" for fault in error.errors())
        raise UsageError(f"{origin}: {'; '.join(faults)}.") from error
