import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from jaccardio.evaluation.auroc import SortedScores, auroc, average_precision


@pytest.mark.parametrize("decimals", [1, 2, 8])
@pytest.mark.parametrize("seed", range(5))
def test_equals_scikit_learn_with_ties(seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    labels = (rng.random(200) < 0.2).astype(np.int8)
    scores = np.round(rng.random(200) + 0.3 * labels, decimals)
    assert auroc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert average_precision(labels, scores) == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from([0.1, 0.4, 0.5, 0.9]), st.integers(0, 4)), min_size=2, max_size=30))
@settings(max_examples=150, deadline=None)
def test_weights_are_repetitions(records: list[tuple[int, float, int]]) -> None:
    labels, scores, weights = (np.array(column) for column in zip(*records, strict=True))
    repeated_labels, repeated_scores = np.repeat(labels, weights), np.repeat(scores, weights)
    [area], [precision] = SortedScores.of(labels.astype(np.int8), scores).metrics(weights[None]).values()
    if len(set(repeated_labels)) < 2:
        assert np.isnan(area)
        assert np.isnan(precision)
    else:
        assert area == pytest.approx(roc_auc_score(repeated_labels, repeated_scores), abs=1e-12)
        assert precision == pytest.approx(average_precision_score(repeated_labels, repeated_scores), abs=1e-12)


def test_unknown_labels_are_left_out() -> None:
    rng = np.random.default_rng(1)
    labels, scores = rng.integers(-1, 2, 100).astype(np.int8), rng.random(100)
    known = labels >= 0
    assert auroc(labels, scores) == auroc(labels[known], scores[known])
    scores[~known] = 1e9
    assert auroc(labels, scores) == pytest.approx(roc_auc_score(labels[known], scores[known]), abs=1e-12)


@pytest.mark.parametrize("state", [-1, 0, 1])
def test_one_class_is_undefined(state: int) -> None:
    labels = np.full(5, state, np.int8)
    assert np.isnan(auroc(labels, np.arange(5.0)))
    assert np.isnan(average_precision(labels, np.arange(5.0)))
