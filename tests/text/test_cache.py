"""Each distinct sentence is embedded once, on this machine, for this encoder."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.text.cache import CachedEncoder
from jaccardio.text.random import RandomVectors


class CountingEncoder(RandomVectors):
    """Random vectors that count how many sentences they were asked for."""

    centred = False

    def __init__(self, dimension: int = 8) -> None:
        super().__init__(dimension)
        self.asked: list[str] = []

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        self.asked += sentences
        return super().encode(sentences)


@pytest.mark.parametrize("on_disk", [False, True])
def test_each_distinct_sentence_reaches_the_encoder_once(tmp_path: Path, on_disk: bool) -> None:
    encoder = CountingEncoder()
    cached = CachedEncoder(encoder, tmp_path if on_disk else None)
    first = cached.encode(["a", "b", "a"])
    assert np.array_equal(first, encoder.encode(["a", "b", "a"]))
    encoder.asked.clear()
    assert np.array_equal(cached.encode(["c", "b"])[1], first[1])
    assert encoder.asked == ["c"]
    assert cached.encode([]).shape == (0, 8)
    assert (cached.name, cached.dimension, cached.fingerprint) == (encoder.name, encoder.dimension, encoder.fingerprint)


def test_the_next_process_embeds_nothing_again(tmp_path: Path) -> None:
    first = CachedEncoder(CountingEncoder(), tmp_path).encode(["心房細動", "b"])
    encoder = CountingEncoder()
    assert np.array_equal(CachedEncoder(encoder, tmp_path).encode(["b", "心房細動"]), first[::-1])
    assert encoder.asked == []


def test_another_encoder_has_another_cache(tmp_path: Path) -> None:
    CachedEncoder(CountingEncoder(8), tmp_path).encode(["a"])
    other = CountingEncoder(16)
    CachedEncoder(other, tmp_path).encode(["a"])
    assert other.asked == ["a"]


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_cache_is_computed_again(tmp_path: Path, damage: str) -> None:
    wanted = CachedEncoder(CountingEncoder(), tmp_path).encode(["a", "b"])
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes({"flip": bytes(data), "truncate": bytes(data[:-9]), "empty": b""}[damage])
    encoder = CountingEncoder()
    assert np.array_equal(CachedEncoder(encoder, tmp_path).encode(["a", "b"]), wanted)
    assert encoder.asked == ["a", "b"]


@pytest.mark.parametrize("place", ["file", "closed"])
def test_a_cache_that_cannot_be_written_is_said_once_and_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def closed(path: Path, data: bytes) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    (tmp_path / "file").write_text("no folder")
    if place == "closed":
        monkeypatch.setattr("jaccardio.text.vectors.write_atomic", closed)
    cached = CachedEncoder(CountingEncoder(), tmp_path / place)
    assert np.array_equal(cached.encode(["a"])[0], cached.encode(["b", "a"])[1])
    assert caplog.text.count("JACCARDIO_CACHE") == 1
