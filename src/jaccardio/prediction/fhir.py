"""A prediction as an HL7 FHIR R4 resource (hl7.org/fhir/R4/diagnosticreport.html): a preliminary report with an observation a finding."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from jaccardio.disclaimer import DISCLAIMER
from jaccardio.prediction.decisions import FindingScore

EKG_STUDY = {"coding": [{"system": "http://loinc.org", "code": "11524-6", "display": "EKG study"}]}
UNKNOWN = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown", "display": "Unknown"}


def diagnostic_report(scores: Sequence[FindingScore], identifier: str, contradictory: str = "") -> dict[str, Any]:
    """A DiagnosticReport that contains its Observations. It names no subject: whoever asked knows it, the model does not.

    Parameters
    ----------
    identifier
        Of the report: of the request that it answers, or drawn.
    contradictory
        Of findings that cannot both be right; part of the conclusion.
    """
    present = [score.name for score in scores if score.present]
    said = f"Called present: {', '.join(present)}." if present else "No listed finding called present."
    return {
        "resourceType": "DiagnosticReport",
        "id": identifier,
        "status": "preliminary",
        "code": EKG_STUDY,
        "issued": datetime.now(UTC).isoformat(timespec="seconds"),
        "contained": [_observation(number, score) for number, score in enumerate(scores)],
        "result": [{"reference": f"#finding-{number}"} for number in range(len(scores))],
        "conclusion": " ".join(part for part in (said, contradictory and f"{contradictory}.", DISCLAIMER) if part),
    }


def _observation(number: int, score: FindingScore) -> dict[str, Any]:
    """One finding: present or not, or why it is unknown; its score, probability and threshold as components."""
    base = {
        "resourceType": "Observation",
        "id": f"finding-{number}",
        "status": "preliminary",
        "code": {"coding": [{"code": score.finding, "display": score.name}], "text": score.name},
    }
    if score.score is None:
        return base | {"dataAbsentReason": {"coding": [UNKNOWN], "text": score.withheld}}
    numbers = {"score": score.score, "calibrated probability": score.probability, "threshold": score.threshold}
    return base | {
        "valueBoolean": score.present,
        "component": [{"code": {"text": name}, "valueQuantity": {"value": value}} for name, value in numbers.items()],
    }
