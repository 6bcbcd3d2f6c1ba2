"""Evidence fitted beside a network: it says what measurements say, through the text, and nothing where nothing was measured."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.evaluation.auroc import auroc
from jaccardio.measurement.definitions import defined_in
from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.evidence import linear_inputs
from jaccardio.models.scoring import finding_scores
from jaccardio.text.random import RandomVectors
from jaccardio.training import evidence as module
from jaccardio.training.evidence import USUAL, fit_evidence
from jaccardio.training.material import Material
from tests.conftest import Hospitals

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def material(hospitals: Hospitals) -> Material:
    store = Store.open(hospitals.home)
    split = load_split(store)
    assert split is not None
    return Material.gather(store, split)


def model_of(material: Material, **settings: Any) -> EcgModel:
    torch.manual_seed(0)
    given = {"width": 2, "embedding": 0, "whitening": 0.75, "normalise_ecg": False, "bias": "text", "initial_scale": 19.2}
    return create_model(ModelConfig(**given | settings), vocabulary=material.vocabulary, text_encoder=RandomVectors()).eval()


@pytest.fixture
def untrained(material: Material) -> EcgModel:
    return model_of(material)


def scores(model: EcgModel, material: Material, rows: np.ndarray) -> np.ndarray:
    return finding_scores(model, full_batches(material.store, rows), CPU)


def macro(material: Material, rows: np.ndarray, found: np.ndarray) -> float:
    columns = [material.store.vocabulary.index(code) for code in material.vocabulary.codes]
    labels = material.store.labels[np.ix_(rows, columns)]
    judged = [column for column in range(len(columns)) if (labels[:, column] == 1).sum() >= 5]
    return float(np.mean([auroc(labels[:, column], found[:, column]) for column in judged]))


def test_it_ranks_unseen_ecgs_beside_an_untrained_network_and_follows_permuted_text(material: Material, untrained: EcgModel) -> None:
    split = load_split(material.store)
    assert split is not None
    test = material.store.rows_of(split.parts["test"])
    network = macro(material, test, scores(untrained, material, test))
    untrained.evidence, weights = fit_evidence(untrained, material, scores(untrained, material, material.validation_rows))
    joined = scores(untrained, material, test)
    assert macro(material, test, joined) > max(network, 0.8)
    assert list(weights) == ["network", "statements", "definitions"]
    assert min(weights.values()) >= 0
    kept = untrained.prompt_vectors.clone()
    untrained.prompt_vectors.copy_(torch.roll(kept, 1, dims=0))
    np.testing.assert_allclose(scores(untrained, material, test), np.roll(joined, 1, axis=1), atol=1e-4)


def test_an_ecg_of_which_nothing_was_measured_is_left_to_the_network(material: Material, untrained: EcgModel) -> None:
    network = scores(untrained, material, material.validation_rows)
    evidence, _ = fit_evidence(untrained, material, network)
    untrained.evidence = evidence
    batches = full_batches(material.store, material.validation_rows)
    unmeasured = [replace(batch, measurements=np.full_like(batch.measurements, np.nan)) for batch in batches]
    np.testing.assert_allclose(finding_scores(untrained, unmeasured, CPU), network, rtol=1e-6)


def test_labels_of_ecgs_of_which_nothing_was_measured_change_nothing(
    material: Material, untrained: EcgModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    measurements = material.store.measurements.copy()
    trained, judged = material.training_rows[::3], material.validation_rows[::3]
    measurements[np.concatenate([trained, judged])] = np.nan
    monkeypatch.setitem(vars(material.store), "measurements", measurements)
    network = scores(untrained, material, material.validation_rows)
    other = replace(material, training_labels=material.training_labels.copy(), validation_labels=material.validation_labels.copy())
    other.training_labels[::3], other.validation_labels[::3] = 1, 1
    (one, weights), (two, others) = (fit_evidence(untrained, each, network) for each in (material, other))
    assert weights == pytest.approx(others, abs=1e-5)
    torch.testing.assert_close(one.vectors, two.vectors, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(one.bias, two.bias, rtol=1e-4, atol=1e-5)


def test_all_regressions_at_once_are_those_of_scikit_learn(material: Material) -> None:
    inputs = torch.from_numpy(evidence_inputs(material.store.measurements[material.training_rows], ()))
    inputs = linear_inputs(inputs, *module._moments(inputs, inputs.shape[1]))
    labels = material.training_labels.copy()
    labels[::5, 0] = -1  # unknown: no evidence for or against
    weights, shift = module._regressions(inputs, labels)
    for column in (0, 1):
        known = labels[:, column] >= 0
        alone = LogisticRegression(C=module.STRENGTH, max_iter=1000).fit(inputs[known].numpy(), labels[known, column] == 1)
        ours = inputs.numpy() @ weights[:, column].numpy() + shift[column].item()
        assert np.corrcoef(ours, alone.decision_function(inputs.numpy()))[0, 1] > 0.999


@pytest.mark.parametrize("settings", [{}, {"embedding": 8}, {"whitening": 0.0}], ids=["as presets", "narrow", "sentences that sum to zero"])
def test_weights_are_fitted_on_what_the_sentences_can_say(material: Material, settings: dict[str, Any]) -> None:
    model = model_of(material, **settings)
    network = scores(model, material, material.validation_rows)
    model.evidence, _ = fit_evidence(model, material, network)
    labels = material.validation_labels
    known = labels >= 0
    alone, joined = (log_loss(labels[known], found[known]) for found in (network, scores(model, material, material.validation_rows)))
    assert joined <= alone + 1e-6  # a network weight of 1 and nothing else is among the choices


@pytest.mark.parametrize("label", [-1, 0, 1])
def test_where_validation_labels_are_all_alike_the_usual_weights_stay(material: Material, untrained: EcgModel, label: int) -> None:
    blind = replace(material, validation_labels=np.full_like(material.validation_labels, label))
    evidence, weights = fit_evidence(untrained, blind, scores(untrained, material, material.validation_rows))
    assert weights == USUAL
    assert float(evidence.weight) == pytest.approx(USUAL["network"])
    assert evidence.defined == defined_in(material.vocabulary)


def test_a_finding_without_a_positive_gets_its_prevalence_and_nothing_else(material: Material) -> None:
    inputs = torch.from_numpy(evidence_inputs(material.store.measurements[material.training_rows], ()))
    labels = material.training_labels.copy()
    labels[:, 2] = -1
    labels[:9, 2] = 0
    weights, shift = module._regressions(linear_inputs(inputs, *module._moments(inputs, inputs.shape[1])), labels)
    assert torch.equal(weights[:, 2], torch.zeros(len(weights)))
    assert shift[2].item() == pytest.approx(np.log(0.5 / 9.5))


def test_a_handful_of_labels_moves_the_weights_little() -> None:
    random = np.random.default_rng(0)
    labels = (random.random((2000, 5)) < 0.3).astype(np.int8)
    tables = [random.normal(0, 1, labels.shape), 2.0 * labels - 1, np.zeros(labels.shape), np.ones(labels.shape)]  # the second knows all
    few, many = (module._weights([table[:n] for table in tables], labels[:n]) for n in (4, 2000))
    assert few[1] < 1.5 < 3 < many[1]
    assert many[0] < few[0] < 0.66
