"""Which leads training ECGs keep."""

import numpy as np
import pytest

from jaccardio.cohort.lead_masking import draw_kept_leads

KEPT = draw_kept_leads(20_000, 0.25, np.random.default_rng(0))


def test_the_share_of_ecgs_that_lose_leads() -> None:
    assert (~KEPT.all(axis=1)).mean() == pytest.approx(0.25, abs=0.01)
    assert KEPT.any(axis=1).all()
    assert draw_kept_leads(50, 0.0, np.random.default_rng(0)).all()
    assert not draw_kept_leads(50, 1.0, np.random.default_rng(0)).all(axis=1).any()


def test_the_sets_that_devices_record_are_frequent() -> None:
    partial = KEPT[~KEPT.all(axis=1)]
    limb, chest = partial[:, :6].sum(axis=1), partial[:, 6:].sum(axis=1)
    assert ((limb == 6) & (chest == 0)).mean() > 0.15
    assert ((limb == 0) & (chest == 6)).mean() > 0.02
    single = partial[partial.sum(axis=1) == 1]
    assert single.any(axis=0).all(), "every lead occurs alone"


def test_limb_leads_that_follow_from_others_are_never_missing_beside_them() -> None:
    limb = KEPT[:, :6].sum(axis=1)
    assert set(limb.tolist()) == {0, 1, 6}
