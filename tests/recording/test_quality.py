"""What the quality check masks, bridges, derives and refuses."""

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.quality import check_signal

ALL = np.ones(12, dtype=np.bool_)


@pytest.fixture
def signal(counts: NDArray[np.int16]) -> NDArray[np.float32]:
    return counts.astype(np.float32) / 1000


def test_sound_signal_passes_unchanged(signal: NDArray[np.float32]) -> None:
    checked, mask, flags = check_signal(signal.copy(), ALL, "r")
    assert np.array_equal(checked, signal)
    assert mask.all()
    assert flags == ()


def test_flat_lead_is_masked_and_a_limb_lead_derived_again(signal: NDArray[np.float32]) -> None:
    original = signal.copy()
    signal[9] = 1.25
    signal[2] = -0.3
    signal[2, ::2] += 0.001
    checked, mask, flags = check_signal(signal, ALL, "r")
    assert flags == ("flat:III", "flat:V4", "derived:III")
    assert not mask[9]
    assert not checked[9].any()
    np.testing.assert_allclose(checked[2], original[1] - original[0], atol=1e-6)


def test_short_gap_is_bridged_and_a_long_one_masked(signal: NDArray[np.float32]) -> None:
    signal[7, 100:103] = np.nan
    signal[8, :101] = np.nan
    before, after = float(signal[7, 99]), float(signal[7, 103])
    checked, mask, flags = check_signal(signal, ALL, "r")
    assert flags == ("nan-filled:V2", "nan:V3")
    np.testing.assert_allclose(checked[7, 100:103], before + (after - before) * np.array([1, 2, 3]) / 4, rtol=1e-5)
    assert np.flatnonzero(~mask).tolist() == [8]
    assert not checked[8].any()


def test_absent_leads(signal: NDArray[np.float32]) -> None:
    present = np.zeros(12, dtype=np.bool_)
    present[[0, 1, 6]] = True
    signal[~present] = np.nan
    checked, mask, flags = check_signal(signal, present, "r")
    assert np.flatnonzero(mask).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert np.isfinite(checked).all()
    assert flags == ("derived:III", "derived:aVR", "derived:aVL", "derived:aVF", *(f"missing:V{n}" for n in range(2, 7)))
    _, mask, flags = check_signal(signal, present & (np.arange(12) != 1), "r")
    assert np.flatnonzero(mask).tolist() == [0, 6], "nothing follows from lead I alone"


@pytest.mark.parametrize(
    ("factor", "field"),
    [(1000.0, "amplitude of lead V6"), (1e-3, "amplitude"), (0.0, "leads"), (np.nan, "samples")],
)
def test_refused(signal: NDArray[np.float32], factor: float, field: str) -> None:
    with pytest.raises(ReadError) as caught:
        check_signal(signal * np.float32(factor), ALL, "r")
    assert (caught.value.record, caught.value.field) == ("r", field)
    assert caught.value.remedy


def test_large_peaks_and_offsets_are_no_wrong_unit(signal: NDArray[np.float32]) -> None:
    signal[3, 500] += 60
    signal[6] += 200
    assert check_signal(signal, ALL, "r")[2] == ()


def test_one_lead_in_another_unit_is_refused(signal: NDArray[np.float32]) -> None:
    signal[7] *= 1000
    with pytest.raises(ReadError, match="lead V2"):
        check_signal(signal, ALL, "r")
