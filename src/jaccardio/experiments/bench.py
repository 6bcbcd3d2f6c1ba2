"""`BENCHES`: what `jaccardio bench` measures, each with its alternative and its limit from the same run.

Absolute rates depend on the machine and on what else it does; the ratios are what to compare.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.experiments.benches.figure import Figure
from jaccardio.experiments.benches.inference import bench_inference
from jaccardio.experiments.benches.loss import bench_loss
from jaccardio.experiments.benches.paths import bench_paths
from jaccardio.experiments.benches.rivals import bench_rivals
from jaccardio.experiments.benches.steps import bench_steps
from jaccardio.experiments.benches.threads import bench_threads
from jaccardio.progress import Say

BENCHES: Mapping[str, Callable[[Store | None, Path | None, Say], Iterator[Figure]]] = {
    "paths": lambda store, _, say: bench_paths(store, say),
    "steps": lambda _, __, say: bench_steps(say),
    "rivals": lambda _, __, say: bench_rivals(say),
    "loss": lambda _, __, say: bench_loss(say),
    "threads": lambda _, __, say: bench_threads(say),
    "inference": bench_inference,
}
"""Benches by name: functions of a store and a run, which may be None, and of what says how far they are."""


def run_bench(names: Sequence[str], store: Path | None, run: Path | None, say: Say) -> list[Figure]:
    """Measures the benches of these names, of all where there is the name ``all``.

    Parameters
    ----------
    store
        Store for crops and training; None uses one made of simulated ECGs.
    run
        Run whose network scores; None uses one that is not trained.

    Raises
    ------
    UsageError
        There is no such bench.
    """
    if unknown := [name for name in names if name not in (*BENCHES, "all")]:
        raise UsageError(f"unknown bench {unknown[0]!r}; available: all, {', '.join(BENCHES)}.")
    opened = None if store is None else Store.open(store)  # before anything is measured
    return [figure for name in (BENCHES if "all" in names else names) for figure in BENCHES[name](opened, run, say)]
