"""Bytes written by hand against the definitions, extremes included; the oracle `wfdb` reads whole records in test_wfdb_signal."""

import numpy as np
import pytest

from jaccardio.recording.readers.storage_formats import FORMATS


@pytest.mark.parametrize(
    ("number", "data", "counts"),
    [
        (16, "ff7f 0080 0100", [32767, -32768, 1]),
        (24, "ffff7f 000080 ffffff 010000", [8388607, -8388608, -1, 1]),
        (32, "ffffff7f 00000080 01000000", [2147483647, -2147483648, 1]),
        (61, "7fff 8000 0001", [32767, -32768, 1]),
        (80, "ff 00 80 81", [127, -128, 0, 1]),
        (160, "ffff 0000 0080 0180", [32767, -32768, 0, 1]),
        (212, "ff7700 008800 ff0f00", [2047, 1792, -2048, -2048, -1, 0]),
        (212, "0180 02", [1, -2046]),
        (212, "ff0f", [-1, 0]),
    ],
)
def test_decoded(number: int, data: str, counts: list[int]) -> None:
    storage = FORMATS[number]
    assert storage.decode(bytes.fromhex(data)).tolist() == counts
    assert storage.bytes_of(2 * 10**15) == 10**15 * storage.bits // 4
    assert storage.no_sample == min(-(2 ** (storage.bits - 1)), *counts)


def test_an_odd_sample_of_format_212_needs_two_bytes() -> None:
    assert [FORMATS[212].bytes_of(samples) for samples in range(5)] == [0, 2, 3, 5, 6]


@pytest.mark.parametrize("number", FORMATS)
def test_every_count_survives(number: int) -> None:
    """Random bytes decode to counts in range, evenly spread."""
    storage = FORMATS[number]
    counts = storage.decode(np.random.default_rng(0).bytes(24_000))
    limit = 2 ** (storage.bits - 1)
    assert -limit <= counts.min() < -0.9 * limit
    assert 0.9 * limit < counts.max() < limit
