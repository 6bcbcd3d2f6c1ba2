"""Commands that evaluate predictions: evaluate (a run's), score (any model's)."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jaccardio.cli.options import Device, IdTable, Json, Out, Replicates, ReportLanguage, Run, StoreOption
from jaccardio.cli.output import estimate, note, number, progress_bar, result, warn
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.locks import own_folder


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


def _headlines(metrics: dict[str, Any]) -> list[str]:
    """The lines on a metrics document."""
    lines = [f"{key.replace('_', '-')} {estimate(metrics[key])}" for key in ("macro_auroc", "macro_auprc")]
    lines += [f"micro-F1 at the {policy} threshold {number(row['micro_f1'].value)}" for policy, row in metrics["thresholds"].items()]
    if metrics["findings_left_out"]:
        lines.append("left out of macro metrics: " + ", ".join(metrics["findings_left_out"]))
    return lines
