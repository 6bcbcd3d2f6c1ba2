"""Vectors made on one machine are used on another, which has no language model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text import embed
from jaccardio.text.create import create_text_encoder
from jaccardio.text.embed import embed_sentences
from jaccardio.text.readout import Readout
from tests.text.test_cache import CountingEncoder

SENTENCES = [f"Sentence {number}." for number in range(7)]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "CHUNK", 2)


class Killed(CountingEncoder):
    """Ends when it was asked for three sentences."""

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        if len(self.asked) + len(sentences) > 3:
            raise KeyboardInterrupt
        return super().encode(sentences)


def test_the_file_serves_as_the_encoder_that_wrote_it(tmp_path: Path, vocabulary: Vocabulary) -> None:
    encoder, seen = CountingEncoder(), []
    held = embed_sentences(
        encoder, [*SENTENCES, SENTENCES[0]], tmp_path / "v.safetensors", lambda done, total, text="": seen.append((done, total))
    )
    assert held == (7, 7)
    assert seen == [(2, 7), (4, 7), (6, 7), (7, 7)]
    stored = create_text_encoder(str(tmp_path / "v.safetensors"), vocabulary)
    assert (stored.fingerprint, stored.dimension) == (encoder.fingerprint, encoder.dimension)
    assert np.array_equal(stored.encode(SENTENCES[::-1]), encoder.encode(SENTENCES[::-1]))


def test_a_killed_call_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        embed_sentences(Killed(), SENTENCES, tmp_path / "v.safetensors")
    encoder = CountingEncoder()
    assert embed_sentences(encoder, SENTENCES, tmp_path / "v.safetensors") == (7, 5)
    assert encoder.asked == SENTENCES[2:]
    assert embed_sentences(encoder, SENTENCES, tmp_path / "v.safetensors") == (7, 0)


def test_a_sentence_that_the_file_lacks_is_refused_without_naming_it(tmp_path: Path, vocabulary: Vocabulary) -> None:
    embed_sentences(CountingEncoder(), SENTENCES, tmp_path / "v.safetensors")
    stored = create_text_encoder(str(tmp_path / "v.safetensors"), vocabulary)
    with pytest.raises(UsageError, match=r"lacks 1 of 2 sentences.*jaccardio text embed --model random") as refused:
        stored.encode([SENTENCES[0], "Mrs Smith's ECG"])
    assert "Smith" not in str(refused.value)


def test_files_that_do_not_fit_are_refused(tmp_path: Path, vocabulary: Vocabulary) -> None:
    path = tmp_path / "v.safetensors"
    embed_sentences(CountingEncoder(8), SENTENCES, path)
    with pytest.raises(UsageError, match="another text encoder"):
        embed_sentences(CountingEncoder(16), SENTENCES, path)
    with pytest.raises(UsageError, match=r"leave model\.readout\.pooling out"):
        create_text_encoder(str(path), vocabulary, readout=Readout(pooling="last"))
    data = path.read_bytes()
    for damaged in (data[:-1] + bytes([data[-1] ^ 1]), data.replace(b"Sentence 3", b"Sentence 9"), data[:-9], b""):
        path.write_bytes(damaged)
        for use in (lambda: embed_sentences(CountingEncoder(8), SENTENCES, path), lambda: create_text_encoder(str(path), vocabulary)):
            with pytest.raises(DataError, match="damaged"):
                use()
