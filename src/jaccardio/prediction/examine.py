"""What is said of one ECG, by the command line and by the service alike: its checks, and its findings and answers as a document."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from jaccardio.findings.contradictions import contradiction
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.measure import measure_recording
from jaccardio.measurement.quality import check_recording
from jaccardio.prediction.decisions import FindingScore
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import Prepared, SignalContract
from jaccardio.recording.recording import Recording

if TYPE_CHECKING:
    from jaccardio.prediction.ask import Answer  # brings torch

IN_DOCUMENT = ("finding", "score", "probability", "threshold", "present", "withheld")


def examine_recording(contract: SignalContract, recording: Recording) -> Prepared:
    """Prepares one recording, with its measurements and the flags of all checks; errors are those of `SignalContract.apply`."""
    prepared, measured = contract.apply(recording), measure_recording(recording)
    return replace(prepared, flags=check_recording(recording, prepared, measured, CHECKS).flags, measurements=measured)


def ecg_document(ecg: Prepared) -> dict[str, Any]:
    """What is said of an ECG before its findings: flags of its checks, and the leads that were used."""
    return {"flags": list(ecg.flags), "leads": [lead for lead, used in zip(LEADS, ecg.lead_mask, strict=True) if used]}


def findings_document(scores: Sequence[FindingScore], contradictory: str) -> dict[str, Any]:
    """The findings of an ECG in vocabulary order, and what `contradiction_of` says of them."""
    return {"contradiction": contradictory, "findings": [{key: getattr(score, key) for key in IN_DOCUMENT} for score in scores]}


def answers_document(answers: Sequence["Answer"]) -> dict[str, Any]:
    """The answers to questions, in their order."""
    return {"answers": [asdict(answer) for answer in answers]}


def contradiction_of(vocabulary: Vocabulary, scores: Sequence[FindingScore]) -> str:
    """`contradiction` of the findings that were called."""
    called = [finding for finding, score in zip(vocabulary.findings, scores, strict=True) if score.present]
    return contradiction(called, vocabulary.alone)
