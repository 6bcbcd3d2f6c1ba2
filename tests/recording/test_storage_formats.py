"""Bytes written by hand against the definitions, extremes included; the oracle `wfdb` reads whole records in test_wfdb_signal."""

import numpy as np
import pytest

from jaccardio.recording.readers.storage_formats import FORMATS


@pytest.mark.parametrize(
    ("number", "data", "counts"),
    [
        (8, "ff 7f 80 01", [-1, 127, -128, 1]),
        (16, "ff7f 0080 0100", [32767, -32768, 1]),
        (24, "ffff7f 000080 ffffff 010000", [8388607, -8388608, -1, 1]),
        (32, "ffffff7f 00000080 01000000", [2147483647, -2147483648, 1]),
        (61, "7fff 8000 0001", [32767, -32768, 1]),
        (80, "ff 00 80 81", [127, -128, 0, 1]),
        (160, "ffff 0000 0080 0180", [32767, -32768, 0, 1]),
        (212, "ff7700 008800 ff0f00", [2047, 1792, -2048, -2048, -1, 0]),
        (212, "0180 02", [1, -2046]),
        (212, "ff0f", [-1, 0]),
        (310, "fefb00fc 0308fe0f 010f0008", [511, -512, -1, 1, -1, 33, -128, 0, 33]),
        (310, "0200", [1, 0, 0]),
        (311, "ff01f8ff 0108d03f", [511, -512, -1, 1, 2, -3]),
        (311, "010800", [1, 2, 0]),
    ],
)
def test_decoded(number: int, data: str, counts: list[int]) -> None:
    storage = FORMATS[number]
    assert storage.decode(bytes.fromhex(data)).tolist() == counts
    assert storage.no_sample == (None if number == 8 else min(-(2 ** (storage.bits - 1)), *counts))


SIZES = {
    8: [0, 1, 2, 3, 4, 5, 6],
    16: [0, 2, 4, 6, 8, 10, 12],
    24: [0, 3, 6, 9, 12, 15, 18],
    32: [0, 4, 8, 12, 16, 20, 24],
    61: [0, 2, 4, 6, 8, 10, 12],
    80: [0, 1, 2, 3, 4, 5, 6],
    160: [0, 2, 4, 6, 8, 10, 12],
    212: [0, 2, 3, 5, 6, 8, 9],
    310: [0, 2, 4, 4, 6, 8, 8],
    311: [0, 2, 3, 4, 6, 7, 8],
}


@pytest.mark.parametrize("number", FORMATS)
def test_bytes_of_so_many_samples(number: int) -> None:
    assert [FORMATS[number].bytes_of(samples) for samples in range(7)] == SIZES[number]
    assert FORMATS[number].bytes_of(6 * 10**15) == SIZES[number][6] * 10**15


@pytest.mark.parametrize("number", FORMATS)
def test_every_count_survives(number: int) -> None:
    """Random bytes decode to counts in range, evenly spread."""
    storage = FORMATS[number]
    counts = storage.decode(np.random.default_rng(0).bytes(24_000))
    limit = 2 ** (storage.bits - 1)
    assert -limit <= counts.min() < -0.9 * limit
    assert 0.9 * limit < counts.max() < limit
