"""The metrics by name. A new one is a function and a row here: documents, pages and Markdown show what stands in these tables.

Names and definitions are scikit-learn's where it has them. Hamming loss and micro metrics are over all known cells; macro metrics are
means over the findings of macro metrics, in each replicate those with a positive and a negative.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import mean_of_defined
from jaccardio.evaluation.confusion import Confusion, ratio

Values = NDArray[np.float64]
Judged = TypeVar("Judged")


@dataclass(frozen=True, eq=False)
class Decided:
    """Decisions at one threshold policy against labels, for the r rows of weights of a bootstrap chunk.

    Attributes
    ----------
    counts
        Of each finding, (r, k).
    jaccard_of_ecgs
        (r,) mean over ECGs of the Jaccard index between findings present and predicted.
    in_macro
        (k,) findings of macro metrics.
    normal
        (k,) findings that mean a normal ECG.
    """

    counts: Confusion
    jaccard_of_ecgs: Values
    in_macro: NDArray[np.bool_]
    normal: NDArray[np.bool_]

    def micro(self, metric: str) -> Values:
        """(r,) a metric of `FINDING_METRICS` over all known cells."""
        return FINDING_METRICS[metric].of(self.counts.pooled())[:, 0]

    def macro(self, metric: str) -> Values:
        """(r,) its mean over the findings of macro metrics."""
        usable = self.counts.defined() & self.in_macro
        return mean_of_defined(np.where(usable, FINDING_METRICS[metric].of(self.counts), np.nan))


@dataclass(frozen=True)
class Metric(Generic[Judged]):
    """A metric of decisions; NaN where undefined."""

    title: str
    of: Callable[[Judged], Values]


def f1(counts: Confusion) -> Values:
    """F1, undefined where nothing is present."""
    return np.where(counts.present > 0, ratio(2 * counts.true_positive, counts.present + counts.predicted), np.nan)


def jaccard(counts: Confusion) -> Values:
    """Jaccard index, undefined where nothing is present."""
    either = counts.present + counts.predicted - counts.true_positive
    return np.where(counts.present > 0, ratio(counts.true_positive, either), np.nan)


def micro_f1_without_normal(decided: Decided) -> Values:
    """Micro-F1 over the findings other than normal, which is the commonest; thresholds are not fitted again without it."""
    if not decided.normal.any():
        return np.full(len(decided.jaccard_of_ecgs), np.nan)
    return f1(decided.counts.of_findings(~decided.normal).pooled())[:, 0]


def normal_among_true_positives(decided: Decided) -> Values:
    """Share of the normal ECG among all true positives: a model that finds little else can still have a high micro-F1."""
    hits = decided.counts.true_positive
    share = ratio(hits[:, decided.normal].sum(axis=1), hits.sum(axis=1))
    return share if decided.normal.any() else np.full(len(share), np.nan)


FINDING_METRICS: Mapping[str, Metric[Confusion]] = {
    "predicted_rate": Metric("Predicted", lambda counts: ratio(counts.predicted, counts.known)),
    "accuracy": Metric("Accuracy", lambda counts: ratio(counts.known - counts.wrong, counts.known)),
    "precision": Metric("Precision", lambda counts: ratio(counts.true_positive, counts.predicted)),
    "recall": Metric("Recall", lambda counts: ratio(counts.true_positive, counts.present)),
    "f1": Metric("F1", f1),
    "jaccard": Metric("Jaccard", jaccard),
}
"""Of each finding, (r, k)."""

DECISION_METRICS: Mapping[str, Metric[Decided]] = {
    "hamming_loss": Metric("Hamming loss", lambda decided: 1 - decided.micro("accuracy")),
    "micro_precision": Metric("Precision, micro", lambda decided: decided.micro("precision")),
    "micro_recall": Metric("Recall, micro", lambda decided: decided.micro("recall")),
    "micro_f1": Metric("F1, micro", lambda decided: decided.micro("f1")),
    "macro_f1": Metric("F1, macro", lambda decided: decided.macro("f1")),
    "jaccard_samples": Metric("Jaccard, over ECGs", lambda decided: decided.jaccard_of_ecgs),
    "jaccard_micro": Metric("Jaccard, micro", lambda decided: decided.micro("jaccard")),
    "jaccard_macro": Metric("Jaccard, macro", lambda decided: decided.macro("jaccard")),
    "micro_f1_without_normal": Metric("F1, micro, without normal", micro_f1_without_normal),
    "normal_among_true_positives": Metric("Normal among true positives", normal_among_true_positives),
}
"""Of all findings, (r,)."""

RANKING_METRICS: Mapping[str, str] = {"auroc": "AUROC", "auprc": "AUPRC"}
"""Metrics that need no threshold, with their titles: see `jaccardio.evaluation.auroc`."""

LEVEL_TITLES: Mapping[str, str] = {
    "all": "All statements",
    "diagnostic": "Diagnostic statements",
    "sub": "Diagnostic subclasses",
    "super": "Diagnostic superclasses",
    "form": "Form statements",
    "rhythm": "Rhythm statements",
}
"""What tables call the levels of PTB-XL's hierarchy."""

LEVEL = "macro_auroc_"
LEVEL_METRICS: Mapping[str, str] = {f"{LEVEL}{level}": f"AUROC, {title.lower()}" for level, title in LEVEL_TITLES.items()}
"""Macro AUROC of a level (`jaccardio.evaluation.levels`)."""

TITLES: Mapping[str, str] = {
    **RANKING_METRICS,
    **{f"macro_{name}": f"{title}, macro" for name, title in RANKING_METRICS.items()},
    **{name: metric.title for name, metric in FINDING_METRICS.items()},
    **{name: metric.title for name, metric in DECISION_METRICS.items()},
    **LEVEL_METRICS,
    "map": "Average precision, mean",
    "positives": "Positive",
    "training_ecgs": "Training ECGs",
    "auroc_gain_by_prevalence": "Spearman of AUROC gain and prevalence",
}
"""What tables call a metric."""


def title_of(metric: str) -> str:
    """Title of a metric; one that has none is written out."""
    return TITLES.get(metric, metric.replace("_", " ").capitalize())
