"""The glossary of report phrases and what is read with it. The reports are written for these tests; none is a patient's."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import DataError
from jaccardio.findings.report_phrases import (
    SLOT,
    Phrase,
    normalise,
    read_report,
    report_phrases,
    sentence_of,
    truth_matrix,
    truths,
)
from jaccardio.findings.vocabulary import Vocabulary

DENIALS = re.compile(r"\b(no|not|without|keine?[rsmn]?|nicht|ohne|inget|ej)\b")
DOUBTS = re.compile(
    r"\b(possible|probabl[ey]|likely|may be|suggesting|suggest|cannot be|"
    r"möglich\w*|mögl|wahrscheinlich|verdacht|nicht auszuschliessen|most commonly)\b"
)
AGES = re.compile("wahrscheinlich alt$")
"""Doubts on the age of an infarction, not on the infarction."""

ROWS = list(report_phrases().values())
PATTERNS = [(row, pattern) for row in ROWS for pattern in row.patterns]


def test_the_glossary_has_the_most_used_phrases_each_once() -> None:
    patterns = [normalise(pattern) for _, pattern in PATTERNS]
    assert len(patterns) == len(set(patterns)) >= 150
    codes = set(Vocabulary.load("ptbxl71").codes)
    for row in ROWS:
        assert re.fullmatch("[a-z0-9_]+", row.code), row.code
        assert set(row.findings) <= codes, row.code
        assert set(row.sentences) in ({"en", "ja"}, set()), row.code
        assert not (row.negated and row.hedged), row.code
        assert row.sentences or not (row.negated or row.hedged or row.findings), row.code


@pytest.mark.parametrize("row", [row for row in ROWS if row.sentences], ids=lambda row: row.code)
def test_a_sentence_is_whole_and_denies_nothing(row: Phrase) -> None:
    english, japanese = row.sentences["en"], row.sentences["ja"]
    assert english[0].isupper()
    assert english.endswith(".")
    assert japanese.endswith("。")
    assert DENIALS.search(english.casefold()) is None or "does not grow" in english
    slots = {sentence.count(SLOT) for sentence in (english, japanese, *row.patterns)}
    assert len(slots) == 1


@pytest.mark.parametrize(("row", "pattern"), PATTERNS, ids=[pattern for _, pattern in PATTERNS])
def test_denials_and_doubts_are_marked(row: Phrase, pattern: str) -> None:
    if not row.sentences:
        return
    doubtful = DOUBTS.search(AGES.sub("", pattern)) is not None
    if doubtful or DENIALS.search(pattern):
        assert row.hedged == doubtful
        assert row.negated != doubtful
    else:
        assert not row.negated
        assert not row.hedged or "linksbelastung" in pattern  # goes on after "wahrscheinlich"


@pytest.mark.parametrize(
    "pattern", ["möglich", "wahrscheinlich", "nicht auszuschliessen", "kein", "no", "possible", "alter unbest", "suggesting"]
)
def test_no_doubt_or_denial_stands_alone(pattern: str) -> None:
    assert read_report(pattern).unread


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("", []),
        ("trace only requested.", []),
        ("4.46                          unbestÄtigter bericht", []),
        ("Sinus rhythm. Left axis deviation.", [("This ECG shows sinus rhythm.", 1), ("This ECG shows left axis deviation.", 1)]),
        (
            "sinusrhythmus Überdrehter linkstyp linksschenkelblock linkshypertrophie mÖglich 4.46      unbestÄtigter bericht",
            [
                ("This ECG shows sinus rhythm.", 1),
                ("This ECG shows left axis deviation.", 1),
                ("This ECG shows left bundle branch block.", 1),
                ("This ECG shows left ventricular hypertrophy.", -1),
            ],
        ),
        (
            "sinustachykardie lagetyp normal qrs(t) abnorm    inferiorer infarkt     alter unbest. t abnorm in lateralen ableitungen",
            [
                ("This ECG shows sinus tachycardia.", 1),
                ("The electrical axis is normal.", 1),
                ("This ECG shows abnormal QRS.", 1),
                ("This ECG shows inferior myocardial infarction.", 1),
                ("This ECG shows T-wave abnormality in the lateral leads.", 1),
            ],
        ),
        (
            "anteroseptaler myokardschaden nicht auszuschliessen",
            [("This ECG shows anteroseptal myocardial infarction or injury.", -1)],
        ),
        (
            "qrs(t) abnorm    anteroseptaler infarkt     mÖgl. akut",
            [("This ECG shows abnormal QRS.", 1), ("This ECG shows anteroseptal myocardial infarction.", -1)],
        ),
        (
            "st segments are depressed in i, avl, v4,5,6. t waves are low or flat in limb leads and v5-v6.",
            [("There is ST depression in I, aVL and V4-V6.", 1),
             ("The T waves are low or flat in I, II, III, aVR, aVL, aVF and V5-V6.", 1)],
        ),
        (
            "qs complexes in v2 and tiny r waves in v3 suggesting old anteroseptal myocardial infarction.",
            [
                ("There are QS complexes in V2 and tiny R waves in V3.", 1),
                ("This ECG shows anteroseptal myocardial infarction.", -1),
            ],
        ),
        ("sinus rhythm. no definite pathology.", [("This ECG shows sinus rhythm.", 1), ("This ECG shows definite pathology.", 0)]),
        ("regelmäßiger rhythmus keine p-welle erkannt", [("The rhythm is regular.", 1), ("There are P waves.", 0)]),
        ("m#ssige", []),
        ("mässige amplitudenkriterien f#r linkshypertrophie", [("This ECG shows voltage criteria for left ventricular hypertrophy.", 1)]),
        ("a-v block i. intraventr. leitungsstoerung", [
            ("This ECG shows first-degree AV block.", 1),
            ("This ECG shows non-specific intraventricular conduction disturbance.", 1),
        ]),
    ],
)  # fmt: skip
def test_reports(report: str, expected: list[tuple[str, int]]) -> None:
    assert list(truths(read_report(report).said).items()) == expected


@pytest.mark.parametrize(
    "report",
    [
        "kein linksschenkelblock",
        "no left bundle branch block",
        "linksschenkelblock nicht mehr nachweisbar",
        "left bundle branch block has gone",
        "vorhofflimmern in der anamnese",
        "sinusrhythmus ohne linksschenkelblock",
    ],
)
def test_a_phrase_that_goes_on_in_unknown_words_says_nothing(report: str) -> None:
    reading = read_report(report)
    assert reading.said == ()
    assert len(reading.unread) == 1
    assert truths(reading.said) == {}


def test_codes_that_an_annotator_wrote_into_a_report_are_not_read() -> None:
    assert read_report("sinus rhythm. edit: vorhofflimmern").said == ("sinus_rhythm",)


def test_said_against_denied_and_doubted() -> None:
    assert truths(["left_ventricular_hypertrophy", "lvh_possible"]) == {"This ECG shows left ventricular hypertrophy.": 1}
    assert truths(["ischaemia_doubtful", "ischaemia_denied"]) == {"This ECG shows myocardial ischemia.": 0}
    assert truths(["no_pathology"], "ja") == {"この心電図は明らかな異常を示す。": 0}
    assert sentence_of("q_waves@II+III+aVF", "ja") == "II、III、aVF誘導にQ波を認める。"
    with pytest.raises(DataError, match="ingest` again"):
        truths(["no_such_phrase"])


def test_matrix_of_many_reports() -> None:
    said = [("sinus_rhythm", "lvh_possible"), None, (), ("sinus_rhythm", "no_pathology")]
    sentences, matrix = truth_matrix(said)
    assert sentences == ["This ECG shows sinus rhythm.", "This ECG shows definite pathology."]
    assert matrix.dtype == np.int8
    assert matrix.tolist() == [[1, -1], [-1, -1], [-1, -1], [1, 0]]
    assert truth_matrix(said, at_least=2)[0] == ["This ECG shows sinus rhythm."]


def test_coverage_of_the_reports_of_ptbxl(real_data: Path) -> None:
    table = real_data / "ptbxl100/ptbxl_database.csv"
    if not table.is_file():
        pytest.skip("no reports of PTB-XL here")
    with table.open(encoding="utf-8", newline="") as file:
        readings = [read_report(row["report"]) for row in csv.DictReader(file) if row["report"].strip()]
    words = sum(len(pattern.split()) for reading in readings for chain in reading.chains for pattern in chain)
    unread = sum(len(phrase.split()) for reading in readings for phrase in reading.unread)
    phrases = sum(len(reading.chains) for reading in readings)
    assert phrases / (phrases + sum(len(reading.unread) for reading in readings)) >= 0.86
    assert words / (words + unread) >= 0.80
    assert sum(not reading.unread for reading in readings) / len(readings) >= 0.79


def test_a_report_that_holds_the_sign_for_leads_names_none() -> None:
    for phrase in report_phrases().values():
        for pattern in phrase.patterns:
            assert not any("@" in code for code in read_report(pattern).said)
