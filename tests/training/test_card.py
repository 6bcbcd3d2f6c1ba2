"""The card of a model is read by people."""

from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.training.card import model_card


def test_weights_of_the_evidence_stand_in_words() -> None:
    summary = {"preset": "jaccardio", "findings_left_out": [], "evidence": {"network": 0.65, "statements": 0.38}}
    assert "| evidence | network 0.6500, statements 0.3800 |" in model_card(summary, Vocabulary.load("paper26"))
