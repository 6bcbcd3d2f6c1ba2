"""WFDB storage formats: from the bytes of a signal file to counts.

Definitions: https://physionet.org/physiotools/wag/signal-5.htm. Package `wfdb` is the oracle of the tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int16] | NDArray[np.int32]


@dataclass(frozen=True)
class StorageFormat:
    """How samples stand in a file, one after the other.

    Attributes
    ----------
    bits
        Of one sample.
    decode
        From the bytes of whole samples to counts; format 212 may return one sample too many.
    """

    bits: int
    decode: Callable[[bytes], Counts]

    @property
    def no_sample(self) -> int:
        """The count that means "no sample": the lowest."""
        return -(1 << (self.bits - 1))

    def bytes_of(self, samples: int) -> int:
        """Bytes that hold a number of samples."""
        return -(-samples * self.bits // 8)


def _decode_24(data: bytes) -> Counts:
    words = np.zeros((len(data) // 3, 4), dtype=np.uint8)
    words[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
    return words.view("<i4").ravel() >> 8  # the shift of a signed number keeps its sign


def _decode_212(data: bytes) -> Counts:
    """Two samples in three bytes; an odd last one stands in two."""
    triples = np.frombuffer(data + bytes(-len(data) % 3), dtype=np.uint8).reshape(-1, 3).astype(np.int16)
    pairs = np.stack([triples[:, 0] | (triples[:, 1] & 0x0F) << 8, triples[:, 2] | (triples[:, 1] & 0xF0) << 4], axis=1)
    return (pairs.ravel() << 4) >> 4


FORMATS: Mapping[int, StorageFormat] = {
    16: StorageFormat(16, lambda data: np.frombuffer(data, dtype="<i2")),
    24: StorageFormat(24, _decode_24),
    32: StorageFormat(32, lambda data: np.frombuffer(data, dtype="<i4")),
    61: StorageFormat(16, lambda data: np.frombuffer(data, dtype=">i2")),
    80: StorageFormat(8, lambda data: np.frombuffer(data, dtype=np.uint8).astype(np.int16) - np.int16(2**7)),
    160: StorageFormat(16, lambda data: np.frombuffer(data, dtype="<u2").astype(np.int32) - np.int32(2**15)),
    212: StorageFormat(12, _decode_212),
}
"""By the number that stands in headers."""
