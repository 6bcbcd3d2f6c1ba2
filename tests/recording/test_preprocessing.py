"""The signal contract: rate, window and amplitude."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from jaccardio.errors import ReadError
from jaccardio.recording.preprocessing import SignalContract, dequantise, quantise
from jaccardio.recording.recording import Recording


def sine(rate: float, seconds: float, hertz: float = 5.0, offset: float = 0.0) -> Recording:
    time = np.arange(round(rate * seconds)) / rate
    signal = np.tile(np.sin(2 * np.pi * hertz * time) + offset, (12, 1)).astype(np.float32)
    mask = np.ones(12, dtype=np.bool_)
    mask[8], signal[8] = False, 0
    return Recording(signal, rate, mask, "sine")


@pytest.mark.parametrize("rate", [100, 128, 250, 257, 360, 400, 500, 999.56, 1000])
@pytest.mark.parametrize("target", [100.0, 500.0])
def test_resampling_keeps_shape_and_amplitude(rate: float, target: float) -> None:
    window = SignalContract(target, 10.0).apply(sine(rate, 12))
    assert (window.shape, window.dtype) == ((12, round(10 * target)), np.float32)
    truth = np.sin(2 * np.pi * 5 * np.arange(window.shape[1]) / target)
    inside = slice(round(0.3 * target), -round(0.3 * target))
    assert np.abs(window[0] - truth)[inside].max() < 0.01
    assert not window[8].any()


def test_equal_rate_is_untouched_and_cropped() -> None:
    recording = sine(500, 12)
    assert np.array_equal(SignalContract().apply(recording), recording.signal[:, :5000])


def test_short_recording_is_followed_by_zeros() -> None:
    window = SignalContract(100.0, 10.0).apply(sine(100, 4, offset=1.5))
    assert window[0, :400].any()
    assert not window[:, 400:].any()


@pytest.mark.parametrize(("rate", "target"), [(100.0, 500.0), (1000.0, 500.0), (400.0, 500.0)])
def test_window_of_a_long_recording_equals_resampling_all_of_it(rate: float, target: float) -> None:
    recording = sine(rate, 60, hertz=7.3)
    whole = resample_poly(recording.signal, int(target), int(rate), axis=1, padtype="edge")
    np.testing.assert_allclose(SignalContract(target, 10.0).apply(recording), whole[:, : int(10 * target)], atol=1e-6)


def test_constant_offset_does_not_ring() -> None:
    window = SignalContract(500.0, 10.0).apply(sine(100, 10, hertz=0.0, offset=3.0))
    np.testing.assert_allclose(window[0], 3.0, atol=0.01)


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
