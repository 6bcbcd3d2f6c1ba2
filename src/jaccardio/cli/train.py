"""Commands that make models: train, ensemble."""

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from jaccardio.cli.options import MOST_PROCESSES, Device, Json, On, Settings, StoreOption, Threads
from jaccardio.cli.output import note, progress_bar, result, resumable, warn
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import UsageError
from jaccardio.on_ray import PROCESSES, on_ray
from jaccardio.progress import Progress, Say
from jaccardio.threads import fix_threads


def train(
    store: StoreOption,
    out: Annotated[Path, typer.Option(metavar="RUN", help="New run folder.")],
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Configuration to start from, e.g. jaccardio-small.")] = None,
    settings: Settings = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in --out where it was interrupted; start it if there is none.")
    ] = False,
    ensemble: Annotated[
        int, typer.Option("--ensemble", metavar="N", min=1, max=100, help="Train N models that differ in their seed, and join them to one.")
    ] = 1,
    teacher: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Also learn what that run, often an ensemble, says of the training ECGs."),
    ] = None,
    on: On = PROCESSES,
    processes: Annotated[
        int | None, typer.Option("--processes", metavar="N", min=1, max=MOST_PROCESSES, help="With --on ray: how many train together.")
    ] = None,
    device: Device = "auto",
    threads: Threads = None,
    compiled: Annotated[
        bool,
        typer.Option("--compile", help="Let torch compile the encoder first, a minute or two; without gain on the CPU that was tried."),
    ] = False,
    json: Json = False,
) -> None:
    """Trains a model on a store.

    A store without a split gets the default one, as `jaccardio split` makes it. Processes that torchrun or Ray starts train one model
    together.
    """
    from jaccardio.cohort.split import load_or_make_split
    from jaccardio.cohort.store import Store
    from jaccardio.training import loop
    from jaccardio.training.config import load_preset, presets
    from jaccardio.training.ensemble import train_ensemble
    from jaccardio.training.run_folder import RunFolder
    from jaccardio.training.torchrun import launched_ranks

    if teacher is not None:
        settings = [*(settings or []), f"training.teacher={teacher}"]
    way = "The same command with --resume goes on from the last checkpoint, one an epoch."
    if on_ray(on) != (processes is not None):
        raise UsageError("--on ray and --processes N belong together: a Ray cluster trains one model with N processes.")
    if processes is not None:
        from jaccardio.training.ray_train import launch_on_ray

        alike = partial(
            train, store.resolve(), out.resolve(), preset, settings, resume, ensemble, device=device, threads=threads, compiled=compiled
        )
        note(DISCLAIMER)
        with resumable(way):
            launch_on_ray(alike, processes, device)
        _tell_trained(RunFolder.open(out).summary, out, json)
        return
    if threads is not None:
        fix_threads(threads)
    with launched_ranks(device) as ranks:
        if compiled and ranks.size > 1:
            raise UsageError("--compile: with one process alone, since batch norms of several exchange their means. Leave it out.")
        begun = resume and RunFolder(out).begun and ensemble == 1
        ranks.wait()  # before any of them begins the run
        if preset is None and (settings or not begun):
            raise UsageError(f"give --preset NAME. Presets: {', '.join(presets())}.")
        config = load_preset(preset, settings or []) if preset is not None else RunFolder.open(out).config
        if begun and config != RunFolder.open(out).config:
            raise UsageError(
                f"{out}: that run has another configuration (config.toml). Resume it without --preset and --set, or with its own."
            )
        if ensemble > 1 and ranks.size > 1:
            raise UsageError("--ensemble: processes that torchrun starts train one model. Train the members one by one, and join them.")
        say: Say = note if ranks.first else lambda _: None  # another process speaks
        say(DISCLAIMER)
        opened = Store.open(store)
        bar: AbstractContextManager[Progress | None] = progress_bar("training") if ranks.first else nullcontext()
        with resumable(way, say), bar as progress:
            if begun:
                summary = loop.resume(opened, out, device=device, progress=progress, ranks=ranks, compiled=compiled)
            elif ensemble > 1:
                split = load_or_make_split(opened, note)
                summary = train_ensemble(
                    opened, split, config, ensemble, out, resume=resume, device=device, progress=progress, compiled=compiled
                )
            else:
                with ranks.first_alone():
                    split = load_or_make_split(opened, say)
                summary = loop.train(opened, split, config, out, device=device, progress=progress, ranks=ranks, compiled=compiled)
        if not ranks.first:
            return
    _tell_trained(summary, out, json)


def ensemble(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Two run folders and more, trained on one split of the store.")],
    store: StoreOption,
    out: Annotated[Path, typer.Option(metavar="RUN", help="New run folder.")],
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Joins runs to one, whose scores are the means of theirs.

    Their form may differ; what they say of findings and sentences must not. Thresholds and recalibration are fitted anew.
    """
    from jaccardio.cohort.store import Store
    from jaccardio.training.ensemble import join_runs
    from jaccardio.training.run_folder import RunFolder

    note(DISCLAIMER)
    opened, members = Store.open(store), [RunFolder.open(run) for run in runs]
    with resumable("The same command joins the runs again; they stay as they are."), progress_bar("scoring") as progress:
        summary = join_runs(opened, members, out, device=device, progress=progress)
    _tell_trained(summary, out, json)


def _tell_trained(summary: dict[str, Any], out: Path, json: bool) -> None:
    """Prints the summary of a run that is complete."""
    warn(summary["warnings"])
    auroc = summary["validation_macro_auroc"]
    lines = [
        f"{out}: {summary['steps']} steps in {summary['seconds']:.0f} s, {summary['training_records']} training ECGs",
        f"validation macro-AUROC {auroc:.4f} (epoch {summary['epoch']})" if auroc is not None else "validation macro-AUROC undefined",
        f"model written to {out / 'model'}",
    ]
    if summary["findings_left_out"]:
        lines.insert(1, "findings unknown for every training ECG, left out: " + ", ".join(summary["findings_left_out"]))
    result({"run": str(out)} | summary, lines, json)
