"""Windows of several ECGs side by side."""

import numpy as np
import pytest

from jaccardio.errors import DataError
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows


@pytest.fixture
def windows() -> Windows:
    """ECGs of 10, 25 and 4 s; the second lacks V1. Random numbers, no ECGs."""
    random, contract, prepared = np.random.default_rng(0), SignalContract(100.0), []
    for ecg, samples in enumerate((1000, 2500, 400)):
        mask = np.arange(12) != (6 if ecg == 1 else -1)
        prepared.append(contract.apply(Recording((random.normal(size=(12, samples)) * mask[:, None]).astype(np.float32), 100.0, mask, "r")))
    return Windows.of(prepared)


def test_windows_know_their_ecg_and_what_was_recorded(windows: Windows) -> None:
    assert len(windows) == 3
    assert windows.signal.shape == (5, 12, 1000)
    assert windows.ecg.tolist() == [0, 1, 1, 1, 2]
    assert windows.recorded.tolist() == [1000, 1000, 1000, 1000, 400]
    assert windows.lead_mask[:, 6].tolist() == [True, False, True]


def test_a_stretch_keeps_count_of_what_was_recorded(windows: Windows) -> None:
    cut = windows.cut(100, 500)
    assert cut.recorded.tolist() == [500, 500, 500, 500, 300]
    assert np.array_equal(cut.signal, windows.signal[:, :, 100:600])
    with pytest.raises(DataError, match="1 windows"):
        windows.cut(400, 300)


def test_leads_can_be_taken_away(windows: Windows) -> None:
    without = windows.without_leads(np.arange(6, 12))
    assert not without.signal[:, 6:].any()
    assert np.array_equal(without.signal[:, :6], windows.signal[:, :6])
    assert not without.lead_mask[:, 6:].any()
    assert windows.signal[:, 6:].any()
