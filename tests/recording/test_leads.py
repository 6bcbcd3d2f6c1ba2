import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.recording.leads import INDEPENDENT_LEADS, LEADS, derive_limb_leads, lead_row


def test_names() -> None:
    assert len(set(LEADS)) == 12
    assert set(INDEPENDENT_LEADS) < set(LEADS)
    for row, lead in enumerate(LEADS):
        assert {lead_row(lead), lead_row(lead.upper()), lead_row(f" {lead.lower()} ")} == {row}


@pytest.mark.parametrize("name", ["vx", "MLII", "V7", "V3R", "resp", "", "IIII"])
def test_other_signals(name: str) -> None:
    assert lead_row(name) is None


def test_derived_leads_obey_einthoven_and_goldberger(counts: NDArray[np.int16]) -> None:
    signal = counts.astype(np.float32)
    present = np.ones(12, dtype=np.bool_)
    present[[2, 4]] = False
    damaged = np.where(present[:, np.newaxis], signal, np.float32(0))
    completed, mask, derived = derive_limb_leads(damaged, present)
    assert derived == ("III", "aVL")
    assert mask.all()
    np.testing.assert_allclose(completed, signal, atol=1)
    assert not damaged[2].any(), "the input is left alone"


@pytest.mark.parametrize("absent", [0, 1])
def test_nothing_is_derived_without_both_leads(counts: NDArray[np.int16], absent: int) -> None:
    present = np.ones(12, dtype=np.bool_)
    present[[absent, 3]] = False
    _, mask, derived = derive_limb_leads(counts.astype(np.float32), present)
    assert derived == ()
    assert np.flatnonzero(~mask).tolist() == [absent, 3]
