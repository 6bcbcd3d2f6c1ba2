"""The graph that is exported is `Predictor` once more, at every length and for every set of leads."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from jaccardio import Predictor
from jaccardio.models.ensemble import EcgEnsemble
from jaccardio.models.folder import load_pretrained
from jaccardio.prediction.scoring_graph import ScoringGraph, median, pieces
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording


@pytest.mark.parametrize("parts", [(1,), (3,), (4, 1)])
@pytest.mark.parametrize("complete_only", [False, True])
def test_it_scores_as_the_predictor(trained: Path, parts: tuple[int, ...], complete_only: bool) -> None:
    predictor = Predictor(dataclasses.replace(load_pretrained(trained / "model"), partial_leads=not complete_only), device="cpu")
    predictor.model.score_parts = parts
    graph = ScoringGraph(predictor).eval()
    for samples in (200, 333, 523, 1000, 1005, 1006, 1200, 2005, 2300, 3001):
        np.testing.assert_allclose(*_both(predictor, graph, samples), atol=1e-6)


def test_so_does_an_ensemble_whose_members_see_pieces_of_their_own(trained: Path) -> None:
    predictor = Predictor.from_pretrained(trained, device="cpu")
    other = copy.deepcopy(predictor.model)
    other.score_parts = (4, 1)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter *= 1.1
    alone = ScoringGraph(predictor).eval()
    predictor.model = EcgEnsemble([predictor.model, other])
    graph = ScoringGraph(predictor).eval()
    for samples in (333, 1000, 2300):
        found, wanted = _both(predictor, graph, samples)
        np.testing.assert_allclose(found, wanted, atol=1e-6)
        assert np.nanmax(np.abs(wanted - _both(predictor, alone, samples)[0])) > 1e-3, "the second member counts"


def _both(predictor: Predictor, graph: ScoringGraph, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores by the graph and by the predictor, of ECGs with all and with some leads."""
    ecgs = [_ecg(samples, leads) for leads in (LEADS, LEADS[:6], ["II"], ["I", "II", "V2", "V5"])]
    wanted = [[one.score for one in row] for row in predictor.predict(ecgs)]
    with torch.inference_mode():
        found = graph(torch.from_numpy(np.stack([ecg.signal for ecg in ecgs])))
    return found.numpy(), np.array(wanted, np.float64)


def _ecg(samples: int, leads: list[str]) -> Recording:
    signal = np.random.default_rng(samples).normal(0, 0.3, (12, samples)).cumsum(axis=1) / 9
    first, second = signal[:2]
    signal[2:6] = second - first, -(first + second) / 2, first - second / 2, second - first / 2
    return Recording.from_array(signal[[LEADS.index(lead) for lead in leads]], 100, leads=leads)


@pytest.mark.parametrize("samples", [5, 6])
def test_the_median_of_an_even_number_lies_between_both_middle_ones(samples: int) -> None:
    values = np.random.default_rng(0).normal(size=(3, samples)).astype(np.float32)
    np.testing.assert_array_equal(median(torch.from_numpy(values))[:, 0], np.median(values, axis=1))


def test_pieces_begin_where_numpy_rounds_them_to() -> None:
    signal = torch.arange(1000)
    for length in (250, 249, 1000):
        for number in (1, 2, 3, 7):
            starts = np.linspace(0, 1000 - length, number).round()
            np.testing.assert_array_equal(pieces(signal, number, length)[:, 0], starts)
