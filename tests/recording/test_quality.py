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
    checked, mask, flags = check_signal(signal.copy(), ALL, 100.0, "r")
    assert np.array_equal(checked, signal)
    assert mask.all()
    assert flags == ()


def test_flat_lead_is_masked_and_a_limb_lead_derived_again(signal: NDArray[np.float32]) -> None:
    original = signal.copy()
    signal[9] = 1.25
    signal[2] = -0.3
    signal[2, ::2] += 0.001
    checked, mask, flags = check_signal(signal, ALL, 100.0, "r")
    assert flags == ("flat:III", "flat:V4", "derived:III")
    assert not mask[9]
    assert not checked[9].any()
    np.testing.assert_allclose(checked[2], original[1] - original[0], atol=1e-6)


def test_short_gap_is_bridged_and_a_long_one_masked(signal: NDArray[np.float32]) -> None:
    signal[7, 100:103] = np.nan
    signal[8, :101] = np.nan
    before, after = float(signal[7, 99]), float(signal[7, 103])
    checked, mask, flags = check_signal(signal, ALL, 100.0, "r")
    assert flags == ("nan-filled:V2", "nan:V3")
    np.testing.assert_allclose(checked[7, 100:103], before + (after - before) * np.array([1, 2, 3]) / 4, rtol=1e-5)
    assert np.flatnonzero(~mask).tolist() == [8]
    assert not checked[8].any()


def test_absent_leads(signal: NDArray[np.float32]) -> None:
    present = np.zeros(12, dtype=np.bool_)
    present[[0, 1, 6]] = True
    signal[~present] = np.nan
    checked, mask, flags = check_signal(signal, present, 100.0, "r")
    assert np.flatnonzero(mask).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert np.isfinite(checked).all()
    assert flags == ("derived:III", "derived:aVR", "derived:aVL", "derived:aVF", *(f"missing:V{n}" for n in range(2, 7)))
    _, mask, flags = check_signal(signal, present & (np.arange(12) != 1), 100.0, "r")
    assert np.flatnonzero(mask).tolist() == [0, 6], "nothing follows from lead I alone"


@pytest.mark.parametrize(
    ("factor", "field"),
    [(1000.0, "amplitude of lead V6"), (1e-3, "amplitude"), (0.0, "leads"), (np.nan, "samples")],
)
def test_refused(signal: NDArray[np.float32], factor: float, field: str) -> None:
    with pytest.raises(ReadError) as caught:
        check_signal(signal * np.float32(factor), ALL, 100.0, "r")
    assert (caught.value.record, caught.value.field) == ("r", field)
    assert caught.value.remedy


def test_large_peaks_and_offsets_are_no_wrong_unit(signal: NDArray[np.float32]) -> None:
    signal[3, 500] += 60
    signal[6] += 200
    assert check_signal(signal, ALL, 100.0, "r")[2] == ()


def test_one_lead_in_another_unit_is_refused(signal: NDArray[np.float32]) -> None:
    signal[7] *= 1000
    with pytest.raises(ReadError, match="lead V2"):
        check_signal(signal, ALL, 100.0, "r")


@pytest.mark.parametrize("dead", [0.0, np.nan, 1.7])
def test_what_comes_before_the_electrodes_is_cut_off(signal: NDArray[np.float32], dead: float) -> None:
    late = np.concatenate([np.full((12, 1200), dead, np.float32), signal], axis=1)
    checked, mask, flags = check_signal(late, ALL, 100.0, "r")
    assert flags in (("trimmed: 12.0 s",), ("trimmed: 12.1 s",))
    assert mask.all()
    assert np.array_equal(checked[:, -990:], signal[:, -990:])
    checked, _, flags = check_signal(late[:, ::-1].copy(), ALL, 100.0, "r")
    assert flags in (("trimmed: 12.0 s",), ("trimmed: 12.1 s",))
    assert np.array_equal(checked[:, :990], signal[:, ::-1][:, :990])


def test_the_stretch_with_the_most_signal_is_kept(signal: NDArray[np.float32]) -> None:
    long = np.tile(signal, 3)
    chest_late = long.copy()
    chest_late[6:, :1200] = 0
    checked, mask, flags = check_signal(chest_late, ALL, 100.0, "r")
    assert mask.all(), "18 s with twelve leads are a whole ECG"
    assert 1780 <= checked.shape[1] <= 1800
    assert flags[0].startswith("trimmed: 12.")
    one_late = long.copy()
    one_late[11, :2500] = 0
    checked, mask, flags = check_signal(one_late, ALL, 100.0, "r")
    assert flags == ("flat:V6",), "30 s with eleven leads are worth more than 5 s with twelve"
    assert checked.shape == (12, 3000)
    assert not mask[11]
    assert not checked[11].any()


@pytest.mark.parametrize("dead", [0.0, np.nan, 1.7])
@pytest.mark.parametrize("leads", [slice(None), slice(6, 12), slice(0, 1)])
def test_a_gap_in_the_middle_is_no_signal(signal: NDArray[np.float32], dead: float, leads: slice) -> None:
    long = np.tile(signal, 3)
    long[leads, 1000:2000] = dead
    checked, mask, flags = check_signal(long, ALL, 100.0, "r")
    assert flags[0].startswith("trimmed: 20."), "10 s with all leads are a whole ECG; their gap is not bridged, nor taken for signal"
    assert mask.all()
    assert np.array_equal(checked[:, :990], signal[:, :990])
    short = signal.copy()
    short[0, 200:800] = dead
    _, mask, flags = check_signal(short, ALL, 100.0, "r")
    assert flags == ("nan:I" if np.isnan(dead) else "flat:I", "derived:I"), "10 s with eleven leads are worth more than 2 s with twelve"


@pytest.mark.parametrize("padding", [0.0, np.nan])
def test_padding_in_all_leads_is_cut_off(signal: NDArray[np.float32], padding: float) -> None:
    padded = np.full((12, 1000), padding, np.float32)
    padded[:, 162:838] = signal[:, 162:838]  # as CODE-15% pads 7 s
    checked, mask, flags = check_signal(padded, ALL, 100.0, "r")
    assert (mask.all(), flags) == (True, ("trimmed: 3.2 s",))
    assert np.array_equal(checked, signal[:, 162:838])


def test_a_lead_that_was_recorded_for_a_part_only_is_masked_beside_one_recorded_throughout(signal: NDArray[np.float32]) -> None:
    printed = np.full((12, 1000), np.nan, np.float32)
    for column in range(4):  # the paper form: 2.5 s of three leads at a time, and the whole of II
        stretch = slice(250 * column, 250 * (column + 1))
        printed[3 * column : 3 * column + 3, stretch] = signal[3 * column : 3 * column + 3, stretch]
    printed[1] = signal[1]
    checked, mask, flags = check_signal(printed, ALL, 100.0, "r")
    assert np.flatnonzero(mask).tolist() == [1]
    assert np.array_equal(checked[1], signal[1])
    assert flags[0] == "nan:I"


def test_a_quiet_beginning_shorter_than_two_seconds_stays(signal: NDArray[np.float32]) -> None:
    signal[:, :190] = signal[:, 190:191]
    signal[1, :190:2] += 0.001
    checked, _, flags = check_signal(signal, ALL, 100.0, "r")
    assert (checked.shape, flags) == ((12, 1000), ())
