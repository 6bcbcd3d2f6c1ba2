"""What texts on ECGs say of findings: named, denied, doubted; in three languages, and as the glossary of PTB-XL's reports has them."""

import re
from pathlib import Path

import pytest

from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.report_phrases import SLOT, report_phrases
from jaccardio.findings.statement_texts import StatementReader, phrases
from jaccardio.findings.vocabulary import Vocabulary

PAPER = StatementReader.for_vocabulary(Vocabulary.load("paper26"))
PTBXL = StatementReader.for_vocabulary(Vocabulary.load("ptbxl71"))


def known(text: str, reader: StatementReader = PAPER) -> dict[str, int]:
    """What a text makes known, by code."""
    states = zip(reader.mapper.vocabulary.codes, reader.read(text).labels.tolist(), strict=True)
    return {code: state for code, state in states if state != UNKNOWN}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("Atrial fibrillation with complete left bundle branch block.", {"af": 1, "clbbb": 1}),
        ("No evidence of atrial fibrillation or left bundle branch block", {"af": 0, "clbbb": 0}),
        ("AF, no VT", {"af": 1, "vt": 0}),
        ("Atrial fibrillation is not seen.", {"af": 0}),
        ("atrial fibrillation without left axis deviation", {"af": 1, "left_axis": 0}),
        ("possible left ventricular hypertrophy", {}),
        ("LVH? AF", {"af": 1}),
        ("old inferior infarct cannot be entirely excluded", {}),
        ("Probable LVH. LVH.", {"lvh": 1}),  # said, and doubted elsewhere
        ("No AF before lunch. AF now.", {}),  # said and denied
        ("no atrial fibrillation, left axis deviation", {"af": 0}),  # a comma may go on with the denial
        ("no change since the last one; atrial fibrillation", {"af": 1}),
        ("no significant change but atrial fibrillation", {"af": 1}),
        ("ischemia or left ventricular hypertrophy", {}),
        ("bundle branch block", {}),  # which one is not said
        ("incomplete right bundle branch block", {}),
        ("ventricular fibrillation", {}),
        ("frequent ventricular premature contraction", {"frequent_vpc": 1, "vpc": 1}),
        ("no couplets", {}),  # single beats may be there
        ("no infarction", {}),  # wider than any finding: read as no denial
        ("no ischemia", {}),  # not every ST-T abnormality is one
        ("Vorhofflimmern, kein Linksschenkelblock", {"af": 1, "clbbb": 0}),
        ("V.a. Linkshypertrophie", {}),
        ("Linkshypertrophie nicht auszuschließen", {}),
        ("DD: Linkshypertrophie", {}),
        ("no definite LVH, kein sicherer Linksschenkelblock", {}),
        ("Vorhofflimmern ist nicht nachweisbar", {"af": 0}),
        ("Vorhofflimmern ohne Linksschenkelblock", {"af": 1, "clbbb": 0}),
        ("anteriorer infarkt wahrscheinlich alt", {"anterior_mi": 1}),  # the age is in doubt
        ("inkompletter RSB", {}),
        ("regelmÄssiger rhythmus, keine p-welle erkannt linkstyp linksschenkelblock", {"clbbb": 1}),
        ("心房細動を認めない", {"af": 0}),
        ("左室肥大の疑い", {}),
        ("心房細動なし。完全左脚ブロックあり", {"af": 0, "clbbb": 1}),
        ("完全右脚ブロック、左軸偏位", {"crbbb": 1, "left_axis": 1}),
        ("心房細動、心室頻拍は認めない", {"vt": 0}),  # the list may be denied as a whole
        ("T波増高", {"tall_t": 1}),
        ("AF: no, LBBB: yes\nLVH - none\nLAE: borderline", {"af": 0, "clbbb": 1, "lvh": 0}),  # nothing stands behind the cue
        ("VHF: nein\nLinksschenkelblock: keiner", {"af": 0, "clbbb": 0}),
        ("Findings: no AF", {"af": 0}),
        ("LBBB no longer present", {"clbbb": 0}),
        ("VHF nicht mehr nachweisbar, kein LSB", {"af": 0, "clbbb": 0}),
        ("neither AF nor LBBB", {"af": 0, "clbbb": 0}),
        ("weder Vorhofflimmern noch Linksschenkelblock", {"af": 0, "clbbb": 0}),
        ("AF has disappeared", {"af": 0}),
        ("no change compared with the last one: LBBB", {"clbbb": 1}),
        ("keine Änderung zum VorEKG: Linksschenkelblock", {"clbbb": 1}),
        ("AF unlikely", {}),
        ("History of AF. H/o LBBB. Previous VT. S/p inferior MI.", {}),  # what was
        ("Z.n. Vorhofflimmern, LVH anamnestisch", {}),
        ("心房細動の既往。以前は完全左脚ブロック", {}),
        ("This isn't AF; LBBB wasn't there", {"af": 0, "clbbb": 0}),
        ("It is not atrial fibrillation", {"af": 0}),
        ("Ischemia is not seen and AF", {"af": 1}),  # "not seen" speaks of what is before it
        ("AF in lead II is not apparent and LBBB", {"af": 0, "clbbb": 1}),
        ("VPCs aren’t seen; isn't LVH", {"vpc": 0, "lvh": 0}),
        ("Can't exclude AF. AF can't be excluded", {}),
        ("LBBB replaced by RBBB", {"crbbb": 1}),
        ("Vorhofflimmern abgelöst von Linksschenkelblock", {"clbbb": 1}),
        ("AF/flutter", {}),  # of which one is meant
        ("no AF / LBBB", {"af": 0, "clbbb": 0}),
        ("AF doesn't recur. LBBB did not persist with LVH", {"lvh": 1}),  # denied before the finding, in doubt behind it
        ("The ECG does not show VT; AF called", {"vt": 0}),
        ("never VT, nor AF; w/o LBBB", {"vt": 0, "af": 0, "clbbb": 0}),
        ("resolved AF. AF resolved, LBBB", {"clbbb": 1}),
        ("Known AF, now LBBB. Can't r/o LVH; doubtful LAE; VT is uncertain; query long QT", {"clbbb": 1}),
        ("LBBB vs IVCD. AF or possible LVH. VT instead of long QT", {"vt": 1}),
        ("LBBB is unchanged from prior; inferior MI, age indeterminate", {"clbbb": 1, "inferior_mi": 1}),
        ("no new LBBB. Kein neues Vorhofflimmern", {}),
        ("AF (-), LBBB (+), LVH (±)\nVT: 0\nLAE = neg., vpc: negative", {"af": 0, "clbbb": 1, "vt": 0, "lae": 0, "vpc": 0}),
        ("T waves are not inverted. QTc not prolonged; ECG is not normal", {"inverted_t": 0, "long_qt": 0, "normal": 0}),
        ("QT interval within normal limits. QT時間は正常範囲", {}),  # a part is no whole
        ("ventricular flutter, wandering atrial pacemaker; Kammerflattern; 移動性ペースメーカー", {}),
        ("Vorhofflimmern nicht sichtbar. Linksschenkelblock fehlt; VT unwahrscheinlich; LVH nicht neu", {"af": 0, "clbbb": 0}),
        ("RSB inkomplett. LBBB (incomplete)", {}),
        ("AMI", {}),  # acute as often as anterior
        ("心房細動はない。左脚ブロックは無い。左室肥大はみとめない。QT延長はありません", {"af": 0, "clbbb": 0, "lvh": 0, "long_qt": 0}),
        ("心房細動なく、左脚ブロックあり。心房細動（－）", {"af": 0, "clbbb": 1}),
        ("左脚ブロックだけでなく心房細動もあり。左室肥大は前回と変わりなし", {"af": 1, "clbbb": 1, "lvh": 1}),
        ("心房細動とはいえない。左室肥大は確認できない。左脚ブロック様。心室頻拍かも。QT延長を示唆", {}),
        ("左脚ブロックがあり胸痛はない。心房細動を認め左室肥大は認めない", {"clbbb": 1, "af": 1, "lvh": 0}),
        ("平低T波・陰性T波なし", {"flat_t": 0, "inverted_t": 0}),
        ("左脚ﾌﾞﾛｯｸ、ＡＦ", {"af": 1, "clbbb": 1}),
    ],
)
def test_what_a_text_makes_known(text: str, expected: dict[str, int]) -> None:
    assert known(text) == expected


