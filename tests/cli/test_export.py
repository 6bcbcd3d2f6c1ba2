"""One file, one score: Python, scikit-learn, the command line, HTTP and ONNX agree, whatever the order, number and length of ECGs."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from fastapi.testclient import TestClient

from jaccardio import Predictor, read_ecg
from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.measurement.measure import measure_recording
from jaccardio.measurement.statements import measured_statements
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.scoring import finding_scores
from jaccardio.prediction import export_onnx as module
from jaccardio.prediction.export_onnx import export_onnx
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording
from jaccardio.recording.writers.npz import write_npz
from jaccardio.service.app import create_app
from jaccardio.sklearn import JaccardioClassifier
from jaccardio.training.evidence import fit_evidence
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Command, Hospitals, write_wfdb
from tests.service.conftest import pair

SECONDS = (10.0, 3.7, 23.5)


@pytest.fixture(scope="module")
def predictor(trained: Path, hospitals: Hospitals) -> Predictor:
    """In pieces of half a window and in one, with what measurements say, as the presets score."""
    predictor, store = Predictor.from_pretrained(trained, device="cpu"), Store.open(hospitals.home)
    assert isinstance(predictor.model, EcgModel)
    material = Material.gather(store, RunFolder.open(trained).split)
    network = finding_scores(predictor.model, full_batches(store, material.validation_rows), torch.device("cpu"))
    predictor.model.score_parts = (2, 1)
    predictor.model.evidence, _ = fit_evidence(predictor.model, material, network)
    return predictor


@pytest.fixture(scope="module")
def exported(predictor: Predictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("onnx") / "model.onnx"
    assert export_onnx(predictor, out) < 1e-5
    return out


@pytest.fixture(scope="module")
def session(exported: Path) -> Any:
    return onnxruntime.InferenceSession(exported)


@pytest.fixture
def files(hospitals: Hospitals, tmp_path: Path) -> list[Path]:
    """Three ECGs of each length; the second of each lacks V5 and V6."""
    parts = [read_ecg(file).signal for file in sorted((hospitals.folder / "site-b").rglob("*.hea"))[:5]]
    written = []
    for seconds in SECONDS:
        for number in range(3):
            signal = np.concatenate([*parts[number:], *parts[:number]], axis=1)[:, : round(100 * seconds)].copy()
            if number == 1:
                signal[10:] = 0
            written.append(tmp_path / f"{seconds:g}-{number}.hea")
            write_wfdb(written[-1].with_suffix(""), np.round(1000 * signal).astype(np.int64))
    return written


def test_all_ways_to_a_score_agree(
    predictor: Predictor, session: Any, exported: Path, files: list[Path], jaccardio: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimator = JaccardioClassifier(sampling_rate=100.0)
    estimator.predictor_, estimator.vocabulary_ = predictor, predictor.vocabulary
    monkeypatch.setattr(Predictor, "from_pretrained", lambda *_: predictor)
    order = np.random.default_rng(0).permutation(len(files))

    def of_files(score: Callable[[list[Path]], list[list[Any]]]) -> np.ndarray:
        """In another order than that of the files."""
        found = np.array(score([files[i] for i in order]), np.float64)
        return found[np.argsort(order)]

    def of_arrays(score: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Of each length two ECGs together, in another order, and the one between them alone."""
        found = []
        for first in range(0, len(files), 3):
            signals = np.stack([read_ecg(file).signal for file in files[first : first + 3]])
            beside, alone = score(signals[[2, 0]]), score(signals[[1]])
            found += [beside[1], alone[0], beside[0]]
        return np.array(found)

    def printed(chosen: list[Path], run: Path = Path("run")) -> list[list[Any]]:
        document = jaccardio("predict", run, *chosen, "--json").json()
        return [[one["score"] for one in document[str(file)]["findings"]] for file in chosen]

    def answered(chosen: list[Path]) -> list[list[Any]]:
        with TestClient(create_app(predictor), base_url="http://127.0.0.1:8000") as client, ThreadPoolExecutor(4) as clients:
            answers = clients.map(lambda file: client.post("/v1/predict", files=pair(file)).json(), chosen)
            return [[one["score"] for one in answer["findings"]] for answer in answers]

    scores = {
        "Predictor, files": of_files(lambda chosen: [[one.score for one in row] for row in predictor.predict(chosen)]),
        "predict --json": of_files(printed),
        "predict --json, ONNX": of_files(lambda chosen: printed(chosen, exported)),
        "HTTP": of_files(answered),
        "Predictor, arrays": of_arrays(lambda signals: predictor.predict_proba(signals, 100.0)),
        "scikit-learn": of_arrays(estimator.predict_proba),
        "ONNX": of_arrays(lambda signals: session.run(["scores"], {"signal": signals, "measured": measured(predictor, signals)})[0]),
    }
    for (one, first), (other, second) in combinations(scores.items(), 2):
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-5, err_msg=f"{one} and {other}")
    lacking = np.isnan(scores["Predictor, files"]).any(axis=1)
    np.testing.assert_array_equal(lacking, np.arange(len(files)) % 3 == 1)


