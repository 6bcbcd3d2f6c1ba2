import pytest

from jaccardio.findings.contradictions import NAMES_BESIDE_NORMAL, contradiction
from jaccardio.findings.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("vocabulary", "codes", "said"),
    [
        ("paper26", "normal", ""),
        ("paper26", "vpc af", ""),
        ("paper26", "vpc normal", "contradictory: normal range beside ventricular premature contraction"),
        ("ptbxl71", "NORM SR SBRAD", ""),
        ("ptbxl71", "NORM SR AFIB IMI", "contradictory: normal ECG beside inferior myocardial infarction, atrial fibrillation"),
    ],
)
def test_normal_beside_an_abnormal_finding(vocabulary: str, codes: str, said: str) -> None:
    assert contradiction([finding for finding in Vocabulary.load(vocabulary).findings if finding.code in codes.split()]) == said


def test_the_names_are_those_of_a_vocabulary() -> None:
    names = {finding.names["en"] for finding in Vocabulary.load("ptbxl71").findings}
    assert names.issuperset(NAMES_BESIDE_NORMAL)


def test_findings_of_ones_own_that_stand_alone() -> None:
    findings = Vocabulary.load("paper26").findings
    called = [finding for finding in findings if finding.code in ("af", "pacemaker")]
    assert contradiction(called, ["pacemaker"]).startswith("contradictory: ")
    assert contradiction(called) == ""
