"""The registry: every recipe says what it needs to, and the scales configure every run."""

from collections.abc import Sequence

import pytest

from jaccardio.errors import UsageError
from jaccardio.experiments.run_cache import run_name
from jaccardio.findings.families import FAMILIES
from jaccardio.findings.naming import without_named
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.statements import measured_statements
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.recipes import COMPUTED, RECIPES, Recipe, chosen
from jaccardio.paper.runs import DEMO, LANGUAGES, OURS, RUNS, TEXT_OBJECTIVES, left_out_run, runs_of, text_run
from jaccardio.paper.scales import SCALES, Scale
from jaccardio.training.config import load_preset


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_says_what_it_is_and_names_what_there_is(recipe: Recipe) -> None:
    assert all((recipe.what, recipe.title, recipe.paper, recipe.cost, recipe.expect))
    assert recipe.command.startswith(f"jaccardio reproduce {recipe.name} --scale small")
    assert recipe.runs or recipe.name in COMPUTED
    assert {*recipe.runs, *recipe.claims, *recipe.columns} <= set(RUNS)
    assert recipe.reference in recipe.runs or not recipe.runs
    assert set(recipe.columns.values()) <= set(paper_columns())
    assert all(set(pair[:2]) <= set(RUNS) and len(pair) in (2, 3) for pair in recipe.pairs)


def test_everything_computed_belongs_to_a_recipe() -> None:
    assert set(COMPUTED) <= set(RECIPES)


def test_recipes_are_chosen_by_name_in_the_papers_order() -> None:
    assert chosen("all") == list(RECIPES)
    assert chosen("table3, table1") == ["table1", "table3"]
    for names in ("table9", "table1,none", " , "):
        with pytest.raises(UsageError, match="use all, or some of table1"):
            chosen(names)


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_every_run_is_another_one_at_every_scale(scale: Scale) -> None:
    configs = {name: run.configure(scale, 0) for name, run in runs_of(scale).items() if name not in DEMO}
    assert len({run_name("", config) for config in configs.values()}) == len(configs)
    assert configs["ours"].preset == OURS
    for vocabulary, families in FAMILIES.items():
        for family, codes in families.items():
            with_labels, without = configs["labels-1-with"].model_dump(), configs[left_out_run(vocabulary, family)].model_dump()
            assert without["data"]["hidden_findings"] == codes
            assert with_labels == without | {"data": without["data"] | {"hidden_findings": ()}}
    of_texts = {text_run(one, place): text for one in (*TEXT_OBJECTIVES, *LANGUAGES) for place, text in enumerate(scale.texts)}
    table2 = (text_run(one, place) for one in TEXT_OBJECTIVES for place in range(len(scale.texts)))
    whole = (*table2, "standard", "equal-sets", "soft", "embedding-256", "embedding-512")
    for name, config in configs.items():
        assert config.training.seed == 0
        assert config.model.text == of_texts.get(name, scale.texts[0])
        assert config.data.sampling_rate == scale.sampling_rate
        assert config.data.crop_seconds == (0 if name in whole or "-longer-" in name else 7.5)


@pytest.mark.parametrize(("name", "family"), [(name, family) for name, families in FAMILIES.items() for family in families])
def test_a_run_that_leaves_a_family_out_is_told_no_name_of_it(name: str, family: str) -> None:
    """In prompts of the other findings and in measured statements, English and Japanese; "abnormal Q wave" is itself a statement."""
    vocabulary, codes = Vocabulary.load(name), FAMILIES[name][family]
    left_out = [finding for finding in vocabulary.findings if finding.code in codes and finding.code != "abnormal_q"]
    told = [prompt for language in ("en", "ja") for prompt in vocabulary.subset(_others(vocabulary, codes)).prompts(language)]
    statements = [one for one in measured_statements().values() if one.lead in (None, "aVL")]
    told += [sentence for one in statements for sentence in (*one.sentences.values(), *one.denials.values())]
    assert without_named(told, left_out) == told
    own = [vocabulary.findings[vocabulary.index(code)] for code in codes]
    assert not any(without_named(finding.names.values(), own) for finding in own)  # the search finds what it looks for


