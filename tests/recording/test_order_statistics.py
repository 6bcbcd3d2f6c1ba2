"""Against numpy."""

import numpy as np
import pytest

from jaccardio.recording.order_statistics import medians, quantile


@pytest.mark.parametrize("samples", [1, 2, 3, 4, 499, 500])
def test_medians_are_those_of_numpy_to_the_bit(samples: int) -> None:
    for values in np.random.default_rng(samples).normal(0, 1, (5, 3, 4, samples)):
        for leads in (values, values.astype(np.float32), np.round(values)):
            found = medians(leads)
            assert found.dtype == leads.dtype
            np.testing.assert_array_equal(found, np.median(leads, axis=-1, keepdims=True))


@pytest.mark.parametrize("share", [0.0, 0.15, 0.5, 0.98])
def test_quantile(share: float) -> None:
    values = np.random.default_rng(0).normal(0, 1, 480)
    assert quantile(values, share) == pytest.approx(np.quantile(values, share), rel=1e-12)
