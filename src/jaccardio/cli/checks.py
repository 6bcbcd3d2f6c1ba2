"""Commands that check and measure: doctor, bench."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Json, optional_store
from jaccardio.cli.output import note, result
from jaccardio.errors import UsageError


def doctor(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="A store, run, model, evaluation or study; without it the installation is checked."),
    ] = None,
    phi: Annotated[
        bool, typer.Option("--phi", help="Look through every file of any folder for what may name a patient; values are never shown.")
    ] = False,
    tokens: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --phi: names and ids to look for, one a line, or the table of ids.")
    ] = None,
    card: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of a store: write its data card, counts of ECGs, findings and faults, as Markdown.")
    ] = None,
    json: Json = False,
) -> None:
    """Checks the installation, or a folder that jaccardio wrote.

    Of a store, a run with its members, a model, an evaluation, and a study with what lies in it, whatever has a SHA-256 is read.
    With --phi: paths, e-mail addresses, dates of a day, device serials, and the words of a list.
    """
    from jaccardio.experiments.doctor import examine

    if phi:
        _scan(path, tokens, json)
        return
    if tokens is not None:
        raise UsageError("--tokens belongs to --phi.")
    checks = examine(path)
    if card is not None:
        from jaccardio.cohort.data_card import data_card
        from jaccardio.cohort.store import Store
        from jaccardio.files import write_atomic

        if path is None:
            raise UsageError("--card: name the store.")
        write_atomic(card, data_card(Store.open(path)).encode())
    lines = [f"{'ok   ' if check.ok else 'WRONG'}  {check.what}: {check.found}" for check in checks]
    result([vars(check) for check in checks], lines, json)
    if not all(check.ok for check in checks):
        raise typer.Exit(3 if path is not None else 4)


def _scan(path: Path | None, tokens: Path | None, json: bool) -> None:
    from jaccardio.experiments.phi import Tokens, scan

    if path is None:
        raise UsageError("--phi: name the folder to look through.")
    listed = Tokens.load(tokens)
    files, hits = scan(path, listed)
    lines = [f"WRONG  {hit.file}, {hit.place}: {hit.kind} ({hit.count})" for hit in hits]
    if listed.passed_over:
        lines.append(f"{listed.passed_over} words of the list are too short to be looked for (4 letters, 6 digits)")
    lines.append(f"{files} files looked through: {f'{len(hits)} places to look at' if hits else 'nothing found'}")
    result({"files": files, "passed_over": listed.passed_over, "hits": [vars(hit) for hit in hits]}, lines, json)
    if hits:
        raise typer.Exit(3)


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="paths, steps, rivals, loss, threads, inference, or all.")
    ] = None,
    store: Annotated[Path | None, optional_store("Store to measure on; without it ECGs are simulated.")] = None,
    run: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="For inference: run to score with; its AUROC too, with --store."),
    ] = None,
    json: Json = False,
) -> None:
    """Measures the speed of this machine.

    Without a name the hot paths: ECGs/s of training, scoring, ingest and simulation. Every figure stands beside its alternative and
    its limit where it has them, all from this one run.
    """
    from jaccardio.experiments.bench import run_bench

    figures = run_bench(names or ["paths"], store, run, say=note)
    result([vars(figure) for figure in figures], [figure.line for figure in figures], json)
