import numpy as np
import pytest

from jaccardio.recording.recording import Recording

SIGNAL = np.ones((12, 200), dtype=np.float32)
MASK = np.ones(12, dtype=np.bool_)


def test_sound_recording() -> None:
    assert Recording(SIGNAL, 100.0, MASK, "a").seconds == 2.0


@pytest.mark.parametrize(
    ("signal", "rate", "mask", "words"),
    [
        (SIGNAL.astype(np.float64), 100.0, MASK, "float32"),
        (SIGNAL[:8], 100.0, MASK, "shape"),
        (SIGNAL[:, :0], 100.0, MASK, "shape"),
        (SIGNAL, 0.0, MASK, "sampling_rate"),
        (SIGNAL, float("nan"), MASK, "sampling_rate"),
        (SIGNAL, 10_001.0, MASK, "sampling_rate"),
        (SIGNAL * np.float32(np.nan), 100.0, MASK, "finite"),
        (SIGNAL, 100.0, MASK[:8], "lead_mask"),
        (SIGNAL, 100.0, MASK.astype(np.int8), "lead_mask"),
        (SIGNAL * 0, 100.0, ~MASK, "usable lead"),
        (SIGNAL, 100.0, np.arange(12) != 3, "zero"),
    ],
)
def test_refused(signal: np.ndarray, rate: float, mask: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recording(signal, rate, mask, "a")
