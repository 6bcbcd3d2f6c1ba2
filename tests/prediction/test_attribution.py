"""Attributions add up to the logit that the model scores with, and nothing is attributed to what was not recorded."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

from jaccardio.cohort.store import Store
from jaccardio.errors import MissingError
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.statements import measured_statements
from jaccardio.models.ensemble import EcgEnsemble, members_of
from jaccardio.models.evidence import Evidence
from jaccardio.prediction import attribution as module
from jaccardio.prediction.attribution import attribute, mean_logits, scores_without_lead
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows
from tests.conftest import Hospitals

COLUMN = 3
"""A finding whose logit changes much from flat leads to the ECG: that of a tiny network bends sharply on the way."""


@pytest.fixture
def predictor(trained: Path) -> Predictor:
    return Predictor.from_pretrained(trained, "cpu")


@pytest.fixture
def signal(hospitals: Hospitals) -> np.ndarray:
    """(12, 2300) millivolt at 100 Hz: three simulated ECGs one after the other."""
    return np.concatenate(list(Store.open(hospitals.home).signals(np.arange(3))), axis=1)[:, :2300]


def prepared(predictor: Predictor, signal: np.ndarray) -> Windows:
    return Windows.of([predictor.prepare(Recording.from_array(signal, 100.0))])


@pytest.mark.parametrize("samples", [1000, 420, 2300])
def test_the_sum_of_attributions_is_the_difference_of_logits(predictor: Predictor, signal: np.ndarray, samples: int) -> None:
    predictor.model.score_parts = (2, 1)
    other = copy.deepcopy(predictor.model)
    torch.nn.init.normal_(other.ecg_head.weight, generator=torch.Generator().manual_seed(0))
    other.score_parts = (3,)
    predictor.model = EcgEnsemble([predictor.model, other])
    ecg = prepared(predictor, signal[:, :samples])
    (found,) = attribute(predictor, ecg, [COLUMN], steps=256)
    difference = found.logit - found.baseline
    assert found.values.shape == ecg.signal.shape
    assert abs(difference) > 1
    assert found.values.sum(dtype=np.float64) == pytest.approx(difference, rel=0.05, abs=0.03)
    assert found.logit == pytest.approx(by_loops(predictor, ecg)[COLUMN], abs=1e-4)


def by_loops(predictor: Predictor, ecg: Windows) -> np.ndarray:
    """The mean logit once more, piece by piece."""
    recorded, members = int(ecg.recorded[0]), []
    for member in members_of(predictor.model):
        of_parts = []
        for parts in member.score_parts:
            length = min(1000 // parts, recorded)
            starts = np.linspace(0, recorded - length, max(1, -(-recorded * parts // 1000))).round().astype(int)
            cut = np.stack([window[:, start : start + length] for window in ecg.signal for start in starts])
            with torch.inference_mode():
                of_parts.append(member.finding_logits(torch.from_numpy(cut)).numpy().mean(axis=0))
        members.append(np.mean(of_parts, axis=0))
    return np.mean(members, axis=0)


def test_of_one_piece_the_logit_is_that_of_the_score(predictor: Predictor, signal: np.ndarray) -> None:
    ecg = prepared(predictor, signal[:, :1000])
    whole = torch.from_numpy(ecg.signal).transpose(0, 1)[None]
    logits = mean_logits(predictor.model, whole, 1000, [1.0]).detach().numpy()
    np.testing.assert_allclose(expit(logits), predictor.scores([ecg]), atol=1e-6)


def test_beside_evidence_the_network_counts_with_its_weight(predictor: Predictor, signal: np.ndarray) -> None:
    ecg = prepared(predictor, signal[:, :1000])
    (alone,) = attribute(predictor, ecg, [COLUMN])
    inputs, length = (
        len(measured_statements()) + len(predictor.defined),
        predictor.model.encode_text(predictor.model.prompt_vectors).shape[1],
    )
    evidence = Evidence(
        predictor.defined, torch.tensor(0.5), torch.ones(inputs, length), torch.ones(length), torch.zeros(inputs), torch.ones(inputs)
    )
    predictor.model.evidence = evidence
    (beside,) = attribute(predictor, ecg, [COLUMN])
    assert (beside.logit, beside.baseline) == pytest.approx((alone.logit / 2, alone.baseline / 2))
    np.testing.assert_allclose(beside.values, alone.values / 2, atol=1e-6)
    unmeasured = replace(ecg, measurements=np.full((1, len(MEASUREMENTS)), np.nan, dtype=np.float32))
    assert attribute(predictor, unmeasured, [COLUMN])[0].logit == pytest.approx(alone.logit)


def test_nothing_is_attributed_to_what_was_not_recorded(predictor: Predictor, signal: np.ndarray) -> None:
    signal[LEADS.index("V3")] = 0
    (found,) = attribute(predictor, prepared(predictor, signal[:, :420]), [0])
    assert not found.values[:, LEADS.index("V3")].any()
    assert not found.values[:, :, 420:].any()
    assert found.values[:, :, :420].any(axis=2).sum() == 11


def test_a_lead_is_taken_away_where_the_model_knows_partial_leads(
    predictor: Predictor, signal: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal[LEADS.index("V3")] = 0
    ecg = prepared(predictor, signal[:, :1000])
    monkeypatch.setattr(predictor, "partial_leads", True)
    scores = scores_without_lead(predictor, ecg)
    assert np.isnan(scores).all(axis=1).tolist() == [lead == "V3" for lead in LEADS]
    np.testing.assert_allclose(scores[1], predictor.scores([ecg.without_leads(np.array([1]))])[0])
    assert np.isnan(scores_without_lead(predictor, ecg.without_leads(np.arange(1, 12)))).all()
    monkeypatch.setattr(predictor, "partial_leads", False)
    assert np.isnan(scores_without_lead(predictor, ecg)).all()


def test_captum_is_asked_for(predictor: Predictor, signal: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingError, match=r"pip install 'jaccardio\[explain\]'"):
        attribute(predictor, prepared(predictor, signal), [0])
