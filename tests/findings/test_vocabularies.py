"""The vocabularies that ship: counts, order, names that can stand in a sentence."""

from dataclasses import replace

import pytest

from jaccardio.findings.vocabulary import Vocabulary

PAPER26 = (
    "lvh lae low_ef normal long_qt tall_t left_axis pacemaker ivcd crbbb clbbb flat_t inverted_t st_t poor_r abnormal_q "
    "anterior_mi lateral_mi inferior_mi anteroseptal_mi vpc frequent_vpc bigeminy vt couplet af"
)


def test_paper26_has_the_findings_of_table_4_in_order() -> None:
    assert Vocabulary.load("paper26").codes == tuple(PAPER26.split())


def test_ptbxl71_has_the_statements_and_levels_of_the_published_benchmark() -> None:
    vocabulary = Vocabulary.load("ptbxl71")
    groups = vocabulary.groups()
    assert {level: len(names) for level, names in groups.items()} == {
        "all": 71, "diagnostic": 44, "sub": 23, "super": 5, "form": 19, "rhythm": 12,
    }  # fmt: skip
    assert [name for name, _ in groups["super"]] == ["STTC", "NORM", "MI", "HYP", "CD"]
    assert vocabulary.codes[0] == "NDT"
    assert vocabulary.codes[-1] == "TRIGU"
    both = [finding.code for finding in vocabulary.findings if {"diagnostic", "form"} <= finding.levels.keys()]
    assert both == ["NDT", "NST_", "DIG", "LNGQT"]


def test_japanese98_begins_with_the_statements_of_ptbxl71() -> None:
    vocabulary, statements = Vocabulary.load("japanese98"), Vocabulary.load("ptbxl71").findings
    assert len(vocabulary) == 98
    assert vocabulary.findings[:71] == tuple(replace(finding, stated_by=(f"scp:{finding.code}",)) for finding in statements)
    assert all(finding.stated_by[0].startswith("snomed:") for finding in vocabulary.findings[71:])
    assert "not reviewed by a clinician" in vocabulary.title
    assert vocabulary.sentence([vocabulary.index("AFIB"), vocabulary.index("ERe")], "ja") == "この心電図は心房細動、早期再分極を示す。"


@pytest.mark.parametrize("name", Vocabulary.available())
def test_names_read_in_a_sentence_and_are_distinct(name: str) -> None:
    vocabulary = Vocabulary.load(name)
    names = [text for finding in vocabulary.findings for text in finding.names.values()]
    assert all(finding.names.keys() == {"en", "ja"} for finding in vocabulary.findings)
    assert not [text for text in names if set(text) & set(",;|.()（）、。") or text != text.strip()]
    assert len({text.casefold() for text in (*names, *vocabulary.codes)}) == 3 * len(vocabulary)


def test_sentences_of_paper26() -> None:
    vocabulary = Vocabulary.load("paper26")
    present = [vocabulary.index("crbbb"), vocabulary.index("af")]
    assert vocabulary.sentence(present) == "This ECG shows complete right bundle branch block, atrial fibrillation."
    assert vocabulary.sentence(present, "ja") == "この心電図は完全右脚ブロック、心房細動を示す。"
    assert vocabulary.sentence(present[::-1], "ja") == "この心電図は心房細動、完全右脚ブロックを示す。"
    assert vocabulary.sentence([]) == "This ECG shows no listed finding."


def test_proxies_say_so() -> None:
    notes = {finding.code: finding.note for finding in Vocabulary.load("paper26").findings}
    assert all("echocardiography" in notes[code] for code in ("lvh", "lae", "low_ef"))