def measured(predictor: Predictor, signals: np.ndarray) -> np.ndarray:
    """What an ONNX file is given beside the signals, at 100 Hz."""
    ecgs = [measure_recording(Recording.from_array(signal, 100.0)) for signal in signals]
    return evidence_inputs(np.stack(ecgs), predictor.defined)


def test_a_prepared_ecg_that_nobody_measured_changes_no_other(predictor: Predictor, files: list[Path]) -> None:
    fast = Recording.from_array(np.repeat(read_ecg(files[0]).signal, 5, axis=1), 500.0)
    bare = replace(predictor.prepare(files[0]), measurements=None)
    alone, beside = predictor.predict([fast]), predictor.predict([fast, bare])
    np.testing.assert_allclose([one.score for one in beside[0]], [one.score for one in alone[0]], rtol=1e-5)


def test_the_file_is_tried_with_measured_ecgs(
    predictor: Predictor, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.torch.onnx, "export", lambda *_, **__: Program(exported))
    monkeypatch.setattr(module, "evidence_inputs", lambda *given: 0 * evidence_inputs(*given))  # unknown stays so
    with pytest.raises(DataError, match="differ by"):
        export_onnx(predictor, tmp_path / "model.onnx")


def test_an_onnx_file_says_what_the_run_says_of_any_recording(
    predictor: Predictor, exported: Path, files: list[Path], tmp_path: Path, jaccardio: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Predictor, "from_pretrained", lambda *_: predictor)
    signal = np.repeat(read_ecg(files[1]).signal[:10], 5, axis=1)
    ecgs = (*files[:3], write_npz(tmp_path / "fast", Recording.from_array(signal, 500.0, leads=LEADS[:10])))
    of_run, of_file = (jaccardio("predict", run, *ecgs, "--thresholds", "per_finding").out for run in ("run", exported))
    assert re.sub(r"\d\.\d{3}", "#", of_file) == re.sub(r"\d\.\d{3}", "#", of_run)
    numbers = [[float(number) for number in re.findall(r"\d\.\d{3}", text)] for text in (of_run, of_file)]
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=0, atol=1.1e-3)  # as printed
    asked = jaccardio("predict", exported, files[0], "--prompt", "ST elevation in II")
    assert (asked.status, asked.out) == (2, "")
    assert "name the run" in asked.err
    assert jaccardio("predict", exported, files[0], "--device", "cuda").status == 2


