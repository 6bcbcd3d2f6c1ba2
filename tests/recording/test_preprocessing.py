"""The signal contract: rate, window and amplitude."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

from jaccardio.errors import ReadError
from jaccardio.recording.preprocessing import Prepared, SignalContract, dequantise, quantise
from jaccardio.recording.recording import Recording


def sine(rate: float, seconds: float, hertz: float = 5.0, offset: float = 0.0) -> Recording:
    time = np.arange(round(rate * seconds)) / rate
    signal = np.tile(np.sin(2 * np.pi * hertz * time) + offset, (12, 1)).astype(np.float32)
    mask = np.ones(12, dtype=np.bool_)
    mask[8], signal[8] = False, 0
    return Recording(signal, rate, mask, "sine")


def millivolt(prepared: Prepared, window: int = 0) -> NDArray[np.float32]:
    return dequantise(prepared.counts)[window]


@pytest.mark.parametrize("rate", [100, 128, 250, 257, 360, 400, 500, 999.56, 1000])
@pytest.mark.parametrize("target", [100.0, 500.0])
def test_resampling_keeps_shape_and_amplitude(rate: float, target: float) -> None:
    prepared = SignalContract(target, 10.0).apply(sine(rate, 10))
    window = millivolt(prepared)
    assert window.shape == (12, round(10 * target))
    truth = np.sin(2 * np.pi * 5 * np.arange(window.shape[1]) / target)
    inside = slice(round(0.3 * target), -round(0.3 * target))
    assert np.abs(window[0] - truth)[inside].max() < 0.01
    assert not window[8].any()
    assert not prepared.lead_mask[8]
    assert prepared.flags == ()


@pytest.mark.parametrize("offset", [0.0, 1.0, -40.0, 100.0])
def test_a_constant_offset_of_any_size_changes_nothing(offset: float) -> None:
    prepared = SignalContract(100.0, 10.0).apply(sine(100, 10, hertz=1.3, offset=offset))
    np.testing.assert_allclose(millivolt(prepared)[0], np.sin(2 * np.pi * 1.3 * np.arange(1000) / 100), atol=0.02)
    assert prepared.flags == ()


def test_counts_that_do_not_fit_are_flagged() -> None:
    recording = sine(100, 10)
    signal = recording.signal.copy()
    signal[7] *= 40
    signal[9, 500] = 60
    flags = SignalContract(100.0).apply(Recording(signal, 100.0, recording.lead_mask, "r")).flags
    assert flags == ("clipped:V2", "clipped:V4")


def test_a_lead_that_no_longer_moves_in_counts_is_masked() -> None:
    recording = sine(100, 10)
    signal = recording.signal.copy()
    signal[7] = 50 + np.float32(0.002) * recording.signal[7]
    prepared = SignalContract(100.0).apply(Recording(signal, 100.0, recording.lead_mask, "r"))
    assert prepared.flags == ("flat:V2",)
    assert not prepared.lead_mask[7]
    assert not prepared.counts[:, 7].any()
    with pytest.raises(ReadError, match="every lead is flat"):
        SignalContract(100.0).apply(Recording(signal * np.float32(1e-4), 100.0, recording.lead_mask, "r"))


def test_a_short_recording_says_what_was_recorded() -> None:
    prepared = SignalContract(100.0, 10.0).apply(sine(500, 4.2, offset=1.5))
    assert (prepared.recorded, prepared.flags) == (420, ("short: 4.2 s",))
    assert prepared.counts[0, 0, 410:420].any()
    assert not prepared.counts[:, :, 420:].any()


@pytest.mark.parametrize(
    ("seconds", "starts", "flag"),
    [
        (10.04, [0], None),
        (10.5, [0, 50], "long: 10.5 s in 2 windows"),
        (11.9, [0, 190], "long: 11.9 s in 2 windows"),
        (12.0, [0, 200], "long: 12.0 s in 2 windows"),
        (25.0, [0, 750, 1500], "long: 25.0 s in 3 windows"),
        (61.0, [0, 850, 1700, 2550, 3400, 4250, 5100], "long: 61.0 s in 7 windows"),
    ],
)
def test_a_long_recording_is_kept_from_end_to_end(seconds: float, starts: list[int], flag: str | None) -> None:
    recording = sine(100, seconds, hertz=0.37)
    prepared = SignalContract(100.0, 10.0).apply(recording)
    assert prepared.flags == (() if flag is None else (flag,))
    assert prepared.recorded == 1000
    assert len(prepared.counts) == len(starts)
    for window, start in enumerate(starts):
        piece = recording.signal[0, start : start + 1000]
        np.testing.assert_allclose(millivolt(prepared, window)[0], piece - np.median(piece), atol=0.0006)


def test_a_lead_that_is_off_in_one_window_counts_as_not_recorded() -> None:
    recording = sine(100, 40)
    signal = recording.signal.copy()
    signal[10, 1000:2500] = 0
    prepared = SignalContract(100.0, 10.0).apply(Recording(signal, 100.0, recording.lead_mask, "r"))
    assert prepared.flags == ("long: 40.0 s in 4 windows", "flat:V5")
    assert not prepared.lead_mask[10]
    assert not prepared.counts[:, 10].any()


@pytest.mark.parametrize(("rate", "target"), [(100.0, 500.0), (1000.0, 500.0), (400.0, 500.0)])
def test_a_window_equals_resampling_and_cutting(rate: float, target: float) -> None:
    recording = sine(rate, 60, hertz=7.3)
    whole = resample_poly(recording.signal, int(target), int(rate), axis=1, padtype="edge")[:, : int(10 * target)]
    window = millivolt(SignalContract(target, 10.0).apply(recording))
    np.testing.assert_allclose(window, whole - np.median(whole, axis=1, keepdims=True), atol=6e-4)


@pytest.mark.parametrize(("rate", "seconds", "field"), [(100, 1.99, "length"), (49, 10, "sampling rate"), (0.01, 10_000, "sampling rate")])
def test_refused(rate: float, seconds: float, field: str) -> None:
    with pytest.raises(ReadError) as caught:
        SignalContract().apply(sine(rate, seconds))
    assert (caught.value.record, caught.value.field) == ("sine", field)


def test_quantise() -> None:
    signal = np.array([[0.0, 0.0004, 0.0006, -1.2345, 40.0, -40.0, 32.767]], dtype=np.float32)
    counts = quantise(signal)
    assert counts.dtype == np.int16
    assert counts.tolist() == [[0, 0, 1, -1234, 32767, -32767, 32767]]
    every = np.arange(-32767, 32768, dtype=np.int16)
    assert dequantise(every).dtype == np.float32
    assert np.array_equal(quantise(dequantise(every)), every)


def test_contract_travels_as_json() -> None:
    contract = SignalContract(100.0, 8.0)
    assert contract.samples == 800
    assert SignalContract.from_dict(contract.to_dict()) == contract
    with pytest.raises(TypeError):
        SignalContract.from_dict({"sampling_rate": 100.0, "seconds": 10.0, "filter": "notch"})
