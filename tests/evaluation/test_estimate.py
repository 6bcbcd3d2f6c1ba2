import json

import numpy as np
import pytest

from jaccardio.evaluation.estimate import NAN, Estimate, jsonable


def test_the_spread_over_seeds_is_that_of_the_defined_ones() -> None:
    assert Estimate(0.3, per_seed=(0.1, NAN, 0.2, 0.6)).sd == pytest.approx(np.sqrt((0.2**2 + 0.1**2 + 0.3**2) / 2))
    assert np.isnan(Estimate(0.1, per_seed=(0.1, NAN)).sd)
    assert np.isnan(Estimate(0.1).sd)


@pytest.mark.parametrize("estimate", [Estimate(0.5, 0.4, 0.6, (0.45, 0.55)), Estimate(0.5), Estimate(0.25, 0.1, 0.3)])
def test_json_and_back(estimate: Estimate) -> None:
    document = json.loads(json.dumps(jsonable({"metric": estimate, "list": [estimate], "nan": NAN}), allow_nan=False))
    found = Estimate.from_dict(document["metric"])
    assert jsonable(found) == document["metric"] == document["list"][0]
    assert (found.value, found.per_seed) == (estimate.value, estimate.per_seed)
    assert document["nan"] is None


def test_what_is_undefined_is_null() -> None:
    assert Estimate(NAN, per_seed=(NAN, 0.5)).to_dict() == {"value": None, "low": None, "high": None, "per_seed": [None, 0.5]}
    assert not Estimate(NAN).defined
    assert not Estimate(0.5).has_interval
