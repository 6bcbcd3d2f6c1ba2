"""Commands that check and measure: doctor, bench."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Json
from jaccardio.cli.output import note, result


def doctor(
    path: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="A store, a run, or a model folder; without it the installation is checked.")
    ] = None,
    json: Json = False,
) -> None:
    """Checks the installation, a store, a run or a model."""
    from jaccardio.experiments.doctor import examine

    checks = examine(path)
    lines = [f"{'ok   ' if check.ok else 'WRONG'}  {check.what}: {check.found}" for check in checks]
    result([vars(check) for check in checks], lines, json)
    if not all(check.ok for check in checks):
        raise typer.Exit(3 if path is not None else 4)


def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="paths, steps, loss, threads, or all.")] = None,
    store: Annotated[Path | None, typer.Option(metavar="STORE", help="Store to measure on; without it ECGs are simulated.")] = None,
    json: Json = False,
) -> None:
    """Measures the speed of this machine.

    Without a name the hot paths: ECGs/s of training, scoring, ingest and simulation. Every figure stands beside its alternative and
    its limit where it has them, all from this one run.
    """
    from jaccardio.experiments.bench import run_bench

    figures = run_bench(names or ["paths"], store, say=note)
    result([vars(figure) for figure in figures], [figure.line for figure in figures], json)
