"""Equal waveforms have one hash, whatever is around them; different ones do not."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.recording import Recording
from jaccardio.recording.waveform import waveform_hash


def recording(signal: NDArray[np.float32], rate: float = 100.0, name: str = "a") -> Recording:
    return Recording(signal.astype(np.float32), rate, np.ones(12, dtype=np.bool_), name)


def test_hash(counts: NDArray[np.int16]) -> None:
    signal = counts.astype(np.float32) / 1000
    known = waveform_hash(recording(signal))
    assert len(known) == 32
    assert set(known) <= set("0123456789abcdef")
    derived_differently = signal.copy()
    derived_differently[2:6] += 0.003
    assert waveform_hash(recording(derived_differently, name="b")) == known
    assert waveform_hash(recording(signal + np.float32(0.0002))) == known, "below half a microvolt"
    one_sample = signal.copy()
    one_sample[11, 999] += 0.001
    others = [waveform_hash(recording(one_sample)), waveform_hash(recording(signal, 200)), waveform_hash(recording(signal[:, :-1]))]
    assert len({known, *others}) == 4


def test_hash_is_the_same_on_every_machine() -> None:
    ramp = np.tile(np.arange(500, dtype=np.float32) / 1000, (12, 1))
    assert waveform_hash(recording(ramp)) == "a5848320b3bc89713d42e8f3ce42ac33"
