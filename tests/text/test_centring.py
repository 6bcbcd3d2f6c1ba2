"""Other languages are moved onto the model's, by fixed lists."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.findings.sentences import language_of
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.centring import CentredEncoder
from jaccardio.text.random import RandomVectors


class Bilingual(RandomVectors):
    """Random vectors, those of Japanese sentences far away."""

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        away = np.array([[5.0 if language_of(sentence, "en") == "ja" else 0.0] for sentence in sentences], np.float32)
        return super().encode(sentences) + away.reshape(-1, 1)


def test_the_language_shows_in_the_letters() -> None:
    assert [language_of(text, "en") for text in ("AF", "心房細動", "ブロック", "This ECG shows 心室頻拍.")] == ["en", "ja", "ja", "ja"]
    assert [language_of(text, "ja") for text in ("AF", "心房細動")] == ["en", "ja"]
    assert language_of("Vorhofflimmern", "de") == "de"


@pytest.mark.parametrize(("own", "other"), [("en", "ja"), ("ja", "en")])
def test_prompts_of_all_languages_have_one_mean_and_the_own_language_stays(vocabulary: Vocabulary, own: str, other: str) -> None:
    plain, centred = Bilingual(8), CentredEncoder(Bilingual(8), vocabulary, own)
    assert np.array_equal(centred.encode(vocabulary.prompts(own)), plain.encode(vocabulary.prompts(own)))
    moved, raw = centred.encode(vocabulary.prompts(other)), plain.encode(vocabulary.prompts(other))
    assert moved.mean(axis=0) == pytest.approx(plain.encode(vocabulary.prompts(own)).mean(axis=0), abs=1e-5)
    assert moved - moved.mean(axis=0) == pytest.approx(raw - raw.mean(axis=0), abs=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(vocabulary: Vocabulary) -> None:
    sentences = ["LVH", "左室肥大", "AF"]
    together = CentredEncoder(Bilingual(8), vocabulary, "en").encode(sentences)
    alone = [CentredEncoder(Bilingual(8), vocabulary, "en").encode([sentence])[0] for sentence in sentences]
    assert np.array_equal(together, np.stack(alone))
    assert CentredEncoder(Bilingual(8), vocabulary, "en").encode([]).shape == (0, 8)


def test_a_language_without_names_is_said_and_left(vocabulary: Vocabulary, caplog: pytest.LogCaptureFixture) -> None:
    english = Vocabulary("one", "", vocabulary.findings, {"en": "This ECG shows {findings}."}, {"en": "None."})
    encoder = CentredEncoder(Bilingual(8), english, "en")
    assert np.array_equal(encoder.encode(["心房細動", "左室肥大"]), Bilingual(8).encode(["心房細動", "左室肥大"]))
    assert caplog.text.count("no names in language ja") == 1


def test_the_fingerprint_says_that_and_on_what(vocabulary: Vocabulary) -> None:
    encoders = [Bilingual(8), *(CentredEncoder(Bilingual(8), vocabulary, own) for own in ("en", "ja"))]
    assert len({encoder.fingerprint for encoder in encoders}) == 3
