from typing import Any

import pytest
import tomli_w

from jaccardio.contrast.methods import METHODS, Method
from jaccardio.errors import UsageError
from jaccardio.training.config import TrainConfig, load_preset, presets

PLAIN_SMALL = ("paper-small", "siglip-small", "jaccard-small", "truth-small", "classifier-small")

METHOD_OF = {
    "paper": "paper",
    "paper-small": "paper",
    "siglip": "siglip",
    "siglip-small": "siglip",
    "jaccard-small": "jaccard-soft",
    "truth-small": "truth",
    "classifier-small": "classifier",
    "jaccardio-small": "truth-measured",
    "jaccardio": "truth-measured",
}

RESOLVED: dict[str, dict[str, dict[str, Any]]] = {
    "siglip-small": {
        "data": {"sampling_rate": 100.0, "crop_seconds": 7.5, "sampling": "plain", "lead_masking": 0.0},
        "model": {
            "kind": "text",
            "encoder": "resnet18",
            "width": 32,
            "stem_stride": 4,
            "pooling": "mean",
            "embedding": 256,
            "text": "minilm",
        }
        | {
            "whitening": 0.0,
            "normalise_ecg": True,
            "initial_scale": 10.0,
            "train_scale": True,
            "initial_bias": "mean-target",
            "bias": "scalar",
        },
        "objective": {"statements": "captions", "target": "identity", "loss": "sigmoid", "loss_options": {}}
        | {"positive_weight": False, "views": 0.0, "prototypes": 0.0},
        "training": {"optimiser": "adamw", "learning_rate": 2e-3, "weight_decay": 1e-2, "epochs": 8, "steps": None, "batch_size": 128}
        | {"warmup": 0.1, "gradient_clip": 1.0, "ema": 0.0, "select": "best", "validate_every": 1, "precision": "auto"},
    },
    "truth-small": {
        "data": {"sampling_rate": 100.0, "crop_seconds": 7.5, "lead_masking": 0.25},
        "model": {"kind": "text", "width": 32, "embedding": 256, "whitening": 0.5, "normalise_ecg": False, "initial_scale": 20.0}
        | {"bias": "text", "train_scale": True, "score_parts": (1,)},
        "objective": {"statements": "findings", "target": "truth", "loss": "sigmoid", "positive_weight": False},
        "training": {"learning_rate": 2e-3, "weight_decay": 1e-2, "epochs": 8, "warmup": 0.1, "validate_every": 1},
    },
    "classifier-small": {
        "data": {"crop_seconds": 7.5, "lead_masking": 0.25},
        "model": {"kind": "classifier", "encoder": "resnet18", "width": 32, "initial_bias": "mean-target"},
        "objective": {"statements": "findings", "target": "truth", "loss": "sigmoid", "positive_weight": False},
        "training": {"learning_rate": 2e-3, "epochs": 8},
    },
    "jaccardio-small": {
        "data": {"sampling_rate": 100.0, "crop_seconds": 7.5, "lead_masking": 0.25},
        "model": {
            "encoder": "resnet18",
            "width": 16,
            "squeeze_excitation": True,
            "stem_stride": 2,
            "pooling": "mean-max",
            "score_parts": (2, 1),
        }
        | {"text": "minilm", "whitening": 0.75, "embedding": 0, "normalise_ecg": False, "initial_scale": 19.2, "train_scale": False}
        | {"bias": "text", "kind": "text"},
        "objective": {"statements": "findings+measurements", "target": "truth", "loss": "sigmoid", "measured_weight": 1.0},
        "training": {"epochs": 16, "batch_size": 128, "learning_rate": 7.6e-3, "weight_decay": 1.41e-3, "warmup": 0.1, "validate_every": 4},
    },
}
"""What these presets have been from the first, by section; the sections may hold further settings."""


def test_every_preset_has_its_method_and_trains_it() -> None:
    assert presets() == tuple(sorted(METHOD_OF))
    for name, method in METHOD_OF.items():
        config = load_preset(name)
        assert (config.preset, config.method) == (name, method)
        assert config.objective.objective() == METHODS[method].objective
        assert (config.model.kind == "classifier") == (method == "classifier")


@pytest.mark.parametrize("name", RESOLVED)
def test_presets_are_resolved_as_ever(name: str) -> None:
    resolved = load_preset(name).model_dump()
    for section, settings in RESOLVED[name].items():
        assert {key: resolved[section][key] for key in settings} == settings