def test_an_onnx_file_answers_without_torch(exported: Path, files: list[Path]) -> None:
    code = (
        "import sys; from jaccardio.cli.app import main; sys.argv[1:1] = ['predict']\ntry: main()\nfinally: print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, exported, files[0]], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("harm", ["a bit", "cut short", "nothing of ours"])
def test_a_damaged_onnx_file_is_refused(harm: str, exported: Path, files: list[Path], tmp_path: Path, jaccardio: Command) -> None:
    data = bytearray(exported.read_bytes())
    data[len(data) // 2] ^= harm == "a bit"
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes({"cut short": data[:-100], "nothing of ours": b"ONNX" * 50}.get(harm, data))
    refused = jaccardio("predict", damaged, files[0])
    assert (refused.status, refused.out) == (3, "")
    assert "damaged" in refused.err


def test_the_suffix_of_an_onnx_file_may_be_in_capitals(exported: Path, files: list[Path], tmp_path: Path, jaccardio: Command) -> None:
    renamed = tmp_path / "MODEL.ONNX"
    renamed.write_bytes(exported.read_bytes())
    assert jaccardio("predict", renamed, files[0]).out == jaccardio("predict", exported, files[0]).out


def test_the_file_says_what_its_numbers_mean(predictor: Predictor, session: Any) -> None:
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["findings"]) == list(predictor.vocabulary.codes)
    assert json.loads(said["thresholds"])["global"] == predictor.thresholds["global"].tolist()
    assert json.loads(said["leads"])[6] == "V1"
    assert (said["sampling_rate"], said["unit"], said["language"]) == ("100.0", "mV", "en")
    assert "not a medical device" in said["disclaimer"]


def test_the_file_says_nothing_of_the_machine(exported: Path) -> None:
    data = exported.read_bytes()
    assert str(Path(module.__file__).parent).encode() not in data
    assert b"scoring_graph.py" not in data
    assert b" at 0x" not in data, "an address of memory"


def test_what_is_no_ecg_gets_no_score(predictor: Predictor, session: Any) -> None:
    noise = np.random.default_rng(0).normal(0, 0.3, (3, 12, 400)).astype(np.float32)
    noise[0], noise[1, 6] = 0, np.nan
    nothing = np.full((3, len(measured_statements()) + len(predictor.defined)), np.nan, np.float32)
    scores = session.run(["scores"], {"signal": noise, "measured": nothing})[0]
    assert np.isnan(scores[0]).all()
    assert 0 < np.isnan(scores[1]).sum() < scores.shape[1], "a lead with NaN is one that was not recorded"
    assert not np.isnan(scores[2]).any()
    assert np.isnan(session.run(["scores"], {"signal": noise[2:, :, :199], "measured": nothing[2:]})[0]).all(), "below 2 s"


def test_the_command_writes_a_file_or_nothing(
    trained: Path, tmp_path: Path, jaccardio: Command, monkeypatch: pytest.MonkeyPatch, exported: Path
) -> None:
    monkeypatch.setattr(module.torch.onnx, "export", lambda *_, **__: Program(exported))
    wrong = jaccardio("export", trained, "--onnx", tmp_path / "model.onnx")  # the graph of four pieces, the run of one
    assert (wrong.status, list(tmp_path.iterdir())) == (3, [])
    assert "differ" in wrong.err
    assert jaccardio("export", trained, "--onnx", tmp_path / "model.pt").status == 2
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    lacking = jaccardio("export", trained, "--onnx", tmp_path / "model.onnx")
    assert lacking.status == 4
    assert "pip install 'jaccardio[onnx]'" in lacking.err
    monkeypatch.undo()
    monkeypatch.setattr(module, "export_onnx", lambda predictor, out: 1e-7)
    document = jaccardio("export", trained, "--onnx", tmp_path / "model.onnx", "--json").json()
    assert (document["sampling_rate"], document["findings"]) == (100.0, 26)


def test_int8_is_written_with_what_it_costs(
    predictor: Predictor,
    exported: Path,
    trained: Path,
    hospitals: Hospitals,
    files: list[Path],
    tmp_path: Path,
    jaccardio: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module.torch.onnx, "export", lambda *_, **__: Program(exported))
    monkeypatch.setattr(Predictor, "from_pretrained", lambda *_: predictor)
    out = tmp_path / "int8.onnx"
    document = jaccardio("export", trained, "--onnx", out, "--int8", hospitals.home, "--json").json()
    assert document["macro_auroc_int8"] == pytest.approx(document["macro_auroc"], abs=0.05)
    assert 1e-5 < document["largest_difference"] < 0.2
    exact, small = (jaccardio("predict", model, *files, "--json").json() for model in (exported, out))
    for file in map(str, files):
        exact_scores, small_scores = ([one["score"] for one in document[file]["findings"]] for document in (exact, small))
        assert [score is None for score in exact_scores] == [score is None for score in small_scores]
        pairs = [(one, other) for one, other in zip(exact_scores, small_scores, strict=True) if one is not None]
        np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=0, atol=0.2)
    elsewhere = jaccardio("export", trained, "--onnx", tmp_path / "other.onnx", "--int8", hospitals.away)
    assert elsewhere.status == 3
    assert not (tmp_path / "other.onnx").exists()


class Program:
    """What torch makes, from a file."""

    def __init__(self, file: Path) -> None:
        import onnx

        self.model_proto = onnx.load(file)
        self.model = type("Model", (), {"metadata_props": {}})()
