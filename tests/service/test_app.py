"""The service answers as the command line does, whatever form an ECG is sent in, and refuses in its own words."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from jaccardio import Predictor, read_ecg
from jaccardio.errors import MissingError
from jaccardio.prediction.attribution import attribute
from jaccardio.prediction.search import Index
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows
from jaccardio.service import upload
from jaccardio.service.app import create_app
from tests.cohort.corpora.layouts import write_wfdb
from tests.conftest import Command, Hospitals
from tests.service.conftest import pair

Serving = Callable[..., TestClient]


def as_json(header: Path) -> dict[str, Any]:
    recording = read_ecg(header)
    return {"signal": (recording.signal * 1000).tolist(), "sampling_rate": recording.sampling_rate, "unit": "uV", "leads": list(LEADS)}


def scores(document: dict[str, list[dict[str, float]]]) -> list[float]:
    return [row["score"] for row in document["findings"]]


def said(metrics: str, name: str, **labels: str) -> float:
    """The value of a metric."""
    inner = ",".join(f'{key}="{value}"' for key, value in labels.items())
    found = re.search(rf"^{re.escape(f'{name}{{{inner}}}' if labels else name)} (\S+)$", metrics, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def test_an_ecg_in_any_form_is_scored_as_by_the_predictor(serving: Serving, predictor: Predictor, ecgs: list[Path]) -> None:
    client = serving()
    expected = [score.score for score in predictor.predict(ecgs[:1])[0]]
    record = read_ecg(ecgs[0])
    npz = io.BytesIO()
    np.savez(npz, signal=record.signal, sampling_rate=record.sampling_rate, leads=np.array(LEADS), unit=np.array("mV"))
    sent = {
        "pair": client.post("/v1/predict", files=pair(ecgs[0])),
        "numbers": client.post("/v1/predict", json=as_json(ecgs[0])),
        "npz": client.post("/v1/predict", files={"file": ("x.npz", npz.getvalue())}),
    }
    for form, answer in sent.items():
        assert answer.status_code == 200, (form, answer.text)
        np.testing.assert_allclose(scores(answer.json()), expected, atol=1e-5, err_msg=form)


def test_the_answer_is_that_of_predict_json(serving: Serving, jaccardio: Command, trained: Path, ecgs: list[Path], tmp_path: Path) -> None:
    client = serving(policy="per_finding")
    write_wfdb(tmp_path / "limb-leads", read_ecg(ecgs[0]).signal[:6, :500], 100, leads=LEADS[:6])
    for file in (ecgs[0], tmp_path / "limb-leads.hea"):
        (expected,) = jaccardio("predict", trained, file, "--thresholds", "per_finding", "--device", "cpu", "--json").json().values()
        answer = client.post("/v1/predict", files=pair(file)).json()
        assert {key: answer[key] for key in expected} == expected
    assert any(flag.startswith("short") for flag in expected["flags"])
    assert expected["leads"] == list(LEADS[:6])


def test_many_at_once_are_scored_each_as_alone(serving: Serving, predictor: Predictor, ecgs: list[Path]) -> None:
    client = serving()
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda header: client.post("/v1/predict", files=pair(header)), ecgs[:24]))
    expected = [[score.score for score in row] for row in predictor.predict(ecgs[:24])]
    np.testing.assert_allclose([scores(answer.json()) for answer in answers], expected, atol=1e-5)
    metrics = client.get("/metrics").text
    assert 'jaccardio_requests_total{method="POST",path="/v1/predict",status="200"} 24.0' in metrics
    assert "jaccardio_batch_ecgs_sum 24.0" in metrics


def test_the_signal_comes_back_on_request(serving: Serving, predictor: Predictor, ecgs: list[Path]) -> None:
    client = serving()
    assert "signal" not in client.post("/v1/predict", files=pair(ecgs[0])).json()
    signal = client.post("/v1/predict?signal=true", files=pair(ecgs[0])).json()["signal"]
    prepared = predictor.prepare(read_ecg(ecgs[0]))
    np.testing.assert_allclose([signal["millivolts"][lead] for lead in LEADS], prepared.counts[0] / 1000, atol=1e-9)


def test_what_leads_cannot_show_is_withheld(serving: Serving, ecgs: list[Path]) -> None:
    sent = as_json(ecgs[0])
    two = sent | {"signal": sent["signal"][:2], "leads": ["I", "II"]}
    answer = serving().post("/v1/predict?signal=true", json=two).json()
    assert answer["leads"] == list(LEADS[:6])
    assert answer["signal"]["millivolts"]["V1"] is None
    withheld = [row for row in answer["findings"] if row["withheld"]]
    assert withheld
    assert all(row["score"] is row["probability"] is row["present"] is None for row in withheld)


def test_findings_health_and_contract(serving: Serving, predictor: Predictor) -> None:
    client = serving()
    document = client.get("/v1/findings").json()
    assert [row["finding"] for row in document["findings"]] == list(predictor.vocabulary.codes)
    assert [row["threshold"] for row in document["findings"]] == predictor.thresholds["global"].tolist()
    assert (document["sampling_rate"], document["seconds"], document["search"], document["body_bytes"]) == (100.0, 10.0, False, 2**24)
    assert (client.get("/healthz").status_code, client.get("/readyz").json()) == (200, {"status": "ok"})
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/v1/predict", "/v1/prompt", "/v1/attribution", "/v1/search", "/v1/findings", "/healthz", "/readyz", "/metrics"} == set(paths)
    assert "not a medical device" in client.get("/v1/findings").json()["disclaimer"]


def test_prompts_are_answered_as_on_the_command_line(serving: Serving, jaccardio: Command, trained: Path, ecgs: list[Path]) -> None:
    words = "The QRS complex is wide."
    (entry,) = jaccardio("predict", trained, ecgs[0], "--prompt", words, "--device", "cpu", "--json").json().values()
    client = serving()
    form = client.post("/v1/prompt", files=pair(ecgs[0]), data={"prompt": [words]})
    assert form.json()["answers"] == entry["answers"]
    numbers = client.post("/v1/prompt", json=as_json(ecgs[0]) | {"prompts": [words, "QRS幅が広い"]}).json()["answers"]
    assert numbers[0]["score"] == pytest.approx(entry["answers"][0]["score"], abs=1e-3)  # measured on microvolts that were not rounded
    assert len(numbers) == 2
    japanese = client.post("/v1/prompt?language=ja", files=pair(ecgs[0]), data={"prompt": [words]}).json()["answers"]
    assert japanese[0]["score"] == entry["answers"][0]["score"]
    assert [reason["sentence"] for reason in japanese[0]["reasons"]] == [reason["sentence"] for reason in numbers[1]["reasons"]]
    assert client.post("/v1/prompt", files=pair(ecgs[0])).status_code == 422


def test_what_speaks_for_a_finding(serving: Serving, predictor: Predictor, ecgs: list[Path]) -> None:
    client, sent = serving(), as_json(ecgs[0])
    limb = sent | {"signal": sent["signal"][:6], "leads": LEADS[:6]}
    answer = client.post("/v1/attribution?finding=af", json=sent).json()
    (found,) = attribute(predictor, Windows.of([predictor.prepare(read_ecg(ecgs[0]))]), [predictor.vocabulary.index("af")])
    assert answer["logit"] == pytest.approx(found.logit, abs=1e-4)
    for lead, values in zip(LEADS, found.values[0], strict=True):
        sums = values.reshape(-1, round(answer["block_seconds"] * 100)).sum(axis=1)
        assert answer["added"][lead] == pytest.approx(sums, abs=1e-3)
    assert client.post("/v1/attribution?finding=af", json=limb).json()["added"]["V1"] is None
    for finding, body in (("anterior_mi", limb), ("none", sent)):
        refused = client.post(f"/v1/attribution?finding={finding}", json=body)
        assert (refused.status_code, refused.json()["error"]["field"]) == (422, "finding")


def test_search(serving: Serving, predictor: Predictor, index: Index) -> None:
    sentence = predictor.vocabulary.prompts()[0]
    client = serving(index=index)
    hits = client.post("/v1/search", json={"sentence": sentence, "top": 3}).json()["hits"]
    assert [hit["recording_id"] for hit in hits] == [hit.recording_id for hit in index.search(predictor, sentence, 3)]
    assert client.post("/v1/search", json={"sentence": sentence, "top": 0}).status_code == 422
    assert serving().post("/v1/search", json={"sentence": sentence}).status_code == 404


def test_similar_ecgs(serving: Serving, index: Index, hospitals: Hospitals) -> None:
    own = sorted((hospitals.folder / "site-b").rglob("*.hea"))[0]
    similar = serving(index=index).post("/v1/predict", files=pair(own)).json()["similar"]
    assert similar[0]["similarity"] == pytest.approx(1, abs=1e-5), "the reference holds this very ECG"
    assert [hit["similarity"] for hit in similar] == sorted((hit["similarity"] for hit in similar), reverse=True)
    assert "similar" not in serving().post("/v1/predict", files=pair(own)).json()


def test_drift_is_counted_beside_what_is_usual(serving: Serving, predictor: Predictor, ecgs: list[Path]) -> None:
    client, reference = serving(policy="per_finding"), predictor.reference
    assert reference is not None
    assert client.get("/v1/findings").json()["reference"] == {"n_records": reference.ecgs}
    rows = client.post("/v1/predict", files=pair(ecgs[0])).json()["findings"]
    sent = as_json(ecgs[0])
    noise = np.random.default_rng(0).normal(0, 300, np.shape(sent["signal"])).tolist()
    client.post("/v1/predict", json=sent | {"signal": noise[:2], "leads": ["I", "II"]})
    metrics = client.get("/metrics").text
    assert "jaccardio_ecgs_total 2.0" in metrics
    assert 'jaccardio_quality_flags_total{flag="missing"} 1.0' in metrics
    called = next(row["finding"] for row in rows if row["present"])
    assert f'jaccardio_finding_present_total{{finding="{called}"}}' in metrics
    assert f"jaccardio_reference_ecgs {reference.ecgs}" in metrics
    usual = dict(zip(predictor.vocabulary.codes, reference.present["per_finding"], strict=True))
    assert said(metrics, "jaccardio_reference_finding_present", finding=called) == pytest.approx(usual[called])
    assert said(metrics, "jaccardio_reference_quality_flags", flag="simulated") == reference.flags["simulated"]
    distances = [
        reference.distance(predictor.encode_ecg([one])[0])
        for one in (ecgs[0], Recording.from_array(np.array(noise[:2]) / 1000, 100.0, leads=["I", "II"]))
    ]
    assert said(metrics, "jaccardio_embedding_distance_sum") == pytest.approx(sum(distances), rel=1e-3)
    assert said(metrics, "jaccardio_embedding_distance_count") == 2
    assert said(metrics, "jaccardio_reference_embedding_far") == reference.far


def test_a_model_without_reference_is_served(serving: Serving, predictor: Predictor, ecgs: list[Path], log: list[str]) -> None:
    earlier = Predictor(replace(predictor.pretrained, reference=None), "cpu")
    with TestClient(create_app(earlier, say=log.append), base_url="http://127.0.0.1:8000") as client:
        assert scores(client.post("/v1/predict", files=pair(ecgs[0])).json()) == scores(
            serving().post("/v1/predict", files=pair(ecgs[0])).json()
        )
        assert client.get("/v1/findings").json()["reference"] is None
        metrics = client.get("/metrics").text
    assert "jaccardio_ecgs_total 1.0" in metrics
    assert not re.search("reference|distance", metrics)


def test_unreadable_bodies_are_refused_in_words(serving: Serving, ecgs: list[Path]) -> None:
    client, sent = serving(), as_json(ecgs[0])
    cases = {
        "not a supported format": {"files": {"file": ("x", b"hello")}},
        "0 headers": {"files": [("file", ("a.dat", b"1")), ("file", ("b.dat", b"1"))]},
        "two files have one name": {"files": [("file", ("a.hea", b"1")), ("file", ("../a.hea", b"1"))]},
        "no file": {"files": {"other": ("x", b"hello")}},
        "without a usable name": {"files": [("file", ("..", b"1")), ("file", ("a.hea", b"1"))]},
        "no JSON": {"content": b"{" * 10_000, "headers": {"content-type": "application/json"}},
        "unknown key": {"json": sent | {"patient": "x"}},
        "no standard lead": {"json": sent | {"leads": ["X", *LEADS[1:]]}},
        "named twice": {"json": sent | {"leads": ["II", *LEADS[1:]]}},
        "one row of numbers a lead": {"json": sent | {"signal": [[1.0], [1.0, 2.0]]}},
        "less than or equal to 10000": {"json": sent | {"sampling_rate": 1e9}},
        "neither multipart": {"content": b"x"},
    }
    for reason, request in cases.items():
        answer = client.post("/v1/predict", **request)
        assert answer.status_code in (415, 422), (reason, answer.text)
        assert reason in answer.json()["error"]["reason"], (reason, answer.text)
        assert "Value error" not in answer.text, "words of a library"
    assert client.post("/v1/predict?format=pdf", json=sent).status_code == 422
    assert client.post("/v1/predict", headers={"content-type": "multipart/form-data"}, content=b"x").status_code == 400
    assert client.get("/v1/nothing").json()["error"]["reason"] == "no such address"
    assert client.put("/v1/predict", json={}).status_code == 405


def test_remedies_are_for_who_sends(serving: Serving, ecgs: list[Path]) -> None:
    client, archive = serving(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("one.csv", "I,II\n")
    cases = {
        "its header and its signal file together": [("file", ("x.txt", b"hello"))],
        "the header and the signal file": pair(ecgs[0])[:1],
        "header and its signal file": pair(ecgs[0])[1:],
        "Unpack it": [("file", ("x.zip", archive.getvalue()))],
    }
    for remedy, files in cases.items():
        said = client.post("/v1/predict", files=files).json()["error"]["remedy"]
        assert remedy in said
        assert "jaccardio" not in said


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("", "--B{part}--B--\r\n", "its Content-Type names no boundary"),
        ("; boundary=C", "--B{part}--B--\r\n", "its parts are not where its boundary says"),
        ("; boundary=B", "--B{part}", "the form ends before its last boundary"),
        (
            "; boundary=B",
            '--B{part}--B\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nAtrial fib',
            "ends before its last boundary",
        ),
        ("; boundary=B", "--B{part}--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n", "a part without a name"),
        ("; boundary=B", "--B{part}" * 17 + "--B--\r\n", "more than 16 files or questions"),
        ("; boundary=B", "--B--\r\n", "no file"),
    ],
)
def test_what_is_wrong_with_a_form_is_said(serving: Serving, kind: str, body: str, reason: str) -> None:
    part = '\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n'
    answer = serving().post(
        "/v1/prompt", headers={"content-type": f"multipart/form-data{kind}"}, content=body.replace("{part}", part).encode()
    )
    assert answer.status_code in (400, 422)
    assert reason in answer.json()["error"]["reason"]


def test_chest_leads_by_their_electrodes(serving: Serving, ecgs: list[Path]) -> None:
    client, sent = serving(), as_json(ecgs[0])
    names = [lead.replace("V", "C") if lead.startswith("V") else lead for lead in LEADS]
    assert "C6" in names
    assert scores(client.post("/v1/predict", json=sent | {"leads": names}).json()) == scores(client.post("/v1/predict", json=sent).json())


def test_a_name_planted_anywhere_is_in_no_answer_and_in_no_log(serving: Serving, ecgs: list[Path], log: list[str]) -> None:
    name = "CANARY-Yamada"
    client, sent = serving(), as_json(ecgs[0])
    header = ecgs[0].read_bytes() + f"# patient {name}\n".encode()
    data = ecgs[0].with_suffix(".dat").read_bytes()
    answers = [
        client.post("/v1/predict", files=[("file", (f"{name}.hea", header)), ("file", (f"{ecgs[0].stem}.dat", data))]),
        client.post("/v1/predict", files={"file": (f"{name}.xml", f"<{name}/>".encode())}),
        client.post("/v1/predict", files={"file": (f"{name}.hea", header)}),
        client.post("/v1/predict", files={"file": ("a.hea", header.replace(b"100.0", name.encode()).replace(b"mV", name.encode()))}),
        client.post("/v1/predict", json=sent | {name: name}),
        client.post("/v1/predict", json=sent | {"leads": [name, *LEADS[1:]]}),
        client.post("/v1/predict", json=sent | {"unit": name}),
        client.post("/v1/predict", json=sent | {"sampling_rate": name}),
        client.post(f"/v1/predict?format={name}", json=sent),
        client.post("/v1/search", json={"sentence": f"{name}\n"}),
        client.post(f"/{name}", json=sent, headers={"X-Request-Id": name}),
        client.request(name, "/v1/predict", json=sent),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 422, 422, 422, 422, 422, 422, 422, 422, 404, 405]
    for answer in answers:
        assert name.casefold() not in (answer.text + json.dumps(dict(answer.headers))).casefold()
        assert answer.headers["X-Request-Id"] in "\n".join(log)
    assert name.casefold() not in ("\n".join(log) + client.get("/metrics").text).casefold()


def test_a_missing_package_is_named_in_the_log_alone(serving: Serving, log: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object) -> None:
        raise MissingError("DICOM files need pydicom.")

    monkeypatch.setattr(upload, "read_ecg", lacking)
    answer = serving().post("/v1/predict", files={"file": ("x", b"x")})
    assert answer.status_code == 501
    assert "pydicom" not in answer.text
    assert any(line.endswith("DICOM files need pydicom.") for line in log)


def test_nothing_sent_is_kept(serving: Serving, ecgs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    seen: list[list[str]] = []
    read = upload.read_ecg

    def watched(path: Path, name: str) -> object:
        seen.append(sorted(file.name for file in Path(path).parent.iterdir()))
        return read(path, name)

    monkeypatch.setattr(upload, "read_ecg", watched)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = serving()
    assert client.post("/v1/predict", files=pair(ecgs[0])).status_code == 200
    assert client.post("/v1/predict", files={"file": ("x", bytes(2**21))}).status_code == 422
    assert seen == [sorted([ecgs[0].name, ecgs[0].with_suffix(".dat").name]), ["ecg"]]
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_service_says_where_and_not_what(
    serving: Serving, ecgs: list[Path], log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serving()
    monkeypatch.setattr(Predictor, "predict", lambda *_: 1 / 0)
    answer = client.post("/v1/predict", files=pair(ecgs[0]))
    assert (answer.status_code, answer.json()["error"]["reason"]) == (500, "internal error")
    assert any("internal error: ZeroDivisionError in test_app.py" in line for line in log)
    monkeypatch.undo()
    assert client.post("/v1/predict", files=pair(ecgs[0])).status_code == 200, "the model thread goes on"
