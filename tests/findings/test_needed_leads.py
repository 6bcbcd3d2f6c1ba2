"""Leads that findings need: what is not met, how it is worded, and the table of the shipped vocabularies."""

import json

import pytest

from jaccardio.findings.needed_leads import is_item, spell_leads
from jaccardio.findings.vocabulary import Finding, Vocabulary
from jaccardio.recording.leads import LEADS

LIMB = LEADS[:6]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (("V1", "V2", "V3", "V4"), "V1-V4"),
        (("V5/V6",), "V5 or V6"),
        (("II", "III", "aVF"), "II, III and aVF"),
        (("I", "II", "V1", "V2", "V3", "V4", "V5", "V6"), "I, II and V1-V6"),
        (("I", "aVL", "V3", "V5", "V6"), "I, aVL, V3 and V5-V6"),
        (("I/V5/V6", "V1/V2"), "(I, V5 or V6) and (V1 or V2)"),
        (("I", "II/aVF"), "I and (II or aVF)"),
        ((), ""),
    ],
)
def test_words_for_leads(items: tuple[str, ...], words: str) -> None:
    assert spell_leads(items) == words


def test_a_finding_lacks_the_items_of_which_no_lead_is_there() -> None:
    finding = Finding("lvh", {"en": "left ventricular hypertrophy"}, leads=("V1/V2", "V5/V6"))
    assert finding.lacking(LEADS) == ()
    assert finding.lacking(["V2", "V5"]) == ()
    assert finding.lacking(["V2"]) == ("V5/V6",)
    assert Finding("af", {"en": "atrial fibrillation"}).lacking(["II"]) == ()


@pytest.mark.parametrize("name", Vocabulary.available())
def test_the_table_names_standard_leads_and_twelve_leads_judge_all(name: str) -> None:
    findings = Vocabulary.load(name).findings
    assert all(is_item(item) for finding in findings for item in finding.leads)
    assert not [finding.code for finding in findings if finding.lacking(LEADS)]


def test_limb_leads_judge_neither_anteroseptal_infarction_nor_normal_but_rhythm() -> None:
    lacking = {finding.code: finding.lacking(LIMB) for finding in Vocabulary.load("paper26").findings}
    assert spell_leads(lacking["anteroseptal_mi"]) == "V1-V4"
    assert spell_leads(lacking["normal"]) == spell_leads(lacking["st_t"]) == "V1-V6"
    assert not any(lacking[code] for code in ("af", "inferior_mi", "left_axis"))


def test_leads_travel_with_the_document_and_old_documents_keep_their_fingerprint() -> None:
    vocabulary = Vocabulary.load("paper26")
    document = json.loads(json.dumps(vocabulary.to_dict()))
    assert Vocabulary.from_dict(document) == vocabulary
    for finding in document["findings"]:
        finding.pop("leads", None)
    old = Vocabulary.from_dict(document)
    assert all(finding.leads == () for finding in old.findings)
    assert json.loads(json.dumps(old.to_dict())) == document
