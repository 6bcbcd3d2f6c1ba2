"""What is usual: shares against plain loops, distances against geometry that can be told by hand."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.reference import AXES, Reference, fit_reference

DIMENSIONS = 8


def in_a_plane(n: int, noise: float, seed: int = 0) -> NDArray[np.float32]:
    """Embeddings (n, 8) of which the first four dimensions hold nearly all."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, DIMENSIONS)) * np.where(np.arange(DIMENSIONS) < 4, 1, noise)).astype(np.float32)


def fitted(embeddings: NDArray[np.float32]) -> Reference:
    n = len(embeddings)
    called = {"global": np.arange(n)[:, None] % np.array([2, 3, 1]) == 0}
    judged = np.stack([np.ones(n, np.bool_), np.arange(n) % 2 == 0, np.zeros(n, np.bool_)], axis=1)
    flags = [("short: 5.0 s", "flat:V1", "flat:V2") if row % 4 == 0 else () for row in range(n)]
    return fit_reference(embeddings, called, judged, flags)


def test_shares_of_calls_and_flags() -> None:
    reference = fitted(in_a_plane(12, 0.1))
    assert (reference.ecgs, reference.flags) == (12, {"flat": 0.25, "short": 0.25})
    np.testing.assert_allclose(reference.present["global"], [0.5, 2 / 6, np.nan])  # rows 0, 6 of 0, 2, ... 10


def test_a_distance_is_that_from_the_usual_space_in_medians() -> None:
    usual = in_a_plane(400, 0.1)
    reference = fitted(usual)
    distances = np.array([reference.distance(one) for one in usual[1::2]])
    assert np.median(distances) == pytest.approx(1)
    assert (distances > reference.far).mean() == pytest.approx(0.05, abs=0.01)
    inside, outside = np.eye(DIMENSIONS)[[0, 7]]
    assert reference.distance(inside) < 0.5
    assert reference.distance(outside) * reference.median == pytest.approx(1, abs=0.01), "a right angle"
    assert reference.distance(5 * usual[1]) == pytest.approx(reference.distance(usual[1])), "length counts for nothing"
    later = np.array([reference.distance(one) for one in in_a_plane(400, 0.1, seed=1)])
    drifted = np.array([reference.distance(one) for one in in_a_plane(400, 0.2, seed=1)])
    assert (later > reference.far).mean() < 0.1
    assert (drifted > reference.far).mean() > 0.3


def test_the_ecgs_that_made_the_axes_do_not_say_how_far_is_usual() -> None:
    random = np.random.default_rng(0).standard_normal((60, 100))
    reference = fitted(random)  # 30 axes through 30 of them
    assert reference.axes.shape == (30, 100)
    assert reference.distance(random[0]) == pytest.approx(0, abs=1e-6)
    assert reference.distance(random[1]) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_ecgs_make_a_reference(n: int) -> None:
    reference = fitted(in_a_plane(n, 1.0))
    assert np.isfinite([reference.median, reference.far, reference.distance(np.ones(DIMENSIONS))]).all()


def test_it_survives_json_and_is_small() -> None:
    reference = fitted(np.random.default_rng(0).standard_normal((200, 384)))
    text = json.dumps(reference.to_dict(), allow_nan=False)
    assert len(text) < 20 * AXES * 384
    kept = Reference.from_dict(json.loads(text))
    one = np.random.default_rng(1).standard_normal(384)
    assert kept.distance(one) == pytest.approx(reference.distance(one), rel=1e-4)
    np.testing.assert_array_equal(kept.present["global"], reference.present["global"])
    assert (kept.ecgs, kept.flags, kept.median, kept.far) == (reference.ecgs, reference.flags, reference.median, reference.far)


def test_another_form_is_refused() -> None:
    document = fitted(in_a_plane(12, 0.1)).to_dict()
    for damaged in (
        {},
        document | {"surprise": 1},
        {key: value for key, value in document.items() if key != "axes"},
        document | {"axes": [[1.0, 0.0], [1.0]]},
        document | {"present": {"fixed": [0.1], "global": [0.1, 0.2]}},
    ):
        with pytest.raises(DataError, match="reference"):
            Reference.from_dict(damaged)
