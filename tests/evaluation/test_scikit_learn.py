"""Every figure beside scikit-learn's on 500 random cases: ties, unknown labels, findings of one class, silent and empty records."""

import numpy as np
import pytest
import sklearn
from sklearn.metrics import accuracy_score, average_precision_score, jaccard_score, precision_recall_fscore_support, roc_auc_score

from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.replicates import Replicates
from jaccardio.evaluation.thresholds import Thresholds

CASES = 500


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels (n, k), scores (n, k) and thresholds (k,)."""
    rng = np.random.default_rng(seed)
    n, k = rng.integers(2, 60), rng.integers(1, 5)
    labels = (rng.random((n, k)) < rng.choice([0.0, 0.03, 0.3, 0.7, 1.0], k)).astype(np.int8)
    scores = np.round(rng.normal(0, 1, (n, k)) + labels, rng.integers(0, 4))
    labels[rng.random((n, k)) < rng.choice([0.0, 0.1, 0.6])] = -1
    return labels, scores, rng.normal(0.5, 1, k)


def decided(labels: np.ndarray, called: np.ndarray) -> dict[str, float]:
    """Figures of known cells (c,). Undefined: precision where nothing is called; recall, F1 and Jaccard where nothing is present."""
    if not len(labels):
        return dict.fromkeys(("precision", "recall", "f1", "jaccard", "accuracy", "predicted_rate"), np.nan)
    precision, recall, f1, _ = precision_recall_fscore_support(labels, called, average="binary", zero_division=np.nan)
    some = labels.any()
    return {
        "precision": precision if called.any() else np.nan,
        "recall": recall if some else np.nan,
        "f1": f1 if some else np.nan,
        "jaccard": jaccard_score(labels, called) if some else np.nan,
        "accuracy": accuracy_score(labels, called),
        "predicted_rate": called.mean(),
    }


def expected(labels: np.ndarray, scores: np.ndarray, called: np.ndarray) -> dict[str, object]:
    known = labels >= 0
    findings = [decided(labels[rows, column], called[rows, column]) for column, rows in enumerate(known.T)]
    both = np.array([len(set(labels[rows, column])) == 2 for column, rows in enumerate(known.T)])
    pooled = decided(labels[known], called[known])
    some = known.any(axis=1)
    y, said = np.where(known, labels, 0)[some], (called & known)[some]  # a cell absent on both sides adds to neither set
    y, said = np.column_stack([y, np.zeros(len(y), int)]), np.column_stack([said, np.zeros(len(said), bool)])  # one column is no multilabel
    mean = {name: np.mean([row[name] for row, usable in zip(findings, both, strict=True) if usable] or [np.nan]) for name in findings[0]}

    def ranked(function: object) -> list[float]:
        pairs = zip(known.T, labels.T, scores.T, both, strict=True)
        return [function(y[rows], s[rows]) if usable else np.nan for rows, y, s, usable in pairs]

    return {
        "auroc": ranked(roc_auc_score),
        "auprc": ranked(average_precision_score),
        "hamming_loss": 1 - pooled["accuracy"],
        "micro_precision": pooled["precision"],
        "micro_recall": pooled["recall"],
        "micro_f1": pooled["f1"],
        "macro_f1": mean["f1"],
        "jaccard_samples": jaccard_score(y, said, average="samples", zero_division=1) if len(y) else np.nan,
        "jaccard_micro": pooled["jaccard"],
        "jaccard_macro": mean["jaccard"],
        **{f"finding {name}": [row[name] for row in findings] for name in findings[0]},
    }


def test_500_random_cases_agree_to_1e_minus_9() -> None:
    one_class = unknown = undefined = 0
    with sklearn.config_context(skip_parameter_validation=True):
        for seed in range(CASES):
            labels, scores, values = random_case(seed)
            thresholds = Thresholds({"global": values})
            patients = np.arange(len(labels)).astype(str)
            part = Part(patients, patients, labels, tuple(f"f{column}" for column in range(labels.shape[1])))
            bootstrap = PatientBootstrap(patients, replicates=0)
            replicates = Replicates.of(part, scores, thresholds, bootstrap, np.ones(labels.shape[1], bool))
            found = {name: table[0] for name, table in replicates.ranked.items()}
            found |= {name: values[0] for name, values in replicates.decided["global"].items() if "normal" not in name}
            found |= {f"finding {name}": table[0] for name, table in replicates.findings.items()}
            right = expected(labels, scores, scores >= values)
            assert set(found) == set(right)
            for name, value in right.items():
                np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-9, err_msg=f"{name}, seed {seed}")
            macro = [mean_of_defined(replicates.ranked[name])[0] for name in ("auroc", "auprc")]
            defined = [[value for value in right[name] if np.isfinite(value)] or [np.nan] for name in ("auroc", "auprc")]
            assert macro == pytest.approx([np.mean(values) for values in defined], abs=1e-9, nan_ok=True)
            one_class += int(np.isnan(right["auroc"]).any())
            unknown += int((labels < 0).any())
            undefined += int(np.isnan(right["micro_precision"]))
    assert min(one_class, unknown) > 100
    assert undefined > 10
