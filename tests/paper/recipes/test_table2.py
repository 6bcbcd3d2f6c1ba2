"""Table 2: any number of text encoders, and those that are not installed."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import MissingError, UsageError
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.table import Row, Table
from jaccardio.findings.families import FAMILIES
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.paper.recipes.table2 import table2
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study
from jaccardio.text.create import create_text_encoder


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
    """What is compared, without training: titles of the models, and the one that the others are measured against."""
    calls: list[tuple[list[str], str]] = []

    def compare(study: Study, table: Table, names: list[str], *, reference: str, claims: dict[str, str]) -> None:
        assert set(claims) <= set(names)
        better = enumerate(study.title(name) for name in names)
        table.rows += [Row(title, "macro_auroc", Estimate(0.9 - 0.1 * place)) for place, title in better]
        calls.append(([study.title(name) for name in names], study.title(reference)))

    monkeypatch.setattr(Study, "compare", compare)
    return calls


def study(*texts: str) -> Study:
    vocabulary = Vocabulary.load("paper26")
    labels = np.random.default_rng(0).integers(0, 2, (40, len(vocabulary))).astype(np.int8)
    store = cast("Any", SimpleNamespace(vocabulary=vocabulary, labels=labels, rows_of=np.array))
    split, none = cast("Any", SimpleNamespace(parts={"train": list(range(30))})), cast("Any", None)
    return Study(replace(SCALES["small"], texts=texts, replicates=9), store, split, none, {}, none, Path(), None, "cpu")


@dataclass(frozen=True)
class Knowing:
    """A language model whose vectors hold the family of a finding, and noise."""

    name: str
    noise: float

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        vocabulary = Vocabulary.load("paper26")
        if list(sentences) != vocabulary.prompts("en"):
            raise UsageError("no Japanese")
        families = np.array([[code in family for family in FAMILIES["paper26"].values()] for code in vocabulary.codes], np.float32)
        return families + self.noise * np.random.default_rng(1).standard_normal(families.shape, np.float32)


def test_encoders_that_are_not_installed_are_named_and_the_others_go_on(
    compared: list[tuple[list[str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(name: str, vocabulary: Vocabulary, _: Path | None) -> object:
        if name == "gemma3-270m":
            raise MissingError("text encoder gemma3-270m is not on this machine. Install it.")
        return create_text_encoder(name, vocabulary)

    monkeypatch.setattr(sys.modules[table2.__module__], "create_text_encoder", create)
    table = Table("")
    table2(study("table", "random", "gemma3-270m"), table)
    assert compared == [
        ([f"{words}, text table", f"{words}, text random", "jaccardio-small"], f"{words}, text random")
        for words in ("Jaccard loss", "truth of single findings")
    ]
    assert table.limitations == ["models with text gemma3-270m: text encoder gemma3-270m is not on this machine. Install it."]
    assert [remark.partition(":")[0] for remark in table.remarks[1:]] == ["random", "table"]


@pytest.mark.usefixtures("compared")
def test_what_language_models_know_stands_beside_what_training_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = {"knows": 0.1, "guesses": 0.6, "babbles": 5.0}  # the better a model is in the stand-in's order, the more it knows
    made = {**{name: Knowing(name, amount) for name, amount in noise.items()}, "random": None}
    monkeypatch.setattr(sys.modules[table2.__module__], "create_text_encoder", lambda name, *_: made[name])
    table = Table("")
    table2(study(*noise, "random"), table)
    known = [row.estimate.value for row in table.rows if row.metric == "same family nearer"]
    assert known == sorted(known, reverse=True)
    orders = {row.model: row.estimate.value for row in table.rows if row.metric == "macro_auroc in the order of: same family nearer"}
    assert orders == pytest.approx({"jaccard, 3 language models": 1.0, "truth, 3 language models": 1.0})


def test_a_name_that_is_no_encoder_ends_it_before_training(compared: list[tuple[list[str], str]]) -> None:
    with pytest.raises(UsageError, match="unknown text encoder 'qwen'"):
        table2(study("random", "table", "qwen"), Table(""))
    assert not compared
