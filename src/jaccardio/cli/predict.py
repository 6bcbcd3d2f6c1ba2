"""The predict command: findings of ECG files, a few at a time; a file that fails is listed and stops nothing."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import uuid4

import typer

from jaccardio.cli.ecg_files import each_once, exit_partly, reason_of, say_rejected
from jaccardio.cli.options import Device, IdTable, Json, On, Policy
from jaccardio.cli.output import entries, note, progress_bar
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import DataError, JaccardioError, MissingError, UsageError
from jaccardio.on_ray import PROCESSES, RayPool, in_order, on_ray

if TYPE_CHECKING:
    from jaccardio.measurement.definitions import Definition
    from jaccardio.prediction.ask import Answer
    from jaccardio.prediction.decisions import FindingScore
    from jaccardio.prediction.onnx_predictor import OnnxPredictor
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.recording.preprocessing import Prepared
    from jaccardio.recording.recording import Recording

    _Questions = tuple[tuple[str, Definition | None], ...]
    _Ecg = tuple[Recording, Prepared]

UNIT = 16
"""Files that are taken at a time: the network reads ECGs together in much less time than one by one."""


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder, or what `export --onnx` made of one, which answers sooner.")],
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="ECG files, or folders: every ECG in and below them; with --id-table recording ids too."),
    ],
    thresholds: Policy = "global",
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            file_okay=False,
            help="Also draw each ECG on paper, with its findings; pictures of other ECGs are never replaced.",
        ),
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="Also ask for a finding, trained or not, in English or Japanese; may be given again."),
    ] = None,
    define: Annotated[Path | None, typer.Option(metavar="FILE", help="Also ask for the findings that a TOML file defines.")] = None,
    format: Annotated[
        Literal["findings", "fhir"],
        typer.Option(help="What --json holds of each ECG; fhir, which implies it: an HL7 FHIR R4 report, without answers to questions."),
    ] = "findings",
    id_table: IdTable = None,
    on: On = PROCESSES,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Predicts the findings of ECG files.

    A file that cannot be read is listed and stops nothing.
    """
    note(DISCLAIMER)
    ray = on_ray(on)
    ids = None
    if id_table is not None:
        from jaccardio.cohort.id_table import load_id_table  # brings all corpora

        ids = load_id_table(id_table)
    predictor = _load(run, device)
    predictor.thresholds[thresholds]  # an unknown policy is said once, before any file is read
    questions = _questions(predictor, prompt or [], define)
    asked = _Asked(Path.cwd() if ray else Path(), run, thresholds, questions, plot, format == "fhir")
    failures: list[tuple[Path, Exception]] = []
    chosen = list(each_once(files if ids is None else ids.files(files), failures))
    answered = False
    shown = len(chosen) > 1 and not sys.stdout.isatty()  # else the results themselves are the progress
    with progress_bar("predicting") if shown else nullcontext(None) as progress, entries(json or format == "fhir") as say:
        for number, (file, said) in enumerate(zip(chosen, _all_said(chosen, predictor, asked, ray), strict=True), 1):
            if said.lines:
                answered = True
                known = {} if ids is None else {"recording_id": ids.id_of(file)}
                first, *others = said.lines
                named = [f"  recording id {name or 'not in the table of ids'}" for name in known.values()]
                say(str(file), said.document if asked.fhir else known | said.document, [first, *named, *others])
            if said.failure is not None:
                failures.append((file, said.failure))
            if progress is not None:
                progress(number, len(chosen))
    say_rejected(failures)
    exit_partly(failures, answered)


def _load(run: Path, device: str) -> "Predictor | OnnxPredictor":
    from jaccardio.prediction.onnx_predictor import SUFFIX, OnnxPredictor

    if run.suffix.lower() == SUFFIX:
        if device not in ("auto", "cpu"):
            raise UsageError(f"--device {device}: an ONNX file is run on the CPU. Leave --device out.")
        return OnnxPredictor(run)
    from jaccardio.prediction.predictor import Predictor

    return Predictor.from_pretrained(run, device)


def _questions(predictor: "Predictor | OnnxPredictor", prompts: Sequence[str], define: Path | None) -> "_Questions":
    """What is asked, each with its definition where it has one; a sentence that the model cannot read is said before any file is read."""
    if not prompts and define is None:
        return ()
    from jaccardio.measurement.definitions import load_definitions
    from jaccardio.prediction.ask import definition_of
    from jaccardio.prediction.predictor import Predictor

    if not isinstance(predictor, Predictor):
        raise UsageError("an ONNX file answers for its own findings only. To ask for others, name the run that it was made of.")
    questions = [(words, definition_of(words)) for words in prompts]
    if sentences := [words for words, definition in questions if definition is None]:
        predictor.text_vectors(sentences)
    return (*questions, *({} if define is None else load_definitions(define)).items())


@dataclass(frozen=True)
class _Asked:
    """What is asked of every file: where paths begin, of which model, at which thresholds, which questions, where it is drawn, a report."""

    begin: Path
    run: Path
    thresholds: str
    questions: "_Questions"
    plot: Path | None
    fhir: bool


