"""WFDB storage formats: from the bytes of a signal file to counts.

Definitions: https://physionet.org/physiotools/wag/signal-5.htm. Package `wfdb` is the oracle of the tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int16] | NDArray[np.int32] | NDArray[np.int64]


@dataclass(frozen=True)
class StorageFormat:
    """How samples stand in a file, one after the other.

    Attributes
    ----------
    bits
        Of one sample.
    sizes
        Bytes that hold the first sample, the first two, ... of a group that is packed together.
    decode
        From the bytes of whole samples to counts; of a group that is not whole, the samples that it lacks may be returned too.
    differences
        Whether a number is what a sample adds to the one before it, of the same signal; the first adds to the header's initial value.
    """

    bits: int
    sizes: tuple[int, ...]
    decode: Callable[[bytes], Counts]
    differences: bool = False

    @property
    def no_sample(self) -> int | None:
        """The count that means "no sample": the lowest; none where differences are stored."""
        return None if self.differences else -(1 << (self.bits - 1))

    def bytes_of(self, samples: int) -> int:
        """Bytes that hold a number of samples."""
        groups, rest = divmod(samples, len(self.sizes))
        return groups * self.sizes[-1] + (0, *self.sizes)[rest]


def _decode_24(data: bytes) -> Counts:
    words = np.zeros((len(data) // 3, 4), dtype=np.uint8)
    words[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
    return words.view("<i4").ravel() >> 8  # the shift of a signed number keeps its sign


def _decode_212(data: bytes) -> Counts:
    """Two samples in three bytes; an odd last one stands in two."""
    triples = np.frombuffer(data + bytes(-len(data) % 3), dtype=np.uint8).reshape(-1, 3).astype(np.int16)
    pairs = np.stack([triples[:, 0] | (triples[:, 1] & 0x0F) << 8, triples[:, 2] | (triples[:, 1] & 0xF0) << 4], axis=1)
    return (pairs.ravel() << 4) >> 4


def _decode_310(data: bytes) -> Counts:
    """Three samples in two words: one behind the lowest bit of each; the low and the high half of the third in the bits left above."""
    one, two = np.frombuffer(data + bytes(-len(data) % 4), dtype="<i2").reshape(-1, 2).T
    return np.stack([(one << 5) >> 6, (two << 5) >> 6, two >> 11 << 5 | one >> 11 & 0x1F], axis=1).ravel()


def _decode_311(data: bytes) -> Counts:
    """Three samples in a word, the first in the lowest bits; the highest two are unused."""
    words = np.frombuffer(data + bytes(-len(data) % 4), dtype="<i4").reshape(-1, 1)
    return (words << np.array([22, 12, 2], dtype=np.int32)).ravel() >> 22


FORMATS: Mapping[int, StorageFormat] = {
    8: StorageFormat(8, (1,), lambda data: np.frombuffer(data, dtype=np.int8).astype(np.int16), differences=True),
    16: StorageFormat(16, (2,), lambda data: np.frombuffer(data, dtype="<i2")),
    24: StorageFormat(24, (3,), _decode_24),
    32: StorageFormat(32, (4,), lambda data: np.frombuffer(data, dtype="<i4")),
    61: StorageFormat(16, (2,), lambda data: np.frombuffer(data, dtype=">i2")),
    80: StorageFormat(8, (1,), lambda data: np.frombuffer(data, dtype=np.uint8).astype(np.int16) - np.int16(2**7)),
    160: StorageFormat(16, (2,), lambda data: np.frombuffer(data, dtype="<u2").astype(np.int32) - np.int32(2**15)),
    212: StorageFormat(12, (2, 3), _decode_212),
    310: StorageFormat(10, (2, 4, 4), _decode_310),
    311: StorageFormat(10, (2, 3, 4), _decode_311),
}
"""By the number that stands in headers."""