@pytest.mark.parametrize(("name", "method"), METHODS.items(), ids=METHODS)
@pytest.mark.parametrize("preset", ["siglip-small", "classifier-small", "jaccardio"])
def test_any_method_can_be_trained_on_any_footing(preset: str, name: str, method: Method) -> None:
    """The objective and the kind of model are the method's, all else is the preset's."""
    layer = ["model.embedding=64"] if method.prototypes else []
    config, own = load_preset(preset, [f"method={name}", *layer]), load_preset(preset, layer)
    assert config.method == name
    added = {field: getattr(method, field) for field in ("positive_weight", "views", "prototypes")}
    assert config.objective.model_dump() == {**vars(method.objective), **added, "measured_weight": 1.0}
    assert (config.model.kind == "classifier") == method.classifier
    assert config.model.model_copy(update={"kind": own.model.kind}) == own.model
    assert (config.data, config.training) == (own.data, own.training)


def test_settings_of_the_objective_override_the_method() -> None:
    settings = ["objective.target=exact", "method=paper", "objective.views=0.5"]
    config = load_preset("siglip-small", settings)
    assert (config.method, config.objective.target, config.objective.loss) == ("paper", "exact", "signed_sigmoid")
    assert config.objective.views == 0.5
    assert load_preset("siglip-small", settings[::-1]) == config


@pytest.mark.parametrize("setting", ["method=nonsense", "method=", "method=3", "method=[]"])
def test_an_unknown_method_lists_the_known(setting: str) -> None:
    with pytest.raises(UsageError, match=r"unknown method .*; available: siglip, siglip-exact, clip, .*classifier-weighted"):
        load_preset("truth-small", [setting])


