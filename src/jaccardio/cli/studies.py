"""Commands that run whole studies: demo, compare, reproduce."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Device, Jobs, Json, Out, Replicates, Settings, StoreOption, local_store, optional_store
from jaccardio.cli.output import note, number, progress_lines, result, resumable, warn
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import UsageError
from jaccardio.locks import own_folder

KEPT = "The same command goes on where it stopped: what is finished is kept."

minutely_lines = partial(progress_lines, every_seconds=60.0)
"""For studies of hours."""


def demo(
    out: Out = Path("demo"),
    data: Annotated[Path | None, typer.Option(metavar="FOLDER", help="PTB-XL folder; without it two hospitals are simulated.")] = None,
    records: Annotated[int, typer.Option(min=1, help="Simulated ECGs of the first hospital.")] = 3000,
    json: Json = False,
) -> None:
    """Trains and evaluates three objectives, end to end.

    Two simulated hospitals or PTB-XL: ingest, split, training, evaluation at both, one report.
    """
    from jaccardio.evaluation.estimate import json_number
    from jaccardio.paper.demo import run_demo

    note(DISCLAIMER)
    with resumable(KEPT):
        report = run_demo(out, data, records, say=note, watch=progress_lines)
    lines = [f"report: {report.page}"]
    rows = [{"preset": preset, "hospital": place, "macro_auroc": json_number(value)} for preset, place, value in report.auroc]
    result({"page": str(report.page), "rows": rows}, lines, json)


def compare(
    store: StoreOption,
    out: Out,
    objectives: Annotated[str, typer.Option(metavar="NAMES", help="all, or names with commas between them.")] = "all",
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Seeds of each finalist and control.")] = 3,
    finalists: Annotated[
        int, typer.Option(min=1, max=1000, help="Objectives that are tuned and tested; five well-known ones always are.")
    ] = 8,
    trials: Annotated[int, typer.Option(min=1, max=10000, help="Settings tried for each finalist, its default among them.")] = 6,
    settings: Settings = None,
    replicates: Replicates = 1000,
    jobs: Jobs = 2,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Compares training objectives on equal data and budget.

    Some differ in the form of the model too. Trains each once, tunes the finalists on the validation part, and ranks them on the test part.
    Settings hold for all objectives. Runs that are in the folder already are used again, so the same command goes on after an
    interruption.
    """
    from jaccardio.cohort.store import Store
    from jaccardio.experiments.compare import Protocol, run_compare

    note(DISCLAIMER)
    protocol = Protocol(seeds, finalists, trials, tuple(settings or ()), replicates, jobs, device)
    opened = Store.open(store)
    with resumable(KEPT), own_folder(out):
        done = run_compare(opened, objectives, out, protocol, say=note, watch=minutely_lines)
    warn(done.table.warnings)
    rows = [row for row in done.table.rows if row.metric == "macro_auroc"]
    lines = [f"{place:2}. {row.model}: test macro-AUROC {number(row.estimate.value)}" for place, row in enumerate(rows, 1)]
    lines += [f"left out {name}: {reason}" for name, reason in done.left_out.items()]
    lines += [f"failed {name}: {reason}" for name, reason in done.failures.items()]
    lines.append(f"report: {done.page}")
    document = {"page": str(done.page), "left_out": done.left_out, "failures": done.failures}
    result(document | {"ranking": done.table.to_dict()}, lines, json)
    if done.failures:
        raise typer.Exit(1)


def reproduce(
    name: Annotated[str, typer.Argument(metavar="NAMES", help="all, or names with commas between them; --list shows them.")] = "all",
    scale: Annotated[str, typer.Option(metavar="SCALE", help="smoke, small or paper; smoke simulates its own hospitals.")] = "small",
    store: Annotated[Path | None, optional_store("Store of the cohort; its current split is used.")] = None,
    external: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="STORE",
            parser=local_store,
            help="Store of an external hospital; may be given several times.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder for runs, scores and results; finished runs there are used again."),
    ] = None,
    texts: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Two text encoders or more for table2, with commas: all models use the first, the second is the reference.",
        ),
    ] = "",
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Seeds of each run; without it 3, or 1 at scale smoke and for runs beside the main comparison."),
    ] = None,
    jobs: Jobs = 2,
    device: Device = "auto",
    listing: Annotated[bool, typer.Option("--list", help="Only show what can be reproduced.")] = False,
    json: Json = False,
) -> None:
    """Reproduces the tables of the paper.

    Each model is trained once; every metric has its interval and stands beside the printed one.
    """
    from jaccardio.paper.recipes import RECIPES, chosen

    names = chosen(name)
    if listing:
        recipes = [RECIPES[recipe] for recipe in names]
        lines = [line for recipe in recipes for line in (f"{recipe.name:16}{recipe.what}", f"{'':16}{recipe.cost}")]
        keys = ("what", "paper", "command", "cost", "expect")
        result({recipe.name: {key: getattr(recipe, key) for key in keys} for recipe in recipes}, lines, json)
        return
    from jaccardio.paper.reproduce import run_reproduce

    if out is None:
        raise UsageError("reproduce needs a folder for what it makes: --out DIR.")
    note(DISCLAIMER)
    named = [text.strip() for text in texts.split(",")] if texts else []
    with resumable(KEPT), own_folder(out):
        done = run_reproduce(
            names,
            scale,
            out,
            store=store,
            external=external or (),
            texts=named,
            seeds=seeds,
            jobs=jobs,
            device=device,
            say=note,
            watch=minutely_lines,
        )
    warn(done.warnings)
    lines = [f"failed {run}: {reason}" for run, reason in done.failures.items()]
    lines += [f"results: {done.results}", f"report: {done.page}"]
    result({"results": str(done.results), "page": str(done.page), "failures": done.failures}, lines, json)
    if done.failures:
        raise typer.Exit(1)
