import pytest
import tomli_w

from jaccardio.errors import UsageError
from jaccardio.training.config import TrainConfig, load_preset, presets

CELLS = {
    "paper": ("captions", "jaccard", "signed_sigmoid"),
    "paper-small": ("captions", "jaccard", "signed_sigmoid"),
    "siglip": ("captions", "identity", "sigmoid"),
    "siglip-small": ("captions", "identity", "sigmoid"),
    "jaccard-small": ("captions", "jaccard", "sigmoid"),
    "truth-small": ("findings", "truth", "sigmoid"),
    "classifier-small": ("findings", "truth", "sigmoid"),
    "jaccardio-small": ("findings", "truth", "sigmoid"),
    "jaccardio": ("findings", "truth", "sigmoid"),
}
PLAIN_SMALL = ("paper-small", "siglip-small", "jaccard-small", "truth-small", "classifier-small")


@pytest.mark.parametrize("name", presets())
def test_each_preset_is_the_cell_it_is_named_after(name: str) -> None:
    config = load_preset(name)
    assert (config.objective.statements, config.objective.target, config.objective.loss) == CELLS[name]
    assert (config.model.kind == "classifier") == name.startswith("classifier")


def test_plain_small_presets_have_equal_budgets() -> None:
    small = [load_preset(name) for name in PLAIN_SMALL]
    data = {config.data.model_copy(update={"lead_masking": 0.0}) for config in small}
    assert len(data) == len({(config.training, config.model.encoder, config.model.width) for config in small}) == 1
    masked = {config.preset for config in small if config.data.lead_masking}
    assert masked == {"truth-small", "classifier-small"}  # not equal, and said in the README


def test_the_leading_presets_differ_in_width_and_length_only() -> None:
    small, full = load_preset("jaccardio-small"), load_preset("jaccardio", ["model.width=16", "training.epochs=24"])
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


def test_a_classifier_has_no_captions() -> None:
    with pytest.raises(UsageError, match="one output a finding"):
        load_preset("classifier-small", ["objective.statements=captions"])


@pytest.mark.parametrize("setting", ["objective.views=1.0", "objective.prototypes=0.1"])
def test_a_classifier_has_no_regularisers(setting: str) -> None:
    with pytest.raises(UsageError, match="no embedding and no text"):
        load_preset("classifier-small", [setting])


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
            "model.score_parts=1000000000",
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
