"""Sentence and definition joined by their ranks."""

import numpy as np

from jaccardio.paper.recipes.left_out import _ranks


def test_ecgs_of_one_score_have_one_rank_in_whatever_order_they_stand() -> None:
    scores = np.array([[0.2, 1.0], [0.7, 1.0], [0.2, 1.0], [0.9, 0.0]])
    assert _ranks(scores).tolist() == [[0.375, 0.75], [0.75, 0.75], [0.375, 0.75], [1.0, 0.25]]
    order = [2, 3, 1, 0]
    assert (_ranks(scores[order]) == _ranks(scores)[order]).all()
