"""Commands that train, evaluate and use models: train, ensemble, evaluate, score, embed, search."""

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from jaccardio.cli.options import (
    MOST_PROCESSES,
    Device,
    IdTable,
    Json,
    On,
    Out,
    Replicates,
    ReportLanguage,
    Run,
    Settings,
    StoreOption,
    Threads,
)
from jaccardio.cli.output import estimate, note, number, progress_bar, result, resumable, warn
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import UsageError
from jaccardio.locks import own_folder
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

        alike = partial(train, store.resolve(), out.resolve(), preset, settings, resume, ensemble, device=device, threads=threads)
        note(DISCLAIMER)
        with resumable(way):
            launch_on_ray(alike, processes, device)
        _tell_trained(RunFolder.open(out).summary, out, json)
        return
    if threads is not None:
        fix_threads(threads)
    with launched_ranks(device) as ranks:
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
                summary = loop.resume(opened, out, device=device, progress=progress, ranks=ranks)
            elif ensemble > 1:
                split = load_or_make_split(opened, note)
                summary = train_ensemble(opened, split, config, ensemble, out, resume=resume, device=device, progress=progress)
            else:
                with ranks.first_alone():
                    split = load_or_make_split(opened, say)
                summary = loop.train(opened, split, config, out, device=device, progress=progress, ranks=ranks)
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


