"""Text encoders by name."""

from pathlib import Path

import pytest

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.create import create_text_encoder


@pytest.mark.parametrize(("name", "dimension"), [("table", 3), ("random", 384)])
def test_named_encoders(vocabulary: Vocabulary, name: str, dimension: int) -> None:
    encoder = create_text_encoder(name, vocabulary)
    assert (encoder.name, encoder.dimension) == (name, dimension)
    assert encoder.encode(vocabulary.prompts()).shape == (3, dimension)


def test_a_folder_is_a_language_model_with_a_cache(vocabulary: Vocabulary, tiny_bert: Path, tmp_path: Path) -> None:
    encoder = create_text_encoder(str(tiny_bert), vocabulary, tmp_path / "cache")
    assert encoder.encode(["This ECG shows atrial fibrillation."]).shape == (1, 16)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("name", ["minillm", "./nowhere", "/nowhere/model"])
def test_an_unknown_name_says_what_there_is(vocabulary: Vocabulary, name: str) -> None:
    with pytest.raises(UsageError, match="minilm, table, random"):
        create_text_encoder(name, vocabulary)
