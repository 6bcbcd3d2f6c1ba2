"""Words in cells: read alike however they are typed, and never guessed where they contradict."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.words import ABSENT_BESIDE, LABELS, NO_FINDING, SEXES, label_states, patient_number, plain, whole
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("1 1.0 1,0 1. １ TRUE T yes Y ja J wahr positive POS + ＋ x 陽性 有 有り あり ○ 〇 ✓ present vorhanden はい", PRESENT),
        ("0 0.0 0,00 ０ False f no N nein falsch negative neg 陰性 無 無し なし absent いいえ (-) (−)", ABSENT),
        ("NA N/A #N/A <NA> NaN null . ? unknown unbekannt k.A. 不明 未検 未実施", UNKNOWN),
    ],
)
def test_every_word_of_the_tables(words: str, state: int) -> None:
    for word in words.split():
        assert label_states([plain(word), ""]) == {plain(word): state, "": UNKNOWN}


@pytest.mark.parametrize("word", ["2", "-1", "0.5", "1.01", "none", "atrial", "01", "-9", "100"])
def test_what_is_in_no_table_is_not_read(word: str) -> None:
    assert str(label_states([plain(word)])[plain(word)]).startswith("neither 1 (present) nor 0 (absent)")


@pytest.mark.parametrize(
    ("words", "word", "state"),
    [
        ({"-", "+", ""}, "-", ABSENT),
        ({"×", "○"}, "×", ABSENT),
        ({"✗", "✓", ""}, "✗", ABSENT),
        ({"✘", ""}, "✘", "✘ may mean absent or not recorded; write 0, or leave the cell empty"),
        ({"x", "0", ""}, "x", PRESENT),
        ({"-", "1", "0"}, "-", "- may mean absent or not recorded; write 0, or leave the cell empty"),
        ({"-", ""}, "-", "- may mean absent or not recorded; write 0, or leave the cell empty"),
        ({"×", ""}, "×", "× may mean absent or not recorded; write 0, or leave the cell empty"),
        ({"x", "1", "0"}, "x", "x beside another word for present may mean anything; write 1, 0 or nothing"),
    ],
)
def test_marks_of_two_meanings_are_read_only_beside_their_opposite(words: set[str], word: str, state: int | str) -> None:
    assert label_states(words)[word] == state


def test_the_documentation_lists_every_word() -> None:
    text = (Path(__file__).parents[3] / "docs" / "your-data.md").read_text("utf-8").casefold()
    assert [word for word in (*LABELS, *ABSENT_BESIDE, *SEXES, *NO_FINDING) if word not in text and word != "−"] == []


def test_whole_numbers_of_a_column_with_gaps_and_identifiers() -> None:
    assert [whole(cell) for cell in ("101", "101.0", "101,00", "00123", "0.0")] == ["101", "101", "101", "00123", "0"]
    assert [whole(cell) for cell in ("00123.0", "101.5", "A1", "1e3", "", "-1")] == [None] * 6


def test_patient_ids_are_those_that_people_see() -> None:
    assert {patient_number(cell) for cell in ("101", "101.0", "１０１", "\ufeff101", "101\u200b", " 101\u00a0")} == {"101"}
    assert {patient_number(cell) for cell in ("", "-", "None", "NaT", "nan", "N/A", "不明", "\ufeff")} == {""}
