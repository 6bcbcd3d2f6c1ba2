"""`Metrics`: what Prometheus reads of a service. Counts only: no ECG, no id, no name."""

from collections.abc import Sequence

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from jaccardio.cohort.store import Store
from jaccardio.findings.labels import PRESENT
from jaccardio.prediction.predictor import FindingScore
from jaccardio.recording.preprocessing import Prepared

BATCHES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """Requests, and how the ECGs sent differ from a reference: quality, and how often each finding is called."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("jaccardio_requests", "Requests.", ("method", "path", "status"), registry=self._registry)
        self._seconds = Histogram("jaccardio_request_seconds", "Time from request to answer.", ("path",), registry=self._registry)
        self._batches = Histogram("jaccardio_batch_ecgs", "ECGs scored together.", buckets=BATCHES, registry=self._registry)
        self._ecgs = Counter("jaccardio_ecgs", "ECGs scored.", registry=self._registry)
        self._flags = Counter("jaccardio_quality_flags", "ECGs with a flag of quality.", ("flag",), registry=self._registry)
        self._answered = Counter("jaccardio_finding_answered", "ECGs that could be judged on it.", ("finding",), registry=self._registry)
        self._present = Counter("jaccardio_finding_present", "ECGs that it is called present in.", ("finding",), registry=self._registry)
        self._reference = Gauge("jaccardio_reference_prevalence", "Share of a reference store.", ("finding",), registry=self._registry)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts a request; refused ones by their status: 401, 408, 413, 422, 429, 504."""
        self._requests.labels(method if method in ("GET", "POST") else "other", path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, ecgs: int) -> None:
        """Counts a batch."""
        self._batches.observe(ecgs)

    def ecg(self, prepared: Prepared, scores: Sequence[FindingScore]) -> None:
        """Counts an ECG's flags and findings."""
        self._ecgs.inc()
        for flag in {flag.partition(":")[0] for flag in prepared.flags}:
            self._flags.labels(flag).inc()
        for score in scores:
            if score.present is not None:
                self._answered.labels(score.finding).inc()
                self._present.labels(score.finding).inc(score.present)

    def reference(self, store: Store) -> None:
        """Prevalences of a reference store, of known labels alone."""
        for code, column in zip(store.vocabulary.codes, np.asarray(store.labels).T, strict=True):
            if (known := column >= 0).any():
                self._reference.labels(code).set(float((column[known] == PRESENT).mean()))

    def text(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)
