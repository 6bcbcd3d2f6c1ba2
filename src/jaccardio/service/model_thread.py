"""`ModelThread`: the one thread that computes with the model, on batches of what came in within a few milliseconds."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from itertools import repeat
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jaccardio.prediction.decisions import FindingScore
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.preprocessing import Prepared
from jaccardio.recording.windows import Windows
from jaccardio.service.limits import Limits

Result = TypeVar("Result")
Call = Callable[[Predictor], Any]
Scored = tuple[list[FindingScore], NDArray[np.float32] | None]


class ModelThread:
    """Scores ECGs together, and calls other functions of the model one by one; nothing else may touch the model.

    Parameters
    ----------
    policy
        Thresholds of the decisions.
    embeds
        Whether ECGs are embedded too.
    watch_batch
        Called with the number of ECGs of each batch.
    """

    def __init__(self, predictor: Predictor, policy: str, limits: Limits, watch_batch: Callable[[int], None], *, embeds: bool) -> None:
        self._predictor, self._policy, self._limits, self._watch_batch, self._embeds = predictor, policy, limits, watch_batch, embeds
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Prepared | Call] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def score(self, ecg: Prepared) -> Future[Scored]:
        """`Predictor.predict` of one ECG, and its embedding (d,) where ECGs are embedded."""
        return self._ask(ecg)

    def call(self, function: Callable[[Predictor], Result]) -> Future[Result]:
        """What a function of the model returns."""
        return self._ask(function)

    def close(self) -> None:
        """Ends the thread after what was asked before."""
        self._jobs.put(None)
        self._thread.join()

    def _ask(self, job: Prepared | Call) -> Future[Any]:
        future: Future[Any] = Future()
        self._jobs.put((future, job))
        return future

    def _work(self) -> None:
        going_on = True
        while going_on:
            jobs, going_on = self._gathered()
            jobs = [job for job in jobs if job[0].set_running_or_notify_cancel()]  # whoever asked may be gone
            ecgs = [(future, job) for future, job in jobs if isinstance(job, Prepared)]
            if ecgs:
                self._watch_batch(len(ecgs))
                _settle([future for future, _ in ecgs], partial(self._scored, [ecg for _, ecg in ecgs]))
            for future, job in jobs:
                if not isinstance(job, Prepared):
                    _settle([future], partial(_alone, job, self._predictor))

    def _scored(self, ecgs: list[Prepared]) -> list[Scored]:
        scores = self._predictor.predict(ecgs, self._policy)
        embeddings: Iterable[NDArray[np.float32] | None] = self._predictor.embed([Windows.of(ecgs)]) if self._embeds else repeat(None)
        return list(zip(scores, embeddings, strict=False))

    def _gathered(self) -> tuple[list[tuple[Future[Any], Prepared | Call]], bool]:
        """What is to be done next, and whether anything may come after it."""
        jobs: list[tuple[Future[Any], Prepared | Call]] = []
        windows = 0
        until: float | None = None
        while windows < self._limits.batch_windows:
            try:
                job = self._jobs.get(timeout=None if until is None else max(until - time.monotonic(), 0))
            except queue.Empty:
                break
            if job is None:
                return jobs, False
            until = time.monotonic() + self._limits.gather_seconds if until is None else until
            jobs.append(job)
            windows += len(job[1].counts) if isinstance(job[1], Prepared) else 1
        return jobs, True


def _alone(job: Call, predictor: Predictor) -> list[Any]:
    return [job(predictor)]


def _settle(futures: list[Future[Any]], compute: Callable[[], list[Any]]) -> None:
    """Gives each future its result, or all of them the error."""
    try:
        for future, result in zip(futures, compute(), strict=True):
            future.set_result(result)
    except Exception as error:
        for future in futures:
            future.set_exception(error)
