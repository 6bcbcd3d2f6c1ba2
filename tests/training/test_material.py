"""Sentences say what the coding of their statements says: read back by a parser that knows nothing of how they were written."""

import tomllib
from collections.abc import Sequence
from importlib import resources

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from jaccardio.contrast.banks import BANKS, TrainingLabels
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.wording import Wording
from jaccardio.text.random import RandomVectors
from jaccardio.training.material import StatementVectors, write_sentence

BEFORE, AFTER = {"en": "This ECG shows ", "ja": "この心電図は"}, {"en": ".", "ja": "を示す。"}
NOTHING = {"en": "This ECG shows no listed finding.", "ja": "この心電図は列挙された所見を示さない。"}


def read_back(sentence: str, vocabulary: Vocabulary, language: str) -> tuple[Reading, set[str]]:
    """Reading and codes of the findings that a sentence lists."""
    if sentence == NOTHING[language]:
        return Reading.ALL, set()
    reading = Reading.ALL
    for start, end in ((f"{BEFORE['en']}no ", "."), (BEFORE["ja"], "を示さない。")):
        if sentence.startswith(start) and sentence.endswith(end):
            reading, stated = Reading.NONE, sentence.removeprefix(start).removesuffix(end)
    if reading == Reading.ALL:
        assert sentence.startswith(BEFORE[language])
        assert sentence.endswith(AFTER[language])
        stated = sentence.removeprefix(BEFORE[language]).removesuffix(AFTER[language])
    head = tomllib.loads((resources.files("jaccardio.findings") / "data" / f"{vocabulary.name}.toml").read_text("utf-8"))
    for level, names in head.get("groups", {}).items():
        for group, name in names.items():
            if stated == name[language]:
                return Reading.ANY, {finding.code for finding in vocabulary.findings if finding.levels.get(level) == group}
    code = {finding.names[language]: finding.code for finding in vocabulary.findings}
    return reading, {code[name] for name in stated.split(", " if language == "en" else "、")}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", sorted(BANKS))
def test_every_sentence_of_every_bank_says_what_its_coding_says(name: str, language: str) -> None:
    vocabulary = Vocabulary.load("ptbxl71")
    wording = Wording.of(vocabulary)
    random = np.random.default_rng(0)
    labels = torch.from_numpy(random.choice(np.array([-1, 0, 1], dtype=np.int8), (60, len(vocabulary)), p=[0.1, 0.85, 0.05]))
    labels[0] = 0
    statements = BANKS[name].make(TrainingLabels(labels, tuple(wording.groups)))
    assert statements.valid.sum() > 10
    for row, reading in zip(statements.findings[statements.valid], statements.reading[statements.valid], strict=True):
        listed = torch.nonzero(row == 1).flatten().tolist()
        sentence = write_sentence(Reading(int(reading)), listed, wording, language)
        assert read_back(sentence, vocabulary, language) == (Reading(int(reading)), {vocabulary.codes[column] for column in listed})


def test_each_statement_gets_the_vector_of_its_own_sentence() -> None:
    vocabulary, encoder = Vocabulary.load("paper26"), RandomVectors()
    wording = Wording.of(vocabulary)
    labels = torch.tensor([[1, 1], [0, 0], [1, 0], [1, 1]], dtype=torch.int8)
    labels = torch.cat([labels, torch.zeros(4, len(vocabulary) - 2, dtype=torch.int8)], dim=1)
    for name in ("captions", "negations"):
        statements = BANKS[name].make(TrainingLabels(labels))
        text = StatementVectors.embed(statements, wording, encoder, "en")
        sentences = (
            vocabulary.captions(labels.numpy())
            if name == "captions"
            else [f"This ECG shows no {f.names['en']}." for f in vocabulary.findings]
        )
        columns = torch.tensor([3, 1, 0])
        assert np.array_equal(text.of(columns, {}).numpy(), encoder.encode([sentences[column] for column in columns.tolist()]))
        assert text.vectors is not None
        assert len(text.vectors) == len(text.sentences) == len(set(sentences))


def test_a_random_order_is_drawn_once_for_each_statement_and_changes_no_word() -> None:
    vocabulary = Vocabulary.load("japanese98")
    wording, encoder = Wording.of(vocabulary), Remembering()
    labels = torch.zeros(40, len(vocabulary), dtype=torch.int8)
    labels[:, [3, 20, 60, 90]] = 1  # one finding set, forty records
    labels[0, 20:] = 0  # shows one finding
    training = TrainingLabels(labels, tuple(wording.groups))
    statements = Statements.joined([BANKS[name].make(training) for name in ("captions", "negations", "parents")])
    vectors = {seed: StatementVectors.embed(statements, wording, encoder, "ja", seed) for seed in (None, 0, 1)}
    for text in vectors.values():
        for column, (row, reading) in enumerate(zip(statements.findings, statements.reading, strict=True)):
            sentence = encoder.sentences[text.of(torch.tensor([column]), {})[0].numpy().tobytes()]
            expected = {vocabulary.codes[place] for place in torch.nonzero(row == 1).flatten().tolist()}
            assert read_back(sentence, vocabulary, "ja") == (Reading(int(reading)), expected)
    of_captions = {seed: [tuple(vector.tolist()) for vector in text.of(torch.arange(40), {})] for seed, text in vectors.items()}
    assert len(set(of_captions[None])) == 2
    assert len(set(of_captions[0])) > 10  # of 24 orders
    assert of_captions[0] != of_captions[1]
    assert of_captions[0][0] == of_captions[None][0]
    again = StatementVectors.embed(statements, wording, encoder, "ja", 0)
    assert torch.equal(again.of(torch.arange(len(statements)), {}), vectors[0].of(torch.arange(len(statements)), {}))


class Remembering(RandomVectors):
    """Random vectors, and the sentence of each."""

    def __init__(self) -> None:
        super().__init__()
        self.sentences: dict[bytes, str] = {}

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        vectors = super().encode(sentences)
        self.sentences |= {vector.tobytes(): sentence for vector, sentence in zip(vectors, sentences, strict=True)}
        return vectors
