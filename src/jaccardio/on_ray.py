"""`RayPool`: units of work on the machines of a Ray cluster; units, order and results are as on one machine."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from jaccardio.errors import MissingError, UsageError

if TYPE_CHECKING:
    from jaccardio.processes import WorkerPool

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Unit = TypeVar("Unit")

PROCESSES, RAY = "processes", "ray"


def on_ray(on: str) -> bool:
    """Whether ``--on`` names a Ray cluster and not the processes of this machine; raises `UsageError` where it names neither."""
    if on not in (PROCESSES, RAY):
        raise UsageError(f"--on must be {PROCESSES} or {RAY}, got {on!r}.")
    return on == RAY


@dataclass(frozen=True)
class RayFuture:
    """The result of one unit, fetched when it is asked for."""

    reference: Any

    def result(self) -> Any:
        """Waits for the unit.

        Raises
        ------
        MissingError
            The machine or process that worked on it is gone, and so are those that tried again.
        """
        import ray

        try:
            return ray.get(self.reference)
        except ray.exceptions.RayError as error:
            remedy = "Are jaccardio and the files on every machine of the cluster? Look at the cluster, then run again."
            raise MissingError(f"a worker of the Ray cluster failed ({type(error).__name__}). {remedy}") from None


class RayPool:
    """Context manager over a Ray cluster: the one of ``RAY_ADDRESS`` or of this machine, else a local one that ends with the block.

    Every machine needs jaccardio in the same version and the files under the same paths.

    Raises
    ------
    MissingError
        The package ray is not installed, or the cluster cannot be reached.
    """

    def __enter__(self) -> "RayPool":
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would else report to its makers
        try:
            import ray
        except ImportError as error:
            raise MissingError("--on ray needs the package ray: pip install 'jaccardio[ray]'.") from error
        self._ray, self._ours = ray, not ray.is_initialized()
        if self._ours:
            try:
                ray.init(log_to_driver=False)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise MissingError(f"the Ray cluster cannot be reached ({type(error).__name__}). Check RAY_ADDRESS.") from error
        resources = ray.cluster_resources()
        self.workers, self.gpus = max(1, int(resources.get("CPU", 1))), int(resources.get("GPU", 0))
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._ray.shutdown()

    def submit(self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> RayFuture:
        """Starts one unit of work somewhere."""
        return RayFuture(self._ray.remote(function).remote(*args, **kwargs))


def in_order(
    pool: "WorkerPool | RayPool", workers: int, function: Callable[..., Result], units: Iterable[Unit], *shared: object
) -> Iterator[Result]:
    """``function(unit, *shared)`` of every unit by the workers of a pool, results in the order of the units."""
    pending: deque[Future[Result] | RayFuture] = deque()
    for unit in units:
        pending.append(pool.submit(function, unit, *shared))
        if len(pending) > 2 * workers:  # bounds the memory of finished units that wait for a slow one
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