def test_phrases_that_say_nothing_known_are_given_back() -> None:
    assert PAPER.read("Atrial fibrillation. Mr. Smith is better; lagetyp normal").unread == ("mr", "smith is better")
    assert phrases("AV-Block I. Grades\nV. a. Infarkt, 4.46.") == ["av-block i grades", "verdacht auf infarkt, 4.46"]


def test_what_is_said_by_halves_is_no_silence() -> None:
    reading = PAPER.read("bundle branch block, possible atrial fibrillation")
    assert {code for code, left in zip(PAPER.mapper.vocabulary.codes, reading.left_open, strict=True) if left} == {
        "af",
        "crbbb",
        "clbbb",
        "ivcd",
    }


@pytest.mark.parametrize(
    "row", [row for row in report_phrases().values() if row.sentences and len(row.findings) == 1], ids=lambda row: row.code
)
def test_no_phrase_of_the_glossary_is_read_against_it(row) -> None:  # type: ignore[no-untyped-def]
    """The glossary knows what each phrase says; a reader by names and cues may know less, never the contrary."""
    (code,) = row.findings
    column = PTBXL.mapper.vocabulary.index(code)
    for pattern in row.patterns:
        state = PTBXL.read(re.sub(re.escape(SLOT), "v2", pattern)).labels[column]
        assert state in {row.truth, UNKNOWN}, pattern


def test_words_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[findings]]\ncode = "brugada"\nnames = { en = "Brugada pattern" }\naliases = ["coved ST"]\n'
        '[[findings]]\ncode = "flimmern"\nnames = { en = "AF rhythm" }\nscp = ["AFIB"]\n'
    )
    mine = StatementReader.for_vocabulary(Vocabulary.load(file))
    assert known("coved ST in V1, no Vorhofflimmern", mine) == {"brugada": PRESENT, "flimmern": ABSENT}
    assert known("no coved ST. Vorhofflimmern", mine) == {"brugada": ABSENT, "flimmern": PRESENT}
