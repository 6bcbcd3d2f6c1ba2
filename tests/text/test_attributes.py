"""Attributes stand beside a sentence's vector and tell apart what sentence encoders put side by side."""

import numpy as np
import pytest

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.sentence_parser import ATTRIBUTES
from jaccardio.text.attributes import AttributedEncoder
from jaccardio.text.create import create_text_encoder
from jaccardio.text.random import RandomVectors


class Constant(RandomVectors):
    """An encoder to which all sentences are one."""

    def encode(self, sentences: list[str]) -> np.ndarray:  # type: ignore[override,type-arg]
        return np.full((len(sentences), self.dimension), 3.0, dtype=np.float32)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("left bundle branch block", "right bundle branch block"),
        ("complete block", "incomplete block"),
        ("The T wave is inverted in V1.", "The T wave is inverted in V2."),
        ("The ST segment is elevated.", "The ST segment is depressed."),
        ("There are P waves.", "There are no P waves."),
    ],
)
def test_one_exchanged_word_is_another_vector(one: str, other: str) -> None:
    encoder = AttributedEncoder(Constant(8))
    first, second = encoder.encode([one, other])
    assert np.array_equal(first[:8], second[:8])
    assert np.linalg.norm(first[8:]) == pytest.approx(1)
    assert first[8:] @ second[8:] < 0.95


def test_two_languages_mention_the_same() -> None:
    english, japanese = AttributedEncoder(Constant(8)).encode(["The T wave is inverted in V1.", "V1誘導のT波が陰性である。"])
    np.testing.assert_allclose(english, japanese)


def test_words_that_say_nothing_have_no_attributes_and_no_sentence_is_no_row() -> None:
    encoder = AttributedEncoder(RandomVectors(8))
    assert not encoder.encode(["This ECG shows a wooden table."])[:, 8:].any()
    assert encoder.encode([]).shape == (0, 8 + len(ATTRIBUTES))


def test_attributes_are_another_encoder_and_not_tuned() -> None:
    vocabulary = Vocabulary.load("paper26")
    plain, attributed = (create_text_encoder("random", vocabulary, attributes=wanted) for wanted in (False, True))
    assert attributed.dimension == plain.dimension + len(ATTRIBUTES)
    assert attributed.fingerprint != plain.fingerprint
    assert create_text_encoder("table", vocabulary, attributes=True).dimension == len(vocabulary)
    with pytest.raises(UsageError, match="exclude each other"):
        create_text_encoder("minilm", vocabulary, attributes=True, lora_rank=4)