def _others(vocabulary: Vocabulary, codes: Sequence[str]) -> list[int]:
    return [column for column, code in enumerate(vocabulary.codes) if code not in codes]


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_the_models_of_table_2_differ_in_text_and_objective_alone(scale: Scale) -> None:
    for objective, cell in zip(TEXT_OBJECTIVES, ("captions jaccard signed_sigmoid", "findings truth sigmoid"), strict=True):
        configs = [runs_of(scale)[text_run(objective, place)].configure(scale, 1) for place in range(len(scale.texts))]
        assert tuple(config.model.text for config in configs) == scale.texts
        for config in configs:
            assert f"{config.objective.statements} {config.objective.target} {config.objective.loss}" == cell
            assert config.model_dump(exclude={"model"}) == configs[0].model_dump(exclude={"model"})
            assert config.model.model_dump(exclude={"text"}) == configs[0].model.model_dump(exclude={"text"})
    paper, truth = (runs_of(scale)[name].configure(scale, 1) for name in TEXT_OBJECTIVES)
    unlike = {"preset", "method", "description", "objective", "model"}
    assert paper.model_dump(exclude=unlike) == truth.model_dump(exclude=unlike)


def test_what_the_network_learns_is_judged_without_measurements_in_the_score() -> None:
    brief = [run.configure(SCALES["small"], 0).model for run in RUNS.values() if run.schedule == "brief"]
    assert brief
    assert not any(model.evidence for model in brief)
    assert RUNS["ours"].configure(SCALES["small"], 0).model.evidence


def test_the_sister_papers_models_differ_in_language_and_text_alone() -> None:
    runs = runs_of(SCALES["small"])
    configs = [runs[text_run(name, place)].configure(SCALES["small"], 2) for place in (0, 2) for name in LANGUAGES]
    assert [config.model.language for config in configs] == ["ja", "en", "ja", "en"]
    assert [config.model.text for config in configs] == ["minilm", "minilm", "gemma3-270m", "gemma3-270m"]
    for config in configs:
        assert (config.objective.statements, config.objective.target, config.objective.loss) == ("captions", "identity", "softmax")
        assert config.model.initial_scale == pytest.approx(1 / 0.07)
        assert not config.model.train_scale
        assert config.model_dump(exclude={"model"}) == configs[0].model_dump(exclude={"model"})
    assert RECIPES["japanese98"].command.endswith("--store STORE --texts use-multilingual,gemma3-270m,random,table --out DIR")


def test_the_papers_scale_is_the_papers_setting() -> None:
    scale = SCALES["paper"]
    first, final, supervised = (RUNS[name].configure(scale, 1) for name in ("standard", "final", "supervised"))
    assert (first.training.epochs, first.training.warmup, first.model.embedding) == (250, 5000, 128)
    assert (final.training.epochs, final.training.warmup, final.model.embedding) == (600, 20000, 256)
    assert (first.training.optimiser, first.training.learning_rate) == ("adam", 1e-3)
    assert (first.objective.target, first.objective.loss) == ("identity", "sigmoid")
    assert (final.objective.target, final.objective.loss) == ("jaccard", "signed_sigmoid")
    assert (supervised.model.kind, supervised.objective.positive_weight) == ("classifier", True)
    assert (supervised.training.learning_rate, supervised.training.batch_size, supervised.training.epochs) == (1e-4, 32, 600)
    assert final.data.sampling_rate == 500
    siglip, paper = load_preset("siglip", ["training.seed=1"]), load_preset("paper", ["training.seed=1"])
    for config, preset in ((first, siglip), (final, paper)):
        assert config.model_dump(exclude={"preset", "description"}) == preset.model_dump(exclude={"preset", "description"})
    assert supervised.model.initial_bias == "mean-target"  # SigLIP's -10 is for its own loss


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_the_ablation_changes_one_thing_at_a_time(scale: Scale) -> None:
    runs = {name: RUNS[name].configure(scale, 0) for name in ("standard", "equal-sets", "jaccard", "soft")}
    cells = {name: config.objective for name, config in runs.items()}
    assert {name: (cell.statements, cell.target, cell.loss) for name, cell in cells.items()} == {
        "standard": ("captions", "identity", "sigmoid"),
        "equal-sets": ("captions", "exact", "signed_sigmoid"),
        "jaccard": ("captions", "jaccard", "signed_sigmoid"),
        "soft": ("captions", "jaccard", "sigmoid"),
    }
    configs = [config.model_dump(exclude={"method", "objective"}) for config in runs.values()]
    assert all(config == configs[0] for config in configs)


def test_every_length_is_validated_equally_often() -> None:
    for name, epochs in (("jaccard", 12), ("jaccard-longer-1", 36), ("jaccard-longer-2", 72)):
        settings = RUNS[name].configure(SCALES["small"], 0).training
        assert (settings.epochs, settings.validate_every, settings.warmup) == (epochs, epochs // 12, 0.1)
