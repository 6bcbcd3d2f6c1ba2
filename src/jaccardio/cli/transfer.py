"""Commands that study the transfer of a trained model: probe (to few labels), shift (to an external hospital)."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Device, Json, Out, Replicates, Run, StoreOption, local_store
from jaccardio.cli.output import note, number, progress_lines, result, resumable, warn
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import UsageError
from jaccardio.locks import own_folder


def probe(
    run: Run,
    store: StoreOption,
    out: Out,
    fractions: Annotated[
        str, typer.Option(metavar="SHARES", help="Shares of the training labels, with commas between them.")
    ] = "0.01,0.1,1",
    subsets: Annotated[int, typer.Option(min=1, max=1000, help="Stratified subsets of each share below 1.")] = 5,
    supervised: Annotated[
        bool, typer.Option("--supervised", help="Also train a classifier of the run's form on each subset: as many runs as subsets.")
    ] = False,
    replicates: Replicates = 1000,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Fits linear probes on frozen features, with few labels too.

    An encoder of the same form that was never trained stands beside the run.
    """
    from jaccardio.cohort.store import Store
    from jaccardio.experiments.probe import FewShotProtocol, run_probe
    from jaccardio.report.results import warnings_of
    from jaccardio.training.run_folder import RunFolder

    note(DISCLAIMER)
    protocol = FewShotProtocol(_shares(fractions), subsets, supervised, replicates, device)
    kept = resumable("The same command goes on where it stopped: classifiers that are trained are kept.") if supervised else nullcontext()
    with kept, own_folder(out):
        document = run_probe(RunFolder.open(run), Store.open(store), out, protocol, say=note, watch=progress_lines)
    warn(warnings_of(document["tables"].values()))
    lines = [
        f"{table['title']}, {row['model']}: macro-AUROC {number(row['value'])}"
        for table in document["tables"].values()
        for row in table["rows"]
        if row["metric"] == "macro_auroc"
    ]
    result({"out": str(out)} | document, [*lines, f"report: {out / 'results.html'}"], json)


def shift(
    run: Run,
    store: StoreOption,
    external: Annotated[Path, typer.Option(metavar="STORE", parser=local_store, help="Folder or URL of an external hospital's store.")],
    out: Out,
    replicates: Replicates = 1000,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Compares a run at its home hospital and at an external one.

    Prevalence, embedding, AUROC, and thresholds from a few local labels. The store is that of the run.
    """
    from jaccardio.cohort.store import Store
    from jaccardio.experiments.shift import run_shift
    from jaccardio.report.results import warnings_of
    from jaccardio.training.run_folder import RunFolder

    note(DISCLAIMER)
    with own_folder(out):
        document = run_shift(
            RunFolder.open(run), Store.open(store), Store.open(external), out, device=device, replicates=replicates, watch=progress_lines
        )
    warn(warnings_of(document["tables"].values()))
    lines = [
        f"{row['model']}{'' if row['policy'] is None else ', ' + row['policy'] + ' threshold'}: {row['metric']} {number(row['value'])}"
        for table in document["tables"].values()
        for row in table["rows"]
        if row["finding"] is None
    ]
    result({"out": str(out)} | document, [*lines, f"report: {out / 'results.html'}"], json)


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--fractions {text!r}: write shares with commas between them, for example 0.01,0.1,1.") from error
