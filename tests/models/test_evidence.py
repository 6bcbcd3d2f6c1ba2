"""What measurements add to a model's logits."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

from jaccardio.checksums import file_entry, write_manifest
from jaccardio.errors import DataError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.statements import measured_statements
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ensemble import EcgEnsemble
from jaccardio.models.evidence import Evidence
from jaccardio.models.folder import CHECKED_FILES, CONFIG, FORMAT, Pretrained, load_pretrained, save_pretrained
from jaccardio.models.scoring import finding_scores, statement_scores
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.recording.windows import Windows
from tests.models.conftest import FixedEncoder

CPU = torch.device("cpu")
DEFINED = ("af", "lvh", "vpc")


def windows() -> Windows:
    """Three measured ECGs, the second of two windows, the last unmeasurable."""
    random = np.random.default_rng(0)
    measurements = random.normal(1, 1, (3, len(MEASUREMENTS))).astype(np.float32)
    measurements[2] = np.nan
    signal = random.normal(size=(4, 12, 300)).astype(np.float32)
    return Windows(signal, np.full(4, 300), np.array([0, 1, 1, 2]), np.ones((3, 12), dtype=np.bool_), measurements)


@pytest.fixture(params=["text", "classifier"])
def model(request: pytest.FixtureRequest, vocabulary: Vocabulary, text_encoder: FixedEncoder) -> EcgModel:
    torch.manual_seed(0)
    config = ModelConfig(kind=request.param, width=2, embedding=8, score_parts=(2, 1))
    model = create_model(config, vocabulary=vocabulary, text_encoder=text_encoder).eval()
    inputs, length = len(measured_statements()) + len(DEFINED), model.encode_text(model.prompt_vectors).shape[1]
    drawn = [torch.randn(size) / 20 for size in ((inputs, length), (length,))]
    model.evidence = Evidence(DEFINED, torch.tensor(0.6), *drawn, torch.rand(inputs), 0.5 + torch.rand(inputs))
    return model


def test_scores_join_the_network_with_what_was_measured(model: EcgModel) -> None:
    batch, evidence = windows(), model.evidence
    assert evidence is not None
    assert batch.measurements is not None
    inputs = evidence_inputs(batch.measurements, DEFINED)
    sentences = model.encode_text(model.prompt_vectors).detach().double().numpy()
    vectors, bias = evidence.vectors.double().numpy(), evidence.bias.double().numpy()
    wanted = []
    for ecg in range(3):
        known = np.array([float(value) if np.isfinite(value) else np.nan for value in inputs[ecg]])
        known = (known - evidence.mean.numpy()) / evidence.spread.numpy()
        weight = 0.6 if np.isfinite(known).any() else 1.0
        added = sum((value * vector for value, vector in zip(known, vectors, strict=True) if np.isfinite(value)), start=bias) @ sentences.T
        added = added if weight < 1 else 0 * added
        lengths = []
        for parts in (2, 1):
            pieces = [
                torch.from_numpy(window[:, start : start + 300 // parts])
                for window in batch.signal[batch.ecg == ecg]
                for start in range(0, 300, 300 // parts)
            ]
            with torch.inference_mode():
                logits = model.finding_logits(torch.stack(pieces)).double().numpy()
            lengths.append(expit(weight * logits + added).mean(axis=0))
        wanted.append(np.mean(lengths, axis=0))
    np.testing.assert_allclose(finding_scores(model, [batch], CPU), wanted, rtol=1e-4)


def test_an_ensemble_averages_members_with_and_without_evidence(
    model: EcgModel, vocabulary: Vocabulary, text_encoder: FixedEncoder
) -> None:
    plain = create_model(ModelConfig(width=2, embedding=8), vocabulary=vocabulary, text_encoder=text_encoder).eval()
    batch = windows()
    both = finding_scores(EcgEnsemble([model, plain]), [batch], CPU)
    alone = [finding_scores(member, [batch], CPU) for member in (model, plain)]
    np.testing.assert_allclose(both, np.mean(alone, axis=0))


def test_statements_are_scored_as_the_network_sees_them(model: EcgModel) -> None:
    model.statement_vectors = model.prompt_vectors[:2]
    batch = windows()
    with_evidence = statement_scores(model, [batch], CPU)
    model.evidence = None
    np.testing.assert_array_equal(with_evidence, statement_scores(model, [batch], CPU))


def test_the_folder_keeps_it_and_says_what_it_rests_on(model: EcgModel, vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary = replace(vocabulary, name="paper26")  # whose codes have definitions
    kind = type(model).__name__
    config = ModelConfig(kind="text" if kind == "EcgTextModel" else "classifier", width=2, embedding=8, score_parts=(2, 1))
    folder = tmp_path / "model"
    save_pretrained(folder, Pretrained(model, (config,), vocabulary, (), SignalContract(100.0, 3.0), True), "# Card\n")
    kept = load_pretrained(folder).model
    np.testing.assert_array_equal(finding_scores(kept, [windows()], CPU), finding_scores(model, [windows()], CPU))
    document = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(document | {"evidence_sha256": "0" * 64}))
    write_manifest(folder, FORMAT, {name: file_entry((folder / name).read_bytes()) for name in CHECKED_FILES})
    with pytest.raises(DataError, match="statements or definitions of another version"):
        load_pretrained(folder)
