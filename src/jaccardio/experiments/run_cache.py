"""`RunCache`: every training run of a study once, in a folder named by its configuration, whatever interrupts the study."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

from jaccardio.checksums import MANIFEST
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, JaccardioError
from jaccardio.files import sha256_json
from jaccardio.models.folder import WEIGHTS, model_manifest
from jaccardio.processes import start_worker
from jaccardio.progress import Progress, Watch, unwatched
from jaccardio.threads import fix_threads
from jaccardio.training import loop
from jaccardio.training.config import TrainConfig
from jaccardio.training.run_folder import RunFolder, looks_like_a_run

Item = TypeVar("Item")
Result = TypeVar("Result")

SECONDS_BETWEEN_REPORTS = 2.0


class RunCache:
    """Trains what is not there yet: a finished run is never repeated, an interrupted one goes on.

    Parameters
    ----------
    folder
        One sub-folder a run: its name and eight digits of the SHA-256 of its resolved configuration.
    store, split
        What all runs are trained on.
    jobs
        Runs side by side. 1 trains in this process with all its threads; more train each in its own process with one thread.
    device
        ``auto``, ``cpu`` or ``cuda``.
    say
        Receives a line when a run has ended.
    watch
        Receives the steps of each run under way.

    Attributes
    ----------
    failures
        Folder name -> reason of each run that could not be trained.

    Raises
    ------
    DataError
        The folder holds a run of another store or split.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        split: Split,
        *,
        jobs: int,
        device: str,
        say: Callable[[str], None],
        watch: Watch = unwatched,
    ) -> None:
        self.folder, self.store, self.split = folder, store, split
        self.jobs, self.device, self.say, self.watch = jobs, device, say, watch
        self.failures: dict[str, str] = {}
        self._warned: list[str] = []
        self._children: set[BaseProcess] = set()
        self._lock = threading.Lock()
        self._stopped = False
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(folder.glob(f"*/{MANIFEST}")):
            run = RunFolder.open(file.parent)
            if run.store_fingerprint != store.fingerprint or run.split.fingerprint != split.fingerprint:
                raise DataError(f"{run.path}: this run began with another store or split. Use a new --out.")

    def train(self, name: str, config: TrainConfig) -> RunFolder | None:
        """The complete run of a configuration, trained now if it is not there; None where it failed, with the reason in `failures`."""
        run = RunFolder(self.folder / run_name(name, config))
        if run.path.name in self.failures:
            return None
        if run.complete:
            return run
        progress = self.watch(f"training {run.path.name}")
        if self.jobs > 1:
            failure = self._train_in_child(run.path, config, progress)
        else:
            failure = _failure(partial(_train, self.store, self.split, config, run.path, self.device, progress))
        if failure is not None:
            self.failures[run.path.name] = failure
            self.say(f"  {run.path.name}: failed: {failure}")
            return None
        summary = run.summary
        metric = summary["validation_macro_auroc"]
        shown = "undefined" if metric is None else f"{metric:.4f}"
        for warning in summary["warnings"]:
            if warning not in self._warned:  # all runs share one validation part
                self._warned.append(warning)
                self.say(f"  warning: {warning}")
        self.say(f"  {run.path.name}: validation macro-AUROC {shown}, {summary['seconds']:.0f} s")
        return run

    def side_by_side(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """`function` of every item, in order, `jobs` at a time; an interruption ends the runs under way and is passed on."""
        if self.jobs == 1:
            return [function(item) for item in items]
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = [pool.submit(function, item) for item in items]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                self._stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [future.result() for future in futures]

    def _train_in_child(self, path: Path, config: TrainConfig, progress: Progress) -> str | None:
        receiver, sender = Pipe(duplex=False)
        with self._lock:
            if self._stopped:
                raise _StoppedError
            child = start_worker(_child, sender, self.store.path, self.split, config, path, self.device)
            self._children.add(child)
        sender.close()
        failure: str | None
        try:
            while isinstance(message := receiver.recv(), tuple):
                progress(*message)
            failure = message
        except EOFError:
            failure = "its process was ended from outside, most likely for lack of memory; run again with fewer --jobs"
        child.join()
        with self._lock:
            self._children.discard(child)
            if self._stopped:
                raise _StoppedError
        return failure

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for child in self._children:
                child.terminate()


class _StoppedError(Exception):
    """The study was interrupted: what would be trained next is not."""


def run_name(name: str, config: TrainConfig) -> str:
    """Name of a run's folder: the same for the same configuration, whatever it is called and described as inside.

    Another model that it starts from or learns from is known by its weights: another one in the same place is another start.
    """
    document = config.model_dump(mode="json", exclude={"preset", "method", "description"})
    for other in ("init_from", "teacher"):
        if document["training"][other]:
            folder = Path(document["training"][other]).expanduser()
            manifest = RunFolder.open(folder).model_manifest if looks_like_a_run(folder) else model_manifest(folder)
            document["training"][other] = manifest.files[WEIGHTS]["sha256"]
    return f"{name}-{sha256_json(document)[:8]}"


def _child(sender: Connection, store: Path, split: Split, config: TrainConfig, path: Path, device: str) -> None:
    fix_threads(1)
    sent = time.monotonic()

    def progress(done: int, total: int, text: str = "", /) -> None:
        nonlocal sent
        if time.monotonic() - sent > SECONDS_BETWEEN_REPORTS:
            sent = time.monotonic()
            sender.send((done, total, text))

    sender.send(_failure(lambda: _train(Store.open(store), split, config, path, device, progress)))


def _train(store: Store, split: Split, config: TrainConfig, path: Path, device: str, progress: Progress) -> None:
    if RunFolder(path).begun:
        loop.resume(store, path, device=device, progress=progress)
    else:
        loop.train(store, split, config, path, device=device, progress=progress)


def _failure(train: Callable[[], None]) -> str | None:
    """Trains; returns why it failed. A class name alone where the message could hold data."""
    try:
        train()
    except JaccardioError as error:
        return str(error)
    except Exception as error:  # one run must not stop the others
        return f"internal error: {type(error).__name__}"
    return None
