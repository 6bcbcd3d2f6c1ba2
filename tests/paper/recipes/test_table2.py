"""Table 2: any number of text encoders, and those that are not installed."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jaccardio.errors import MissingError, UsageError
from jaccardio.evaluation.table import Table
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.paper.recipes.table2 import table2
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study
from jaccardio.text.create import create_text_encoder


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
    """What is compared, without training: titles of the models, and the one that the others are measured against."""
    calls: list[tuple[list[str], str]] = []

    def compare(study: Study, _: Table, names: list[str], *, reference: str, claims: dict[str, str]) -> None:
        assert set(claims) <= set(names)
        calls.append(([study.title(name) for name in names], study.title(reference)))

    monkeypatch.setattr(Study, "compare", compare)
    return calls


def study(*texts: str) -> Study:
    store = cast("Any", SimpleNamespace(vocabulary=Vocabulary.load("paper26")))
    none = cast("Any", None)
    return Study(replace(SCALES["small"], texts=texts), store, none, none, {}, none, Path(), None, "cpu")


def test_encoders_that_are_not_installed_are_named_and_the_others_go_on(
    compared: list[tuple[list[str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(name: str, vocabulary: Vocabulary) -> object:
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


def test_a_name_that_is_no_encoder_ends_it_before_training(compared: list[tuple[list[str], str]]) -> None:
    with pytest.raises(UsageError, match="unknown text encoder 'qwen'"):
        table2(study("random", "table", "qwen"), Table(""))
    assert not compared
