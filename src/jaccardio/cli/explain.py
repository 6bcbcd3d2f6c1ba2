"""The explain command: a page on what of one ECG decided a model's findings."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaccardio.cli.options import Device, Json, Policy, ReportLanguage, Run, optional_store
from jaccardio.cli.output import note, progress_bar, result, warn
from jaccardio.disclaimer import DISCLAIMER

if TYPE_CHECKING:
    from jaccardio.prediction.explain import Reasons


def explain(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="ECG file.")],
    out: Annotated[Path, typer.Option(metavar="PAGE", help="HTML page to write.")],
    finding: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Finding to explain; may be given again. Without it, those predicted present."),
    ] = None,
    store: Annotated[Path | None, optional_store("Also show the labelled ECGs of a store that are most like it.")] = None,
    thresholds: Policy = "global",
    lang: ReportLanguage = "en",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Shows what of an ECG speaks for its findings.

    One page that needs nothing else: the ECG with what each sample adds, scores without each lead, statements, and ECGs like it.
    """
    from jaccardio.cohort.store import Store
    from jaccardio.prediction.explain import explain as explained
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.prediction.store_signals import incomplete_ecgs
    from jaccardio.recording.readers import read_ecg
    from jaccardio.report.explanation import write_explanation
    from jaccardio.report.language import check_language

    note(DISCLAIMER)
    check_language(lang)
    predictor, reference = Predictor.from_pretrained(run, device), None if store is None else Store.open(store)
    predictor.thresholds[thresholds]  # an unknown policy is said before the file is read
    recording = read_ecg(file)
    if reference is not None:
        warn(incomplete_ecgs(predictor, reference))
    with nullcontext(None) if reference is None else progress_bar("embedding") as progress:
        found = explained(predictor, recording, finding or (), thresholds, reference, lang, progress)
    names = {finding.code: finding.name_in(lang) for finding in predictor.vocabulary.findings}
    write_explanation(out, found, predictor.contract, names, lang)
    lines = [line for reasons in found.findings for line in _lines(reasons)] or ["no finding is predicted present; name one with --finding"]
    lines += [f"{hit.similarity:8.3f}  {hit.recording_id}  {', '.join(hit.findings)}" for hit in found.neighbours]
    document = {
        "out": str(out),
        "findings": [_document(reasons) for reasons in found.findings],
        "neighbours": [vars(hit) for hit in found.neighbours],
    }
    result(document, [*lines, f"page: {out}"], json)


def _lines(reasons: "Reasons") -> list[str]:
    from jaccardio.recording.leads import LEADS

    score, leads = reasons.score, sorted(zip(reasons.lead_sums, LEADS, strict=True), reverse=True)
    strongest = ", ".join(f"{lead} {added:+.2f}" for added, lead in leads[:3])
    return [f"{score.score:.3f}  (threshold {score.threshold:.3f})  {score.name}", f"       leads that add most to the logit: {strongest}"]


def _document(reasons: "Reasons") -> dict[str, Any]:
    from dataclasses import asdict

    from jaccardio.recording.leads import LEADS

    added = {lead: float(value) for lead, value in zip(LEADS, reasons.lead_sums, strict=True)}
    without = {lead: None if value != value else float(value) for lead, value in zip(LEADS, reasons.without_lead, strict=True)}
    return {
        "finding": reasons.score.finding,
        "score": reasons.score.score,
        "threshold": reasons.score.threshold,
        "present": reasons.score.present,
        "logit": reasons.attribution.logit,
        "baseline_logit": reasons.attribution.baseline,
        "added_by_lead": added,
        "score_without_lead": without,
        "definition": None if reasons.answer is None else asdict(reasons.answer),
        "contributions": [asdict(contribution) for contribution in reasons.contributions],
    }
