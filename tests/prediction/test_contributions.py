"""What the evidence adds to a finding's logit, part by part."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import logit

from jaccardio import Predictor
from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.store import Store
from jaccardio.measurement.statements import measured_statements
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.scoring import finding_scores
from jaccardio.prediction import contributions as module
from jaccardio.prediction.contributions import contributions
from jaccardio.training.evidence import fit_evidence
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals

CPU = torch.device("cpu")


def test_parts_sum_to_what_measurements_move(trained: Path, hospitals: Hospitals, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, store = Predictor.from_pretrained(trained, "cpu"), Store.open(hospitals.home)
    model, column = predictor.model, predictor.vocabulary.index("af")
    assert isinstance(model, EcgModel)
    ecg = store.windows(np.array([0]))
    assert contributions(predictor, ecg, column) == ()
    material = Material.gather(store, RunFolder.open(trained).split)
    network = finding_scores(model, full_batches(store, material.validation_rows), CPU)
    alone = logit(finding_scores(model, [ecg], CPU)[0, column])
    model.evidence, weights = fit_evidence(model, material, network)
    shown = contributions(predictor, ecg, column)
    assert len(shown) == module.SHOWN
    sizes = [abs(one.added) for one in shown]
    assert sizes == sorted(sizes, reverse=True)
    assert all(0 <= one.holds <= 1 for one in shown)
    monkeypatch.setattr(module, "SHOWN", 1000)
    every = contributions(predictor, ecg, column, "ja")
    sentences = {statement.sentences["ja"] for statement in measured_statements().values()}
    assert all((one.statement in sentences) is not one.is_definition for one in every)
    average = float((model.evidence.bias @ model.encode_text(model.prompt_vectors)[column]).detach())
    joined = logit(finding_scores(model, [ecg], CPU)[0, column])
    np.testing.assert_allclose(weights["network"] * alone + average + sum(one.added for one in every), joined, atol=1e-3)
