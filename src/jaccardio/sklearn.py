"""`JaccardioClassifier`: `jaccardio.fit` and `Predictor` as one estimator of scikit-learn."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jaccardio.cohort.from_arrays import label_states
from jaccardio.errors import MissingError, UsageError
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, POLICIES
from jaccardio.experiments.fit import fit
from jaccardio.findings.labels import UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.leads import LEADS

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise MissingError(
        "JaccardioClassifier is an estimator of scikit-learn, which is not installed: pip install 'jaccardio[probe]'"
    ) from error


class JaccardioClassifier(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Multi-label classifier and transformer of ECGs (n, leads, samples); what is unknown is NaN, on the way in and on the way out.

    Parameters
    ----------
    vocabulary, leads, unit, preset, settings, device
        As `jaccardio.fit` takes them.
    sampling_rate
        Hz of the arrays.
    policy
        Thresholds of `predict`: ``fixed``, ``global`` or ``per_finding``.
    out
        New folder in which `fit` leaves store and run. None: a temporary one, removed; the model is then in memory alone, and `fit` may be
        called again, as cross-validation does with copies.

    Attributes
    ----------
    classes_
        (findings,) codes of the vocabulary's findings, the columns of labels, scores and decisions.
    predictor_
        The trained `Predictor`.
    """

    def __init__(
        self,
        vocabulary: str | Path | Vocabulary = "paper26",
        *,
        sampling_rate: float = 500.0,
        leads: Sequence[str] = LEADS,
        unit: str = "mV",
        preset: str = "jaccardio-small",
        settings: Sequence[str] = (),
        policy: str = DEFAULT_POLICY,
        out: str | Path | None = None,
        device: str = "auto",
    ) -> None:
        self.vocabulary = vocabulary
        self.sampling_rate = sampling_rate
        self.leads = leads
        self.unit = unit
        self.preset = preset
        self.settings = settings
        self.policy = policy
        self.out = out
        self.device = device

    def fit(self, X: ArrayLike, y: ArrayLike, patients: Iterable[str | float | None] | None = None) -> Self:  # noqa: N803
        """Trains on ECGs (n, leads, samples) and labels (n, findings): 1 present, 0 absent, NaN or -1 unknown.

        Part of the ECGs, by patients, is kept back for thresholds and the choice of the epoch; give `patients`, or ECGs of one patient may
        stand on both sides. Errors and warnings are those of `jaccardio.fit`. A finding of which training had no label is not learned.
        """
        if self.policy not in POLICIES:
            raise UsageError(f"unknown threshold policy {self.policy!r}; available: {', '.join(POLICIES)}.")
        self.vocabulary_ = self.vocabulary if isinstance(self.vocabulary, Vocabulary) else Vocabulary.load(self.vocabulary)
        with TemporaryDirectory(prefix="jaccardio-") if self.out is None else nullcontext(self.out) as out:
            self.predictor_: Predictor = fit(
                X,
                y,
                self.sampling_rate,
                vocabulary=self.vocabulary_,
                out=out,
                leads=self.leads,
                unit=self.unit,
                patients=patients,
                preset=self.preset,
                settings=self.settings,
                device=self.device,
            )
        self.classes_ = np.array(self.vocabulary_.codes)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Scores (n, findings) as `Predictor.predict_proba`; NaN where the leads cannot answer, and of findings that were not learned."""
        return self._by_class(self._scores(X))

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Decisions (n, findings): 1 present, 0 absent, NaN as in `predict_proba`."""
        scores = self._scores(X)
        return self._by_class(np.where(np.isnan(scores), np.nan, self.predictor_.thresholds.decide(scores, self.policy)))

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:  # noqa: N803
        """Frozen ECG features (n, d)."""
        check_is_fitted(self)
        return self.predictor_.encode(X, self.sampling_rate, leads=self.leads, unit=self.unit)

    def score(self, X: ArrayLike, y: ArrayLike) -> float:  # noqa: N803
        """Macro-AUROC over the findings that have an ECG known to show it and one known not to; NaN where none has."""
        scores = self.predict_proba(X)
        labels = np.where(np.isnan(scores), UNKNOWN, label_states(y, self.vocabulary_)).astype(np.int8)
        columns = zip(labels.T, np.nan_to_num(scores).T, strict=True)
        values = np.array([auroc(label, score) for label, score in columns])
        return float(values[~np.isnan(values)].mean()) if not np.isnan(values).all() else float("nan")

    @property
    def _n_features_out(self) -> int:
        """Length of the vectors of `transform`, by which scikit-learn names the columns of a table."""
        return int(self.predictor_.encode_ecg([]).shape[1])

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """As `predict_proba`, of the learned findings alone."""
        check_is_fitted(self)
        return self.predictor_.predict_proba(X, self.sampling_rate, leads=self.leads, unit=self.unit)

    def _by_class(self, learned: NDArray[np.float64]) -> NDArray[np.float64]:
        """Columns of the learned findings in their places among `classes_`, NaN in the others."""
        values = np.full((len(learned), len(self.vocabulary_)), np.nan)
        values[:, [self.vocabulary_.index(code) for code in self.predictor_.vocabulary.codes]] = learned
        return values

    def __sklearn_tags__(self) -> Any:
        """ECGs are three-dimensional, findings several at once."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array, tags.input_tags.allow_nan = False, True, True
        tags.target_tags.one_d_labels, tags.target_tags.two_d_labels, tags.target_tags.multi_output = False, True, True
        tags.classifier_tags.multi_class, tags.classifier_tags.multi_label = False, True
        tags.non_deterministic = False
        return tags
