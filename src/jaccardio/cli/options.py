"""Arguments and options that several commands take, each with one name, one help text and one range."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jaccardio.threads import idle_cores

MOST_PROCESSES = 1024


def local_store(place: str) -> Path:
    """The folder of a store; of a URL a copy, which is checked."""
    from jaccardio.cohort.remote import fetch_store, is_url

    return fetch_store(place) if is_url(place) else Path(place)


def optional_store(purpose: str) -> Any:
    """The option ``--store`` of a command that can do without one, with its help."""
    return typer.Option("--store", metavar="STORE", parser=local_store, help=purpose)


Run = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder, as `jaccardio train` writes it.")]
StoreArgument = Annotated[Path, typer.Argument(metavar="STORE", parser=local_store, help="Folder or URL of a store.")]
StoreOption = Annotated[Path, typer.Option("--store", metavar="STORE", parser=local_store, help="Folder or URL of a store.")]
ChangedStore = Annotated[str, typer.Argument(metavar="STORE", help="Folder or URL of a store.")]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for what this writes; made if absent.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; everything else goes to stderr.")]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu or cuda.")]

VocabularyName = Annotated[
    str,
    typer.Option(
        "--vocabulary",
        metavar="NAME|FILE",
        help="Findings to label: paper26, ptbxl71, japanese98, or a TOML file of your own (`jaccardio vocabulary`).",
    ),
]
SamplingRate = Annotated[float, typer.Option("--fs", metavar="HZ", help="Sampling rate, Hz.")]
IdTable = Annotated[
    Path | None, typer.Option("--id-table", metavar="FILE", help="Table of ids that `ingest` wrote: names the file of each ECG.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="section.key=value, e.g. training.epochs=3; may be given several times."),
]

ReportLanguage = Annotated[str, typer.Option("--lang", metavar="LANGUAGE", help="Language of report, plots and model card: en or ja.")]
Checks = Annotated[
    list[str] | None,
    typer.Option(
        "--check",
        metavar="NAME=ACTION",
        help="Of a check of quality: refuse, flag, ignore, or a threshold, e.g. noise=refuse:0.1; may be given again.",
    ),
]
On = Annotated[str, typer.Option("--on", metavar="WHERE", help="processes of this machine, or ray: a cluster's machines.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the random numbers.")]
Policy = Annotated[
    str,
    typer.Option("--thresholds", metavar="POLICY", help="fixed (0.5), global (one, fitted on validation) or per_finding (one for each)."),
]
Replicates = Annotated[int, typer.Option("--replicates", min=1, max=1_000_000, help="Bootstrap replicates of the intervals.")]
Processes = Annotated[int, typer.Option("--jobs", min=1, max=MOST_PROCESSES, help="Processes.")]
Jobs = Annotated[
    int,
    typer.Option("--jobs", min=1, max=MOST_PROCESSES, help="Runs side by side; with more than one each gets a process with one thread."),
]

Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        max=MOST_PROCESSES,
        help="Threads of the CPU: the same number gives the same bits. Without it, as many as are fastest on the cores that are free.",
    ),
]

FREE_CORES = min(idle_cores(), MOST_PROCESSES)
"""How many processes there are where --jobs is not given."""
