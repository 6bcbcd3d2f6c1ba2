"""FHIR: valid by the R4B models of `fhir.resources`, and the same decisions as the plain answer."""

from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from fhir.resources.R4B.diagnosticreport import DiagnosticReport

from jaccardio import read_ecg
from tests.service.conftest import pair


def test_a_report_is_valid_and_says_what_the_plain_answer_says(serving: Callable[..., TestClient], ecgs: list[Path]) -> None:
    client = serving()
    rows = client.post("/v1/predict", files=pair(ecgs[0])).json()["findings"]
    answer = client.post("/v1/predict?format=fhir", files=pair(ecgs[0]))
    assert answer.headers["content-type"] == "application/fhir+json"
    report = DiagnosticReport.model_validate_json(answer.content)
    assert (report.status, report.code.coding[0].code, report.subject) == ("preliminary", "11524-6", None)
    assert [reference.reference for reference in report.result] == [f"#{contained.id}" for contained in report.contained]
    for row, observation in zip(rows, report.contained, strict=True):
        assert observation.code.coding[0].code == row["finding"]
        assert observation.valueBoolean is row["present"]
        assert [float(part.valueQuantity.value) for part in observation.component] == [row["score"], row["probability"], row["threshold"]]
    assert "not a medical device" in report.conclusion


def test_what_could_not_be_judged_is_absent_data(serving: Callable[..., TestClient], ecgs: list[Path]) -> None:
    recording = read_ecg(ecgs[0])
    two = {"signal": recording.signal[:2].tolist(), "sampling_rate": recording.sampling_rate, "leads": ["I", "II"]}
    report = DiagnosticReport.model_validate(serving().post("/v1/predict?format=fhir", json=two).json())
    unknown = [observation for observation in report.contained if observation.dataAbsentReason]
    assert unknown
    for observation in unknown:
        assert observation.valueBoolean is observation.component is None
        assert observation.dataAbsentReason.text.startswith(("needs", "the model"))
