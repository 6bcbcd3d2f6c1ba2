"""Ray Train as a launcher: it starts the processes that torchrun would, on the machines of a Ray cluster."""

import tempfile
from collections.abc import Callable

from jaccardio.errors import JaccardioError, MissingError, UsageError
from jaccardio.on_ray import RayPool


def launch_on_ray(work: Callable[[], None], processes: int, device: str) -> None:
    """Calls `work` in so many processes, in each of which `launched_ranks` finds the others; waits for all of them.

    A process takes a core, and a GPU where the cluster has any and `device` is not ``cpu``. What `work` prints goes to Ray's logs.

    Parameters
    ----------
    work
        By reference to a module that every machine of the cluster has.

    Raises
    ------
    UsageError
        The cluster has fewer cores or GPUs than `processes`.
    MissingError
        The package ray is not installed, the cluster cannot be reached, or a process was lost.
    JaccardioError
        What `work` raised.
    """
    with RayPool() as pool:
        from ray.train import RunConfig, ScalingConfig, TrainingFailedError
        from ray.train.torch import TorchConfig, TorchTrainer

        gpus = 0 if device == "cpu" else pool.gpus
        if processes > (gpus or pool.workers):
            has = f"{gpus} GPUs" if gpus else f"{pool.workers} cores"
            raise UsageError(f"--processes {processes}: the Ray cluster has {has}.")
        with tempfile.TemporaryDirectory() as unused:  # Ray Train wants a place for checkpoints; the run folder is ours
            trainer = TorchTrainer(
                work,
                torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
                scaling_config=ScalingConfig(num_workers=processes, use_gpu=gpus > 0),
                run_config=RunConfig(storage_path=unused),
            )
            try:
                trainer.fit()
            except TrainingFailedError as error:
                raise raised_by_work(error) from None


def raised_by_work(error: Exception) -> JaccardioError:
    """The error of ours that ended a process, the first process's first; the others only miss each other."""
    failures = [failure for _, failure in sorted(getattr(error, "worker_failures", {}).items())]
    causes = [getattr(failure, "_base_exc", failure) for failure in failures or [error]]
    for cause in causes:
        if isinstance(cause, JaccardioError):
            return cause
    kinds = ", ".join(sorted({type(cause).__name__ for cause in causes}))
    return MissingError(f"a process of the Ray cluster failed ({kinds}). Look at Ray's logs, then go on with --resume.")
