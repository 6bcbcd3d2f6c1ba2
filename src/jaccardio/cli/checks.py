"""The doctor command."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.data import Json
from jaccardio.cli.output import result


def register(app: typer.Typer) -> None:
    """Adds this file's command."""
    app.command()(doctor)


def doctor(
    path: Annotated[Path | None, typer.Argument(help="A store, a run, or a model folder; without it the installation is checked.")] = None,
    json: Json = False,
) -> None:
    """Checks the installation, a store or a run, and says what is wrong."""
    from jaccardio.experiments.doctor import examine

    checks = examine(path)
    lines = [f"{'ok   ' if check.ok else 'WRONG'}  {check.what}: {check.found}" for check in checks]
    result([vars(check) for check in checks], lines, json)
    if not all(check.ok for check in checks):
        raise typer.Exit(3 if path is not None else 4)