def evaluate(
    run: Run,
    store: StoreOption,
    out: Out,
    part: Annotated[
        str, typer.Option(metavar="PART", help="validation or test of the run's split; all for the store of an external hospital.")
    ] = "test",
    id_table: IdTable = None,
    prompts: Annotated[
        str | None,
        typer.Option(metavar="LANGUAGE", help="Language in which the model is asked, en or ja; without it that of its training."),
    ] = None,
    lang: ReportLanguage = "en",
    replicates: Replicates = 1000,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Evaluates a run: every metric with its 95 % interval.

    Writes metrics.json, per_finding.csv, predictions.parquet, report.html and model_card.md.
    """
    from jaccardio.cohort.id_table import load_id_table
    from jaccardio.cohort.store import Store
    from jaccardio.evaluation.estimate import jsonable
    from jaccardio.experiments.evaluate_run import evaluate_run
    from jaccardio.training.run_folder import RunFolder

    note(DISCLAIMER)
    ids = load_id_table(id_table)
    with own_folder(out), progress_bar("scoring") as progress:
        opened = RunFolder.open(run)
        done = evaluate_run(
            opened,
            Store.open(store),
            part,
            out,
            id_table=ids,
            prompts=prompts,
            language=lang,
            device=device,
            replicates=replicates,
            progress=progress,
        )
    metrics = done.evaluation.metrics
    warn(metrics["warnings"])
    lines = [f"{done.records} ECGs of part {part}", *_headlines(metrics)]
    if done.test_uses:
        lines.append(f"look number {done.test_uses} of this run at a test part")
    lines.append(f"report: {out / 'report.html'}")
    result({"run": str(run), "out": str(out), "part": part, "test_uses": done.test_uses, "metrics": jsonable(metrics)}, lines, json)


def score(
    predictions: Annotated[
        Path,
        typer.Argument(metavar="PREDICTIONS|RUN", help=".parquet or .csv with recording_id and a column a finding, .npy, or a run folder."),
    ],
    store: StoreOption,
    out: Out,
    part: Annotated[
        str, typer.Option(metavar="PART", help="test of the store's split; all for the store of an external hospital.")
    ] = "test",
    against: Annotated[
        Path | None,
        typer.Option(metavar="RUN|FILE", help="A run folder or other predictions: paired differences on what both have, to OUT/against."),
    ] = None,
    thresholds: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="thresholds.json of an earlier scoring; without it they are fitted on the validation part."),
    ] = None,
    findings: Annotated[
        str, typer.Option(metavar="NAMES", help="Findings to score, with commas between them; without it all that the part knows.")
    ] = "",
    ids: Annotated[Path | None, typer.Option(metavar="FILE", help="For .npy: text file with one recording id a line.")] = None,
    columns: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For .npy: text file with one finding a line, in the order of its columns.")
    ] = None,
    lang: ReportLanguage = "en",
    replicates: Replicates = 1000,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Evaluates the predictions of any model by the same rules.

    Writes what `jaccardio evaluate` writes except the model card, and compares them with a run or with other predictions on the same ECGs.
    """
    from jaccardio.cohort.store import Store
    from jaccardio.evaluation.estimate import jsonable
    from jaccardio.experiments.score import Submission, run_score

    note(DISCLAIMER)
    named = tuple(name for name in findings.split(",") if name.strip())
    submission = Submission(predictions, part, ids, columns, thresholds, named, against)
    with own_folder(out), progress_bar("scoring") as progress:
        done = run_score(Store.open(store), submission, out, language=lang, device=device, replicates=replicates, progress=progress)
    metrics = done.evaluation.metrics
    warn(metrics["warnings"])
    lines = [f"{done.records} ECGs of part {part}", *_headlines(metrics), f"thresholds: {done.thresholds}"]
    lines += [f"no metrics at the {policy} threshold: {reason}" for policy, reason in metrics["policies_left_out"].items()]
    if done.paired is not None:
        for one in done.paired.differences:
            if one.finding is None:
                policy = f" at the {one.policy} threshold" if one.policy else ""
                lines.append(f"{one.metric.replace('_', '-')}{policy} minus that of {one.reference} {estimate(one.estimate)}")
        lines.append(f"paired report: {out / 'against' / 'results.html'}")
    lines.append(f"report: {out / 'report.html'}")
    document = {"out": str(out), "part": part, "thresholds": done.thresholds, "metrics": jsonable(metrics)}
    result(document | {"against": None if done.paired is None else done.paired.to_dict()}, lines, json)


def embed(
    run: Run,
    store: StoreOption,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Parquet file to write.")],
    id_table: IdTable = None,
    on: On = PROCESSES,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Writes the encoder's features of all ECGs of a store."""
    from jaccardio.cohort.id_table import load_id_table
    from jaccardio.cohort.store import Store
    from jaccardio.prediction.embed import write_embeddings
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.prediction.store_signals import incomplete_ecgs

    ray = run if on_ray(on) else None
    ids = load_id_table(id_table)
    predictor, opened = Predictor.from_pretrained(run, device), Store.open(store)
    warn(incomplete_ecgs(predictor, opened))
    with progress_bar("embedding") as progress:
        records, dimension = write_embeddings(predictor, opened, out, progress, ids, ray)
    lines = [f"{records} embeddings of {dimension} numbers written to {out}"]
    result({"out": str(out), "records": records, "dimension": dimension}, lines, json)


def search(
    run: Run,
    sentence: Annotated[str, typer.Argument(metavar="SENTENCE", help='For example "This ECG shows atrial fibrillation."')],
    store: StoreOption,
    top: Annotated[int, typer.Option(min=1, help="Number of ECGs to show.")] = 10,
    id_table: IdTable = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Finds the ECGs of a store that best fit a sentence.

    By what the model learned of a finding, or by the statements that define it.
    """
    from jaccardio.cohort.id_table import load_id_table
    from jaccardio.cohort.store import Store
    from jaccardio.prediction.ask import definition_sought, names_trained
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.prediction.search import Index
    from jaccardio.prediction.store_signals import incomplete_ecgs

    if not sentence.isprintable():
        raise UsageError("the sentence holds control characters or is no UTF-8 text. Write it in plain letters.")
    ids = load_id_table(id_table)
    predictor, opened = Predictor.from_pretrained(run, device), Store.open(store)
    warn(incomplete_ecgs(predictor, opened))
    if definition_sought(predictor, sentence) is None:
        predictor.text_vectors([sentence])  # one that cannot be read is refused before any ECG is embedded
        if not names_trained(predictor, sentence):
            warn(
                ["the sentence names no finding that the model was trained on and no statement that can be measured: the order is a guess"]
            )
    with progress_bar("searching") as progress:
        hits = Index(predictor, opened, progress).search(predictor, sentence, top)
    lines = [f"{hit.similarity:8.3f}  {hit.recording_id}  {', '.join(hit.findings)}" for hit in hits]
    document = [vars(hit) for hit in hits]
    if ids is not None:
        paths = ids.paths_of(hit.recording_id for hit in hits)
        lines = [f"{line}  {path or 'not in the table of ids'}" for line, path in zip(lines, paths, strict=True)]
        document = [entry | {"path": path} for entry, path in zip(document, paths, strict=True)]
    result(document, lines, json)


def _headlines(metrics: dict[str, Any]) -> list[str]:
    """The lines on a metrics document."""
    lines = [f"{key.replace('_', '-')} {estimate(metrics[key])}" for key in ("macro_auroc", "macro_auprc")]
    lines += [f"micro-F1 at the {policy} threshold {number(row['micro_f1'].value)}" for policy, row in metrics["thresholds"].items()]
    if metrics["findings_left_out"]:
        lines.append("left out of macro metrics: " + ", ".join(metrics["findings_left_out"]))
    return lines
