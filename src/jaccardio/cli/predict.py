"""The predict command: findings of ECG files, one after the other; a file that fails is listed and stops nothing."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaccardio.cli.ecg_files import each_once, exit_partly, say_rejected
from jaccardio.cli.options import Device, IdTable, Json, Run
from jaccardio.cli.output import note, progress_bar, result
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import MissingError

if TYPE_CHECKING:
    from jaccardio.prediction.ask import Answer
    from jaccardio.prediction.predictor import FindingScore
    from jaccardio.recording.preprocessing import Prepared
    from jaccardio.recording.recording import Recording


def predict(
    run: Run,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="ECG files, or folders: every ECG in and below them; with --id-table recording ids too."),
    ],
    thresholds: Annotated[
        str, typer.Option(metavar="POLICY", help="fixed (0.5), global (one, fitted on validation) or per_finding (one for each).")
    ] = "global",
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also draw each ECG on paper, with its findings; pictures of other ECGs are never replaced."),
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="Also ask for a finding, trained or not, in English or Japanese; may be given again."),
    ] = None,
    define: Annotated[Path | None, typer.Option(metavar="FILE", help="Also ask for the findings that a TOML file defines.")] = None,
    id_table: IdTable = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Predicts the findings of ECG files.

    A file that cannot be read is listed and stops nothing.
    """
    from jaccardio.cohort.id_table import load_id_table
    from jaccardio.measurement.definitions import load_definitions
    from jaccardio.prediction.ask import ask, definition_of
    from jaccardio.prediction.examine import contradiction_of, examine_recording, findings_document
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.recording.picture_names import picture_names
    from jaccardio.recording.readers import read_ecg
    from jaccardio.recording.windows import Windows

    note(DISCLAIMER)
    ids = load_id_table(id_table)
    predictor = Predictor.from_pretrained(run, device)
    predictor.thresholds[thresholds]  # an unknown policy is said once, before any file is read
    questions = [(words, definition_of(words)) for words in prompt or []]
    if define is not None:
        questions += load_definitions(define).items()
    failures: list[tuple[Path, Exception]] = []
    chosen = list(each_once(files if ids is None else ids.files(files), failures))
    document: dict[str, Any] = {}
    lines: list[str] = []
    with progress_bar("predicting") if len(chosen) > 1 else nullcontext(None) as progress:
        for number, (file, picture) in enumerate(zip(chosen, picture_names(chosen), strict=True), 1):
            try:
                recording = read_ecg(file)
                examined = examine_recording(predictor, recording)
                scores = predictor.predict([examined.prepared], thresholds)[0]
                answers = ask(predictor, Windows.of([examined.prepared]), examined.measured, questions) if questions else []
                known = {} if ids is None else {"recording_id": ids.id_of(file)}
                document[str(file)] = [known | row for row in findings_document(scores, answers)]
                ranked = sorted(scores, key=lambda score: 1.0 if score.score is None else -score.score)
                contradictory = contradiction_of(predictor, scores)
                first, *others = _lines(file, examined.prepared, ranked, contradictory)
                others += [line for answer in answers for line in _answer_lines(answer)]
                lines += [first, *(f"  recording id {name or 'not in the table of ids'}" for name in known.values()), *others]
                if plot is not None:
                    lines.append(f"  drawn to {_draw(plot / f'{picture}.png', picture, recording, ranked, contradictory)}")
            except MissingError:
                raise  # the machine's fault: a full disk, a device that is gone
            except Exception as error:  # one bad file never ends the others, whatever is wrong with it
                failures.append((file, error))
            if progress is not None:
                progress(number, len(chosen))
    say_rejected(failures)
    result(document, lines, json)
    exit_partly(failures, bool(document))


def _lines(file: Path, prepared: "Prepared", ranked: Sequence["FindingScore"], contradictory: str) -> list[str]:
    """What is printed of one ECG: its flags, the leads used where some are missing, and its findings."""
    from jaccardio.recording.leads import LEADS

    lines = [f"{file}" + (f"  ({', '.join(prepared.flags)})" if prepared.flags else "")]
    if not prepared.lead_mask.all():
        lines.append(f"  leads used: {', '.join(lead for lead, used in zip(LEADS, prepared.lead_mask, strict=True) if used)}")
    if contradictory:
        lines.append(f"  {contradictory}")
    for score in ranked:
        if score.score is None:
            lines.append(f"  {score.name}: unknown: {score.withheld}")
        else:
            stated = "present" if score.present else "       "
            decided = f"(threshold {score.threshold:.3f}, calibrated probability {score.probability:.3f})"
            lines.append(f"  {stated}  {score.score:.3f}  {decided}  {score.name}")
    return lines


def _answer_lines(answer: "Answer") -> list[str]:
    """An answer and the statements that decided, those against it first."""
    score = "unknown" if answer.score is None else f"{answer.score:.3f}"
    note = "" if answer.by == "definition" else "  (by the sentence alone: it names no statement and no finding with a definition)"
    degrees = (("   ?" if reason.degree is None else f"{reason.degree:.2f}", reason.sentence) for reason in answer.reasons)
    return [f"  asked    {score}  {answer.asked}{note}", *(f"             {degree}  {sentence}" for degree, sentence in degrees)]


def _draw(picture: Path, title: str, recording: "Recording", ranked: Sequence["FindingScore"], contradictory: str) -> Path:
    """Draws one ECG with the findings predicted present, each with score and threshold."""
    from jaccardio.recording.paper_plot import plot_ecg
    from jaccardio.recording.picture_names import check_replaceable

    check_replaceable(picture, recording)
    findings = [f"{score.name} {score.score:.2f} (threshold {score.threshold:.2f})" for score in ranked if score.present]
    if not findings:
        findings = ["no listed finding"]
    if contradictory:
        findings.insert(0, contradictory)
    if unknown := sum(score.score is None for score in ranked):
        findings.append(f"{unknown} findings unknown for want of leads")
    plot_ecg(recording, picture, title=title, findings=findings)
    return picture
