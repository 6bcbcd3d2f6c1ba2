"""Groups and denials in words, for the vocabularies that ship and for stores that were made before there was any wording."""

import dataclasses

import pytest

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.wording import Wording


def test_every_group_of_two_findings_and_more_has_a_name_in_each_language() -> None:
    for name in Vocabulary.available():
        vocabulary = Vocabulary.load(name)
        wanted = {rows for level, groups in vocabulary.groups().items() for _, rows in groups if level != "all" and len(rows) > 1}
        groups = Wording.of(vocabulary).groups
        assert groups.keys() == wanted
        assert all(names.keys() == {"en", "ja"} for names in groups.values())


def test_names_of_groups_read_in_a_sentence_and_are_distinct_from_those_of_findings() -> None:
    vocabulary = Vocabulary.load("ptbxl71")
    names = [text for group in Wording.of(vocabulary).groups.values() for text in group.values()]
    assert names
    assert not [text for text in names if set(text) & set(",;|.()（）、。") or text != text.strip()]
    every = [text.casefold() for text in (*names, *(text for finding in vocabulary.findings for text in finding.names.values()))]
    assert len(set(every)) == len(every)


def test_sentences() -> None:
    wording = Wording.of(Vocabulary.load("ptbxl71"))
    index = wording.vocabulary.index
    assert wording.group(sorted(index(code) for code in ("1AVB", "2AVB", "3AVB"))) == "This ECG shows AV block."
    assert wording.denial([index("AFIB")]) == "This ECG shows no atrial fibrillation."
    assert wording.denial([index("AFIB")], "ja") == "この心電図は心房細動を示さない。"


def test_a_group_that_lacks_a_finding_is_not_spoken_of() -> None:
    """Else an ECG with the unknown finding alone would count as one without the group."""
    vocabulary = Vocabulary.load("ptbxl71")
    without = vocabulary.subset([column for column, code in enumerate(vocabulary.codes) if code != "2AVB"])
    names = [group["en"] for group in Wording.of(without).groups.values()]
    assert "AV block" not in names
    assert "conduction disturbance" not in names
    assert "ST-T changes" in names
    stt = next(columns for columns, group in Wording.of(without).groups.items() if group["en"] == "left fascicular block")
    assert [without.codes[column] for column in stt] == ["LAFB", "LPFB"]


def test_the_copy_of_the_vocabulary_in_a_store_needs_no_wording() -> None:
    """Wording is looked up by name: stores and models keep the document, and the fingerprint, that they always had."""
    vocabulary = Vocabulary.load("ptbxl71")
    document = vocabulary.to_dict()
    assert document.keys() == {"name", "title", "findings", "templates", "nothing", "implications"}
    assert Wording.of(Vocabulary.from_dict(document)) == Wording.of(vocabulary)


def test_a_vocabulary_that_does_not_ship_has_no_groups_and_no_denials() -> None:
    wording = Wording.of(dataclasses.replace(Vocabulary.load("paper26"), name="ours"))
    assert not wording.groups
    with pytest.raises(UsageError, match="ours has no sentence for a denial"):
        wording.denial([0])
