import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from jaccardio.training.selection import macro_ranking


def test_macro_is_the_mean_over_findings_with_ten_positives() -> None:
    random = np.random.default_rng(0)
    labels = (random.random((200, 3)) < [0.4, 0.2, 0.01]).astype(np.int8)
    labels[:5, 0] = -1
    scores = random.random((200, 3))
    known = labels[:, 0] >= 0
    pairs = [(labels[known, 0], scores[known, 0]), (labels[:, 1], scores[:, 1])]
    auroc, auprc = macro_ranking(labels, scores)
    assert auroc == pytest.approx(np.mean([roc_auc_score(*pair) for pair in pairs]))
    assert auprc == pytest.approx(np.mean([average_precision_score(*pair) for pair in pairs]))


def test_rare_findings_count_where_nothing_else_does_and_nothing_is_none() -> None:
    labels = np.array([[1, 0], [0, 0], [0, 0]], np.int8)
    assert macro_ranking(labels, np.array([[0.9, 0.1], [0.2, 0.3], [0.1, 0.2]])) == (1.0, 1.0)
    assert macro_ranking(np.zeros((3, 2), np.int8), np.zeros((3, 2))) == (None, None)