@dataclass
class _Said:
    """Of one file: its document, which may be a report, its lines, and what failed, which may be the picture alone."""

    document: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    failure: Exception | None = None


def _all_said(files: Sequence[Path], predictor: "Predictor | OnnxPredictor", asked: _Asked, ray: bool) -> Iterator[_Said]:
    """Of every file in order, by this process or by the cores of a Ray cluster, a few files at a time."""
    from jaccardio.recording.picture_names import picture_names

    named = list(zip(files, picture_names(files), strict=True))
    units = (named[start : start + UNIT] for start in range(0, len(named), UNIT))
    if not ray:
        for unit in units:
            yield from _say_each(unit, predictor, asked)
        return
    with RayPool() as pool:
        for said in in_order(pool, pool.workers, _say_each_there, units, asked):
            yield from said


def _say_each_there(named: Sequence[tuple[Path, str]], asked: _Asked) -> list[_Said]:
    return _say_each(named, _kept(asked.begin / asked.run), asked)


@lru_cache(maxsize=1)  # a worker takes many units
def _kept(run: Path) -> "Predictor | OnnxPredictor":
    return _load(run, "cpu")


def _say_each(named: Sequence[tuple[Path, str]], predictor: "Predictor | OnnxPredictor", asked: _Asked) -> list[_Said]:
    """Errors of the machine are raised, those of a file returned."""
    from jaccardio.prediction.examine import examine_recording
    from jaccardio.recording.readers import read_ecg

    ecgs: dict[int, _Ecg] = {}
    all_said = [_Said() for _ in named]
    for place, (file, _) in enumerate(named):
        with _failing(all_said[place]):
            recording = read_ecg(asked.begin / file)
            ecgs[place] = recording, examine_recording(predictor.contract, recording)
    try:
        scores = dict(zip(ecgs, _scores(list(ecgs.values()), predictor, asked.thresholds), strict=True))
    except Exception:  # for want of memory perhaps: one by one
        scores = {}
    for place, ecg in ecgs.items():
        with _failing(all_said[place]):
            scored = scores[place] if scores else _scores([ecg], predictor, asked.thresholds)[0]
            _say(all_said[place], *named[place], ecg, scored, predictor, asked)
    return all_said


@contextmanager
def _failing(said: _Said) -> Iterator[None]:
    """Around what is done with one file: one bad file never ends the others, whatever is wrong with it."""
    try:
        yield
    except MissingError:
        raise  # the machine's fault: a full disk, a device that is gone
    except Exception as error:
        said.failure = error if isinstance(error, JaccardioError) else DataError(reason_of(error))


def _scores(ecgs: Sequence["_Ecg"], predictor: "Predictor | OnnxPredictor", policy: str) -> "list[list[FindingScore]]":
    from jaccardio.prediction.onnx_predictor import OnnxPredictor

    if isinstance(predictor, OnnxPredictor):
        return predictor.predict([recording for recording, _ in ecgs], policy)
    return predictor.predict([prepared for _, prepared in ecgs], policy)


def _say(
    said: _Said, file: Path, picture: str, ecg: "_Ecg", scores: "list[FindingScore]", predictor: "Predictor | OnnxPredictor", asked: _Asked
) -> None:
    """Fills in what is said of one ECG."""
    from jaccardio.prediction.examine import answers_document, contradiction_of, ecg_document, findings_document
    from jaccardio.prediction.fhir import diagnostic_report
    from jaccardio.prediction.onnx_predictor import OnnxPredictor

    recording, prepared = ecg
    answers: list[Answer] = []
    if asked.questions and not isinstance(predictor, OnnxPredictor):
        from jaccardio.prediction.ask import ask
        from jaccardio.recording.windows import Windows

        answers = ask(predictor, Windows.of([prepared]), asked.questions)
    ranked = sorted(scores, key=lambda score: 1.0 if score.score is None else -score.score)
    contradictory = contradiction_of(predictor.vocabulary, scores)
    document = ecg_document(prepared) | findings_document(scores, contradictory) | (answers_document(answers) if answers else {})
    said.document = diagnostic_report(scores, uuid4().hex, contradictory) if asked.fhir else document
    said.lines = _lines(file, document, ranked) + [line for answer in answers for line in _answer_lines(answer)]
    if asked.plot is not None:
        drawn = asked.plot / f"{picture}.png"
        _draw(asked.begin / drawn, picture, recording, ranked, contradictory)
        said.lines.append(f"  drawn to {drawn}")


def _lines(file: Path, document: dict[str, Any], ranked: Sequence["FindingScore"]) -> list[str]:
    """What is printed of one ECG: its flags, the leads used where some are missing, and its findings."""
    from jaccardio.recording.leads import LEADS

    lines = [f"{file}" + (f"  ({', '.join(document['flags'])})" if document["flags"] else "")]
    if len(document["leads"]) < len(LEADS):
        lines.append(f"  leads used: {', '.join(document['leads'])}")
    if document["contradiction"]:
        lines.append(f"  {document['contradiction']}")
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


def _draw(picture: Path, title: str, recording: "Recording", ranked: Sequence["FindingScore"], contradictory: str) -> None:
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
