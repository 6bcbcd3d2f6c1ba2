"""What a tiny or one-sided part cannot bear is said, and nothing where there is nothing to say."""

import numpy as np
import pytest

from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import Thresholds


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([[1, 0], [1, 0], [1, -1]], ["3 ECGs, no finding has both a present and an absent ECG", "one finding (a, present in 3 of 3 ECGs)"]),
        ([[0, 0]] * 4, ["4 ECGs, no finding has both", "4 ECGs, no finding is present in any"]),
        ([[-1, -1]], ["1 ECG, no finding has both", "1 ECG, no finding is present in any"]),
        ([[1, 1]] * 40, ["40 ECGs, no finding has both", "a model that predicts everything (40 ECGs)"]),
        ([[1, 0], [0, 0], [0, 0], [1, 0]], ["the most frequent is a, in 2", "one finding (a, present in 2 of 4 ECGs)"]),
        ([[1, 0], [0, 1]] * 9, ["the most frequent is a, in 9", "micro-F1 rests on 18 ECGs with 18 present labels"]),
        ([[1, 0]] * 20 + [[0, 1]] * 9 + [[0, 0]], ["macro metrics rest on one finding (a)"]),
        ([[1, 0], [0, 1]] * 15, []),
    ],
)
def test_cautions(labels: list[list[int]], said: list[str]) -> None:
    found = cautions(np.array(labels, np.int8), ("a", "b"), 10, "test part")
    assert len(found) == len(said)
    for sentence, part in zip(found, said, strict=True):
        assert sentence.startswith("test part: ")
        assert part in sentence


def test_they_stand_in_the_metrics() -> None:
    labels = np.array([[1], [1], [0], [1]], np.int8)
    thresholds = Thresholds({"global": np.array([0.5])})
    keys = np.array(list("abcd"))
    found = evaluate(Part(keys, keys, labels, ("af",)), Scored("model", [labels.astype(float)], [thresholds]), replicates=10)
    assert found.metrics["thresholds"]["global"]["micro_f1"].value == 1.0
    assert found.metrics["warnings"] == [
        "no finding is present in 10 ECGs and absent in one (the most frequent is af, in 3): macro metrics are undefined or mostly chance",
        "micro-F1 rests on one finding (af, present in 3 of 4 ECGs)",
    ]
