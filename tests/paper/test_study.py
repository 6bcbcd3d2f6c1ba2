"""What a ranking adds to a table of the paper's."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.evaluation.thresholds import POLICIES, Thresholds
from jaccardio.experiments.held_out import HeldOut
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study

CODES = ("a", "b")


def held_out(name: str, title: str, positives: tuple[int, int]) -> HeldOut:
    labels = np.array([[row < count for count in positives] for row in range(40)], np.int8)
    keys = np.arange(40).astype(str)
    store = cast("Any", SimpleNamespace(title=title))
    return HeldOut(store, name, cast("Vocabulary", None), np.full(2, 0.5), Part(keys, keys, labels, CODES))


def test_each_hospital_says_what_it_leaves_out_and_what_its_ecgs_cannot_bear() -> None:
    home, external = held_out("test", "ours", (20, 3)), held_out("all", "theirs", (2, 2))
    none = cast("Any", None)
    study = Study(SCALES["smoke"], none, none, home, {"hospital 2": external}, none, Path(), None, "cpu")
    table = Table("Both")
    for place in (home, external, home):
        scores = np.random.default_rng(0).random((40, 2))
        study.rank(table, place, [Scored("model", [scores], [Thresholds(dict.fromkeys(POLICIES, np.full(2, 0.5)))])], reference="model")
    assert table.left_out == {
        "a": "theirs: 2 positives, fewer than 10",
        "b": "3 positives, fewer than 10; theirs: 2 positives, fewer than 10",
    }
    said = dict.fromkeys(table.warnings)
    assert [warning.partition(": ")[0] for warning in said] == ["test part, ours, 2 findings", "theirs, 2 findings"]
