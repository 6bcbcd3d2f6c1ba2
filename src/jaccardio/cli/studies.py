"""Commands that run whole studies: demo, bench."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.data import Json
from jaccardio.cli.output import note, result
from jaccardio.disclaimer import DISCLAIMER


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    for command in (demo, bench):
        app.command()(command)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo"),
    data: Annotated[Path | None, typer.Option(help="PTB-XL folder; without it two hospitals are simulated.")] = None,
    records: Annotated[int, typer.Option(help="Simulated ECGs of the first hospital.")] = 3000,
    json: Json = False,
) -> None:
    """The paper's job end to end: ingest, split, train three objectives, evaluate at two hospitals, one report."""
    from jaccardio.experiments.demo import run_demo

    note(DISCLAIMER)
    report = run_demo(out, data, records, say=note)
    lines = [f"report: {report.page}"]
    result({"page": str(report.page), "figures": [list(figure) for figure in report.figures]}, lines, json)


def bench(
    store: Annotated[Path | None, typer.Option(help="Store to measure on; without it ECGs are simulated.")] = None,
    json: Json = False,
) -> None:
    """Measures training ECGs/s, crops/s, ingest ECGs/s and simulated ECGs/s, and ratios between alternatives from this one run."""
    from jaccardio.experiments.bench import run_bench

    figures = run_bench(store, say=note)
    result(figures, [f"{name.replace('_', ' ')}: {value:,.4g}" for name, value in figures.items()], json)
