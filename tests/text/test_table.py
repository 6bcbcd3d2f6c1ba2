"""Findings as symbols."""

import itertools

import numpy as np
import pytest

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.table import FindingTable


@pytest.mark.parametrize("language", ["en", "ja"])
def test_reads_every_sentence_of_its_vocabulary(vocabulary: Vocabulary, language: str) -> None:
    table = FindingTable(vocabulary)
    for size in range(4):
        for present in itertools.combinations(range(3), size):
            wanted = np.zeros(3)
            wanted[list(present)] = 1 / max(size, 1)
            assert np.allclose(table.encode([vocabulary.sentence(present, language)])[0], wanted)
    assert np.array_equal(table.encode(vocabulary.prompts(language)), np.eye(3))


@pytest.mark.parametrize("sentence", ["Sinus rhythm", "This ECG shows torsades.", ""])
def test_refuses_free_text(vocabulary: Vocabulary, sentence: str) -> None:
    with pytest.raises(UsageError, match=r"cannot read|unknown finding"):
        FindingTable(vocabulary).encode([sentence])
