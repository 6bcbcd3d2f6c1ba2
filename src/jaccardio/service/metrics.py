"""`Metrics`: what Prometheus reads of a service. Counts only: no ECG, no id, no name."""

from collections.abc import Sequence

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from jaccardio.findings.labels import PRESENT
from jaccardio.prediction.decisions import FindingScore
from jaccardio.prediction.search import Index
from jaccardio.recording.preprocessing import Prepared

BATCHES = (1, 2, 4, 8, 16, 32)
DISTANCES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


class Metrics:
    """Requests, and how the ECGs sent differ from a reference: quality, and how often each finding is called."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("jaccardio_requests", "Requests.", ("method", "path", "status"), registry=registry)
        self._seconds = Histogram("jaccardio_request_seconds", "Time from request to answer.", ("path",), registry=registry)
        self._batches = Histogram("jaccardio_batch_ecgs", "ECGs scored together.", buckets=BATCHES, registry=registry)
        self._ecgs = Counter("jaccardio_ecgs", "ECGs scored.", registry=registry)
        self._flags = Counter("jaccardio_quality_flags", "ECGs with a flag of quality.", ("flag",), registry=registry)
        self._answered = Counter("jaccardio_finding_answered", "ECGs that could be judged on it.", ("finding",), registry=registry)
        self._present = Counter("jaccardio_finding_present", "ECGs that it is called present in.", ("finding",), registry=registry)
        self._distances = Histogram("jaccardio_nearest_distance", "1 - cosine to the nearest.", buckets=DISTANCES, registry=registry)
        self._usual = Gauge("jaccardio_reference_nearest_distance", "That among the references.", ("quantile",), registry=registry)
        self._reference = Gauge("jaccardio_reference_prevalence", "Share of a reference store.", ("finding",), registry=registry)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts a request; refused ones by their status: 401, 408, 413, 422, 429, 504."""
        self._requests.labels(method, path, str(status)).inc()
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

    def distance(self, distance: float) -> None:
        """Counts how far an ECG is from the nearest reference one."""
        self._distances.observe(distance)

    def reference(self, index: Index) -> None:
        """What is usual in a reference store: prevalences of known labels, and distances."""
        for code, column in zip(index.store.vocabulary.codes, np.asarray(index.store.labels).T, strict=True):
            if (known := column >= 0).any():
                self._reference.labels(code).set(float((column[known] == PRESENT).mean()))
        distances = index.nearest_distances()
        for quantile in (0.5, 0.95):
            self._usual.labels(str(quantile)).set(float(np.quantile(distances, quantile)))

    def text(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)
