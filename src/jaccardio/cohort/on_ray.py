"""`RayPool`: the work units of ingest on the machines of a Ray cluster; units, order and results are as on one machine."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from jaccardio.errors import MissingError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


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

    Every machine needs jaccardio in the same version and the recordings under the same paths.

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
            raise MissingError("ingest on Ray needs the package ray: pip install 'jaccardio[ray]'.") from error
        self._ray, self._ours = ray, not ray.is_initialized()
        if self._ours:
            try:
                ray.init(log_to_driver=False)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise MissingError(f"the Ray cluster cannot be reached ({type(error).__name__}). Check RAY_ADDRESS.") from error
        self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._ray.shutdown()

    def submit(self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> RayFuture:
        """Starts one unit of work somewhere."""
        return RayFuture(self._ray.remote(function).remote(*args, **kwargs))
