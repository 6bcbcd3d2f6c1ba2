"""The export-store command."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Json, StoreArgument
from jaccardio.cli.output import progress_bar, result


def export_store(
    store: StoreArgument,
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="New folder.")],
    to: Annotated[str, typer.Option(metavar="FORMAT", help="hf (Hugging Face datasets), parquet or wfdb.")],
    json: Json = False,
) -> None:
    """Writes a store for other programs.

    One row or record is one window of an ECG. Unknown labels stay null, and so do leads that were not recorded.
    """
    from jaccardio.cohort.export import export_store as export

    with progress_bar("exporting") as progress:
        ecgs = export(store, out, to, progress)
    result({"store": str(store), "out": str(out), "format": to, "ecgs": ecgs}, [f"{ecgs} ECGs as {to}: {out}"], json)
