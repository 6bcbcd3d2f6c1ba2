"""Against numpy."""

import numpy as np

from jaccardio.measurement.curves import slopes, straight_line


def test_slopes() -> None:
    values = np.random.default_rng(0).normal(0, 1, (2, 3, 50))
    for leads in (values, values.astype(np.float32)):
        np.testing.assert_array_equal(slopes(leads), np.gradient(leads, axis=-1))


def test_straight_line() -> None:
    first, last = np.array([[1.0], [2.0]]), np.array([[3.0], [-0.5]])
    np.testing.assert_allclose(straight_line(first, last, 7), np.linspace(first[:, 0], last[:, 0], 7, axis=1), rtol=1e-12)
