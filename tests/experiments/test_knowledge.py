"""What language models know of ECGs, on encoders made by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.evaluation.estimate import Estimate
from jaccardio.experiments import knowledge
from jaccardio.experiments.knowledge import CONTROL, SPREADS, Knowledge, probe_knowledge
from jaccardio.findings.families import FAMILIES
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.random import RandomVectors

PTBXL = Vocabulary.load("ptbxl71")


class Cardiologist:
    """Knows the superclass of every finding and says the same in every language, but each language has a place of its own."""

    name, dimension, fingerprint = "cardiologist", 71 + 40, "cardiologist"

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        groups = [group for _, group in PTBXL.groups()["super"]]
        vectors = np.zeros((len(sentences), self.dimension), np.float32)
        for row, sentence in enumerate(sentences):
            language = next(one for one in PTBXL.templates if sentence in PTBXL.prompts(one))
            column = PTBXL.prompts(language).index(sentence)
            vectors[row, column] = 0.5
            for place, group in enumerate(groups):
                vectors[row, 71 + place] = column in group
            vectors[row, -1] = 5 * (language == "ja")
        return vectors


class English(RandomVectors):
    """Reads one language."""

    name = "english"

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        if not sentences[0].isascii():
            raise UsageError("cannot read it")
        return super().encode(sentences)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "DRAWS", 10)


def found(probed: Knowledge, model: str, spread: str) -> dict[str, Estimate]:
    return {row.metric: row.estimate for row in probed.rows if row.model == f"{model}, {spread}"}


def test_who_knows_the_superclasses_and_both_languages_has_them_all_right() -> None:
    labels = np.zeros((71, 71), np.int8)
    np.fill_diagonal(labels, 1)
    for _, group in PTBXL.groups()["super"]:
        labels[np.ix_(group, group)] = 1  # findings of a superclass occur together
    probed = probe_knowledge([Cardiologist()], PTBXL, labels=labels, replicates=20)
    for spread in SPREADS:
        known = found(probed, "cardiologist", spread)
        assert set(known) == {
            "same sub nearer",
            "same super nearer",
            "same family nearer",
            "order of co-occurrence",
            "en to ja",
            "ja to en",
        }
        assert known["same super nearer"].value == 1
        assert known["order of co-occurrence"].value > 0.4  # one of two degrees of co-occurrence: its ties keep it below 1
        chance = found(probed, CONTROL, spread)
        assert chance["same super nearer"].value == pytest.approx(0.5, abs=0.05)
        assert chance["same super nearer"].low < 0.5 < chance["same super nearer"].high
        assert chance["order of co-occurrence"].value == pytest.approx(0, abs=0.05)
        assert chance["en to ja"].value < 0.1
    assert found(probed, "cardiologist", "centred")["en to ja"].value == 1
    assert not probed.left_out


def test_a_model_that_reads_one_language_is_asked_in_that_one_and_without_a_store_nothing_is_said_of_co_occurrence() -> None:
    paper = Vocabulary.load("paper26")
    probed = probe_knowledge([English()], paper, replicates=20)
    assert set(found(probed, "english", "centred")) == {"same family nearer"}
    assert probed.left_out == {"english, ja": "cannot read it"}
    with pytest.raises(UsageError, match="no names in language 'de'"):
        probe_knowledge([English()], paper, "de")


def test_families_are_findings_of_their_vocabulary_each_in_one() -> None:
    for name, families in FAMILIES.items():
        codes = [code for family in families.values() for code in family]
        assert len(set(codes)) == len(codes)
        assert set(codes) <= set(Vocabulary.load(name).codes)
