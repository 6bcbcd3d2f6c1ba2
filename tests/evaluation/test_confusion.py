import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, hamming_loss, jaccard_score, precision_score, recall_score

from jaccardio.evaluation.confusion import Confusion, record_jaccard, weighted_mean_of_defined
from jaccardio.evaluation.metrics import DECISION_METRICS, Decided

from .cases import Case, random_case


def one_sample(labels: np.ndarray, decisions: np.ndarray) -> dict[str, float]:
    weights = np.ones((1, len(labels)))
    jaccard = weighted_mean_of_defined(record_jaccard(labels, decisions), weights)
    every = np.ones(labels.shape[1], bool)
    decided = Decided(Confusion.of(labels, decisions, weights), jaccard, every, ~every)
    return {name: float(metric.of(decided)[0]) for name, metric in DECISION_METRICS.items() if "normal" not in name}


@pytest.mark.parametrize("seed", range(4))
def test_fully_known_labels_equal_scikit_learn(seed: int) -> None:
    case = random_case(seed=seed)
    labels, decisions = (case.labels == 1).astype(np.int8), case.scores >= 0.4
    figures = one_sample(labels, decisions)
    expected = {
        "hamming_loss": hamming_loss(labels, decisions),
        "micro_precision": precision_score(labels, decisions, average="micro"),
        "micro_recall": recall_score(labels, decisions, average="micro"),
        "micro_f1": f1_score(labels, decisions, average="micro"),
        "macro_f1": f1_score(labels, decisions, average="macro"),
        "jaccard_samples": jaccard_score(labels, decisions, average="samples", zero_division=1),
        "jaccard_micro": jaccard_score(labels, decisions, average="micro"),
        "jaccard_macro": jaccard_score(labels, decisions, average="macro"),
    }
    assert figures == pytest.approx(expected, abs=1e-12)


def test_unknown_cells_equal_scikit_learn_on_the_known_ones(case: Case) -> None:
    decisions, known = case.scores >= 0.4, case.labels >= 0
    figures = one_sample(case.labels, decisions)
    y, called = case.labels[known], decisions[known]
    assert figures["hamming_loss"] == pytest.approx(1 - accuracy_score(y, called))
    assert figures["micro_f1"] == pytest.approx(f1_score(y, called))
    columns = [f1_score(case.labels[rows, c], decisions[rows, c]) for c, rows in enumerate(known.T)]
    assert figures["macro_f1"] == pytest.approx(np.mean(columns))


def test_record_jaccard_of_empty_and_unknown_records() -> None:
    labels = np.array([[0, 0], [1, 0], [0, -1], [-1, -1], [1, -1]], np.int8)
    decisions = np.array([[False, False], [True, True], [False, True], [True, True], [False, True]])
    assert np.array_equal(record_jaccard(labels, decisions), [1, 0.5, 1, np.nan, 0], equal_nan=True)


def test_silence_has_no_precision_but_a_recall_of_zero(case: Case) -> None:
    figures = one_sample(case.labels, np.zeros(case.labels.shape, bool))
    assert np.isnan(figures["micro_precision"])
    assert figures["micro_recall"] == figures["micro_f1"] == figures["jaccard_micro"] == 0
    known = case.labels >= 0
    assert figures["hamming_loss"] == pytest.approx(np.mean(case.labels[known] == 1))
