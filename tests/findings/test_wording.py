"""Groups and denials in words, for the vocabularies that ship, those of one's own and documents written before there was any wording."""

import json

import pytest

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Finding, Vocabulary
from jaccardio.findings.wording import Wording


def test_every_group_of_two_findings_and_more_has_a_name_in_each_language() -> None:
    for name in Vocabulary.available():
        vocabulary = Vocabulary.load(name)
        wanted = {rows for level, groups in vocabulary.groups().items() for _, rows in groups if level != "all" and len(rows) > 1}
        groups = Wording.of(vocabulary).groups
        assert groups.keys() == wanted
        assert all(names.keys() == {"en", "ja"} for names in groups.values())


@pytest.mark.parametrize("name", ["ptbxl71", "japanese98"])
def test_names_of_groups_read_in_a_sentence_and_are_distinct_from_those_of_findings(name: str) -> None:
    vocabulary = Vocabulary.load(name)
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


def test_groups_travel_with_the_document_and_an_older_one_without_them_has_denials_all_the_same() -> None:
    vocabulary = Vocabulary.load("ptbxl71")
    document = json.loads(json.dumps(vocabulary.to_dict()))
    assert Wording.of(Vocabulary.from_dict(document)) == Wording.of(vocabulary)
    del document["group_names"]
    older = Wording.of(Vocabulary.from_dict(document))
    assert not older.groups
    assert older.denial([vocabulary.index("AFIB")]) == "This ECG shows no atrial fibrillation."


def test_a_language_without_sentences_is_a_usage_error() -> None:
    vocabulary = Vocabulary(
        "ours", "", (Finding("a", {"de": "Vorhofflimmern"}),), {"de": "Dieses EKG zeigt {findings}."}, {"de": "Nichts."}
    )
    assert vocabulary.sentence([0], "de") == "Dieses EKG zeigt Vorhofflimmern."
    assert vocabulary.findings[0].name == "Vorhofflimmern"
    with pytest.raises(UsageError, match="ours has no sentence for a denial in language 'de'"):
        Wording.of(vocabulary).denial([0], "de")
    with pytest.raises(UsageError, match=r"no names in language 'en'; it has de\. Add names\.en"):
        vocabulary.prompts()
