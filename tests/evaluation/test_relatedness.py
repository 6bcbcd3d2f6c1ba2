"""What vectors know of findings, on vectors made by hand and against scikit-learn and scipy."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.relatedness import co_occurrence, cosines, nearest_is_same, related_nearer, same_order

GROUPS = np.repeat(np.arange(3), 4)
RELATED = (GROUPS[:, None] == GROUPS).astype(np.int8)
FINDINGS = PatientBootstrap(np.arange(12).astype(str), 200)


def made(seed: int, noise: float) -> NDArray[np.float64]:
    """Similarities of vectors that stand near the axis of their group."""
    vectors = np.eye(3)[GROUPS] + noise * np.random.default_rng(seed).standard_normal((12, 3))
    return cosines(vectors, vectors)


def test_related_findings_that_are_nearer_give_one_and_random_vectors_a_half() -> None:
    perfect = related_nearer(made(0, 0.01), RELATED, FINDINGS)
    assert (perfect.value, perfect.low, perfect.high) == (1, 1, 1)
    vectors = np.random.default_rng(1).standard_normal((12, 384))
    chance = related_nearer(cosines(vectors, vectors), RELATED, FINDINGS)
    assert chance.value == pytest.approx(0.5, abs=0.2)
    assert chance.low < 0.5 < chance.high


def test_pairs_that_are_not_judged_and_a_finding_with_itself_do_not_count() -> None:
    similarities, related = made(2, 1.0), RELATED.copy()
    related[:, 0] = related[0, :] = -1
    rows, columns = np.triu_indices(11, 1)
    expected = roc_auc_score(RELATED[1:, 1:][rows, columns], similarities[1:, 1:][rows, columns])
    assert related_nearer(similarities, related, FINDINGS).value == pytest.approx(expected)


def test_a_replicate_counts_each_pair_as_often_as_its_findings_were_drawn_together() -> None:
    similarities, known = made(3, 1.0), made(4, 1.0)
    drawn = np.repeat(np.arange(12), FINDINGS.weights(0, 1)[0])
    first, second = np.triu_indices(12, 1)
    first, second = drawn[first], drawn[second]
    one, other = first[first != second], second[first != second]
    once = PatientBootstrap(np.arange(12).astype(str), 1)
    found = related_nearer(similarities, RELATED, once)
    assert found.low == found.high == pytest.approx(roc_auc_score(RELATED[one, other], similarities[one, other]))
    found = same_order(similarities, known, once)
    assert found.low == found.high == pytest.approx(spearmanr(similarities[one, other], known[one, other]).statistic)


def test_order_is_spearmans_over_the_pairs_that_are_judged() -> None:
    similarities = made(5, 1.0)
    assert same_order(similarities, np.exp(similarities), FINDINGS).value == pytest.approx(1)
    known = made(6, 1.0)
    known[3] = known[:, 3] = np.nan
    kept = np.delete(np.arange(12), 3)
    rows, columns = kept[np.triu_indices(11, 1)[0]], kept[np.triu_indices(11, 1)[1]]
    expected = spearmanr(similarities[rows, columns], known[rows, columns]).statistic
    assert same_order(similarities, known, FINDINGS).value == pytest.approx(expected)
    assert not same_order(np.ones((12, 12)), known, FINDINGS).defined


def test_co_occurrence_is_over_the_ecgs_in_which_both_labels_are_known() -> None:
    labels = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, -1, 0, 0], [-1, 1, 0, 0], [0, 1, -1, 0]], np.int8)
    found = co_occurrence(labels)
    assert found[0, 1] == found[1, 0] == pytest.approx(1 / 3)
    assert found[0, 0] == 1
    assert found[0, 2] == 0
    assert np.isnan(found[2, 3])


def test_the_nearest_is_the_same_finding_unless_another_is_as_near() -> None:
    similarities = np.array([[0.9, 0.1, 0.2], [0.5, 0.5, 0.1], [0.3, 0.4, 0.2]])
    assert nearest_is_same(similarities, PatientBootstrap(np.array(["a", "b", "c"]), 5)).value == pytest.approx(1 / 3)
    assert nearest_is_same(np.eye(12), FINDINGS).low == 1
