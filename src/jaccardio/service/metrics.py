"""`Metrics`: what Prometheus reads of a service. Counts only: no ECG, no id, no name."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from jaccardio.evaluation.reference import Reference
from jaccardio.measurement.quality import kinds_of
from jaccardio.prediction.decisions import FindingScore
from jaccardio.recording.preprocessing import Prepared

BATCHES = (1, 2, 4, 8, 16, 32)
DISTANCES = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
_DISTANCE = "From what is usual in training; 1 is the median there."


class Metrics:
    """Requests, and how the ECGs sent differ from what is usual: quality, embedding, and how often each finding is called.

    Parameters
    ----------
    reference
        What is usual; without it nothing stands beside the counts.
    codes
        Findings of the model.
    policy
        Thresholds that findings are called by.
    """

    def __init__(self, reference: Reference | None, codes: Sequence[str], policy: str) -> None:
        self._reference = reference
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("jaccardio_requests", "Requests.", ("method", "path", "status"), registry=registry)
        self._seconds = Histogram("jaccardio_request_seconds", "Time from request to answer.", ("path",), registry=registry)
        self._batches = Histogram("jaccardio_batch_ecgs", "ECGs scored together.", buckets=BATCHES, registry=registry)
        self._ecgs = Counter("jaccardio_ecgs", "ECGs scored.", registry=registry)
        self._flags = Counter("jaccardio_quality_flags", "ECGs with a flag of quality.", ("flag",), registry=registry)
        self._answered = Counter("jaccardio_finding_answered", "ECGs that could be judged on it.", ("finding",), registry=registry)
        self._present = Counter("jaccardio_finding_present", "ECGs that it is called present in.", ("finding",), registry=registry)
        if reference is not None:
            self._distances = Histogram("jaccardio_embedding_distance", _DISTANCE, buckets=DISTANCES, registry=registry)
            self._usual(reference, codes, policy)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts a request; refused ones by their status: 401, 408, 413, 422, 429, 504."""
        self._requests.labels(method, path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, ecgs: int) -> None:
        """Counts a batch."""
        self._batches.observe(ecgs)

    def ecg(self, prepared: Prepared, scores: Sequence[FindingScore], embedding: NDArray[np.float32] | None) -> None:
        """Counts an ECG's flags and findings, and how far it is from what is usual, where there is a reference."""
        self._ecgs.inc()
        for flag in kinds_of(prepared.flags):
            self._flags.labels(flag).inc()
        for score in scores:
            if score.present is not None:
                self._answered.labels(score.finding).inc()
                self._present.labels(score.finding).inc(score.present)
        if self._reference is not None and embedding is not None:
            self._distances.observe(self._reference.distance(embedding))

    def _usual(self, reference: Reference, codes: Sequence[str], policy: str) -> None:
        """Shares of the reference ECGs, beside what is counted of others."""
        registry = self._registry
        Gauge("jaccardio_reference_ecgs", "ECGs of the training's validation part.", registry=registry).set(reference.ecgs)
        Gauge("jaccardio_reference_embedding_far", "Distance that 5 % of them exceed.", registry=registry).set(reference.far)
        flags = Gauge("jaccardio_reference_quality_flags", "Share of them with a flag of quality.", ("flag",), registry=registry)
        for flag, share in reference.flags.items():
            flags.labels(flag).set(share)
        present = Gauge("jaccardio_reference_finding_present", "Share of them that it is called in.", ("finding",), registry=registry)
        for code, share in zip(codes, reference.present[policy], strict=True):
            if np.isfinite(share):
                present.labels(code).set(share)

    def text(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)