def test_a_loss_has_options() -> None:
    settings = ["method=truth-asymmetric", "objective.loss_options.margin=0", "objective.loss_options.negative_exponent=2.5"]
    config = load_preset("truth-small", settings)
    assert config.objective.loss_options == config.objective.objective().loss_options == {"margin": 0.0, "negative_exponent": 2.5}
    assert TrainConfig.from_toml(tomli_w.dumps(config.model_dump(mode="json", exclude_none=True)), "x") == config


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("margin=0.6", "between 0 and 0.5"),
        ("margin=nan", "margin"),
        ("margin=true", "margin"),
        ('margin="0.1"', "margin"),
        ("gamma=2", "no option 'gamma'; it has positive_exponent"),
        ("negative_exponent=-1", "between 0 and 16"),
    ],
)
def test_options_that_do_not_fit_are_refused(setting: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        load_preset("truth-small", ["method=truth-asymmetric", f"objective.loss_options.{setting}"])
    with pytest.raises(UsageError, match=r"objective"):
        load_preset("truth-small", [f"objective.loss_options.{setting}"])  # sigmoid has none


def test_plain_small_presets_have_equal_budgets() -> None:
    small = [load_preset(name) for name in PLAIN_SMALL]
    data = {config.data.model_copy(update={"lead_masking": 0.0}) for config in small}
    assert len(data) == len({(config.training, config.model.encoder, config.model.width) for config in small}) == 1
    masked = {config.preset for config in small if config.data.lead_masking}
    assert masked == {"truth-small", "classifier-small"}  # not equal, and said in the README


def test_the_leading_presets_differ_in_width_and_length_only() -> None:
    small, full = load_preset("jaccardio-small"), load_preset("jaccardio", ["model.width=16", "training.epochs=16"])
    assert full.model_copy(update={"preset": small.preset, "description": small.description}) == small


@pytest.mark.parametrize(
    ("name", "embedding", "epochs", "warmup", "crop"), [("paper", 256, 600, 20_000, 7.5), ("siglip", 128, 250, 5_000, 0.0)]
)
def test_paper_presets_follow_the_paper(name: str, embedding: int, epochs: int, warmup: int, crop: float) -> None:
    """Table 3's last column and Table 1's standard SigLIP, with Listing 1 to the letter."""
    config = load_preset(name)
    assert (config.data.sampling_rate, config.data.crop_seconds) == (500, crop)
    assert (config.model.width, config.model.embedding, config.model.text) == (64, embedding, "Qwen/Qwen3-8B")
    assert (config.model.whitening, config.model.normalise_ecg, config.model.bias) == ("none", True, "scalar")
    assert (config.model.initial_scale, config.model.initial_bias, config.model.train_scale) == (10, -10, True)
    assert (config.training.optimiser, config.training.learning_rate, config.training.weight_decay) == ("adam", 1e-3, 0)
    assert (config.training.epochs, config.training.warmup) == (epochs, warmup)
    assert (config.training.gradient_clip, config.training.select, config.training.precision) == (0, "last", "fp32")


@pytest.mark.parametrize("value", ["0.0", "1.0", "none"])
def test_text_vectors_are_whitened_or_left_as_they_are(value: str) -> None:
    whitening = load_preset("paper-small", [f"model.whitening={value}"]).model.whitening
    assert whitening == (value if value == "none" else float(value))


def test_the_resolved_configuration_survives_toml() -> None:
    config = load_preset("truth-small", ["training.seed=7", "model.text=random"])
    assert TrainConfig.from_toml(tomli_w.dumps(config.model_dump(mode="json", exclude_none=True)), "x") == config


def test_settings_replace_values_and_steps_replace_epochs() -> None:
    config = load_preset("siglip-small", ["training.steps=9", "model.text=random", "training.learning_rate=1e-4"])
    assert (config.training.steps, config.training.epochs, config.model.text) == (9, None, "random")
    assert config.training.learning_rate == 1e-4


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("training.epoch=3", "training.epoch"),
        ("training.epochs=0", "training.epochs"),
        ("model.encoder=resnet99", "model.encoder"),
        ("objective.target=sameness", "sameness"),
        ("objective.target=identity", "identity"),
        ("objective.loss=softmax2", "softmax2"),
        ("objective.statements=findings+reports", "reports"),
        ("objective.views=-1", "objective.views"),
        ("model.whitening=1.5", "model.whitening"),
        ("model.whitening=all", "model.whitening"),
        ("training.gradient_clip=-1", "training.gradient_clip"),
        ("nonsense", "section.key=value"),
        ("preset.x=1", "preset"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        load_preset("truth-small", [setting])


def test_one_setting_that_stands_in_no_list_is_refused() -> None:
    with pytest.raises(UsageError, match=r"write \[setting\]"):
        load_preset("truth-small", "training.epochs=3")


def test_a_classifier_has_no_captions() -> None:
    with pytest.raises(UsageError, match="one output a finding"):
        load_preset("classifier-small", ["objective.statements=captions"])


@pytest.mark.parametrize("setting", ["objective.views=1.0", "objective.prototypes=0.1"])
def test_a_classifier_has_no_regularisers(setting: str) -> None:
    with pytest.raises(UsageError, match="no embedding and no text"):
        load_preset("classifier-small", [setting])


def test_prototypes_need_a_layer_over_the_sentences() -> None:
    assert load_preset("jaccardio-small", ["method=truth-prototypes", "model.embedding=64"]).objective.prototypes > 0
    with pytest.raises(UsageError, match=r"prototypes shapes .* model\.embedding above 0"):
        load_preset("jaccardio-small", ["method=truth-prototypes"])


def test_banks_are_joined_by_plus() -> None:
    assert load_preset("truth-small", ["objective.statements=findings+parents"]).objective.objective().banks == ("findings", "parents")


def test_positive_weight_needs_the_finding_bank() -> None:
    with pytest.raises(UsageError, match="positive_weight"):
        load_preset("siglip-small", ["objective.positive_weight=true"])


def test_an_unknown_preset_lists_the_known() -> None:
    with pytest.raises(UsageError, match="truth-small"):
        load_preset("truth-smal")


@pytest.mark.parametrize(
    "setting",
    [
        *(f"training.epochs={value}" for value in ("0", "-1", "1000000000", "1e9", "true", '"3"', "0.5", "3\nseed=1", "[" * 100_000)),
        *(f"training.batch_size={value}" for value in ("0", "1000000000000")),
        *(f"training.warmup={value}" for value in ("1e308", "-1", "nan", "inf", "1.5")),
        *(f"training.learning_rate={value}" for value in ("0", "nan", "inf", "1e308", "1e-320")),
        *(f"training.seed={value}" for value in ("-1", "99999999999999999999", "2020-01-01")),
        *(f"data.crop_seconds={value}" for value in ("0.001", "1e-320", "0.31", "1e9", "nan", "-1")),
        *(f"data.sampling_rate={value}" for value in ("0", "nan", "-100", "1e308")),
        *(f"model.width={value}" for value in ("0", "1000000000")),
        *(f"model.text={value}" for value in ('""', '"a\\u0000b"', '"a\\nb"', "")),
        *(f"model.whitening={value}" for value in ("nan", "2")),
        *(f"model.initial_bias={value}" for value in ("nan", "1e308", "x")),
        *(
            "model.embedding=10000000000",
            *(f"model.score_parts={value}" for value in ("[]", "[0]", "[1000000000]", "[1, true]", "4")),
            "objective.views=inf",
            "preset=other",
            "=1",
            "training=3",
            "a.b.c=1",
        ),
    ],
)
def test_nonsense_is_refused(setting: str) -> None:
    with pytest.raises(UsageError):
        load_preset("truth-small", [setting])


def test_the_shortest_crop_is_what_encoders_need() -> None:
    assert load_preset("truth-small", ["data.crop_seconds=0.32"]).data.crop_seconds == 0.32
    assert load_preset("truth-small", ["data.crop_seconds=0"]).data.crop_seconds == 0
