"""What is left out of training is named nowhere. The tables of the families are written by hand."""

import csv
import io
import re
from importlib import resources

import pytest

from jaccardio.findings.naming import names_finding, without_named
from jaccardio.findings.report_phrases import report_phrases
from jaccardio.findings.vocabulary import Finding, Vocabulary
from jaccardio.findings.wording import Wording

PTBXL, PAPER = Vocabulary.load("ptbxl71"), Vocabulary.load("paper26")

WALLS = ("inferior", "anteroseptal", "anterior", "anterolateral", "lateral", "high_lateral", "septal", "posterior", "inferolateral")
FAMILIES = {
    "flutter": (
        ("AFIB", "AFLT"),
        ("atrial_fibrillation", "rapid_atrial_fibrillation", "slow_atrial_fibrillation", "controlled_atrial_fibrillation"),
        ("fibrillation_or_flutter", "atrial_flutter"),
        "fibrill|flutter|flimmer|flatter|fladder|細動|粗動",
    ),
    "bundle branch": (
        ("CLBBB", "CRBBB", "IRBBB", "ILBBB", "IVCD"),
        ("left_bundle_branch_block", "incomplete_left_bundle_branch_block", "intraventricular_block"),
        ("right_bundle_branch_block", "incomplete_right_bundle_branch_block", "bifascicular_block"),
        "bundle|schenkel|intraventr|bifas|脚ブロック|心室内|二枝",
    ),
    "infarction": (
        (*("IMI", "ASMI", "AMI", "ILMI", "ALMI", "LMI", "IPLMI", "IPMI", "PMI"), *("INJAS", "INJAL", "INJIN", "INJLA", "INJIL")),
        tuple(f"{wall}_infarction" for wall in WALLS),
        (
            *(f"{wall}_infarction_possible" for wall in (*WALLS[:4], "lateral", "high_lateral", "septal")),
            *(f"{wall}_damage_possible" for wall in ("inferior", "anteroseptal", "anterolateral", "lateral", "high_lateral")),
        ),
        "infar|injur|myokardschaden|梗塞|傷害",
    ),
    "hypertrophy": (
        ("LVH", "VCLVH", "RVH", "SEHYP", "LAO/LAE", "RAO/RAE"),
        (*("left_ventricular_hypertrophy", "lvh_possible", "suggesting_lvh", "lvh_voltage", "rvh_possible"),
         *("left_atrial_enlargement", "left_atrial_enlargement_possible", "right_atrial_enlargement")),
        (*("strain_or_ischaemia", "strain_ischaemia_digitalis"),
         *(f"{wall}_ischaemia_or_strain" for wall in (*WALLS[:6], "inferolateral"))),
        "hypertro|enlarge|lvh|strain|belastung|cardiale|肥大|房負荷|ストレイン",
    ),
    "ectopy": (
        ("PVC", "PAC", "BIGU", "TRIGU", "PRC(S)"),
        ("ventricular_extrasystoles", "atrial_extrasystoles", "supraventricular_extrasystoles"),
        ("bigeminy", "trigeminy"),
        "premature|extrasys|bigem|trigem|期外収縮|段脈",
    ),
}  # fmt: skip
"""Codes left out, rows of the glossary that name them, and stems that no sentence left may hold."""

TERMS = [
    ("CLBBB", ["left bundle branch block", "LBBB"]),
    ("CLBBB", [ "Linksschenkelblock", "LSB", "左脚ブロック", "CLBBB", "Left-Bundle-Branch Block", "Links-Schenkelblock"]),
    ("CRBBB", ["RBBB", "kompletter Rechtsschenkelblock", "完全右脚ブロック", "RSB"]),
    ("AFIB", ["AF", "Vorhofflimmern", "tachykardes Vorhofflimmern", "この心電図は心房細動を示す。", "no atrial fibrillation", "afib"]),
    ("STACH", ["Sinustachykardie", "洞性頻脈", "sinus-tachycardia", "Sinus-Tachykardie", "sinustachycardia"]),
    ("ILBBB", ["incomplete left-bundle-branch-block", "unvollständiger Links-Schenkelblock"]),
    ("IMI", ["old inferior infarct", "inferiorer Infarkt, alter unbest.", "下壁心筋梗塞", "myocardial infarction"]),
    ("IMI", ["an old infarct", "MI", "IMI"]),
    ("LOWT", ["T-Abflachung", "T waves are low or flat in V5-V6"]),
    ("LVOLT", ["Niedervoltage", "periphere Niederspannung"]),
    ("HVOLT", ["Hochvoltage"]),
    ("LAO/LAE", ["LAE", "p-sinistrocardiale", "左房負荷"]),
    ("PRC(S)", ["premature complexes"]),
    ("1AVB", ["A-V Block I", "1度房室ブロック", "AV block"]),
    ("LVH", ["Linkshypertrophie", "LVH", "VOLTAGE CRITERIA FOR LVH", "左室肥大の電位基準"]),
    ("LMI", ["Seitenwandinfarkt", "Vorderwandapexinfarkt"]),
    ("CRBBB", ["Schenkelblockbild"]),
    ("1AVB", ["1st degree AVB", "first-degree A-V block", "一度房室ブロック", "Ⅰ度房室ブロック"]),
    ("INVT", ["T waves were not inverted", "TWI in V4"]),
    ("LNGQT", ["QTc is prolonged", "QTc verlängert", "QT間隔の延長"]),
    ("PVC", ["VES", "premature ventricular contraction(s)", "Extrasystolen", "PVCs"]),
]  # fmt: skip

OTHERS = [
    ("CLBBB", ["right bundle branch block", "Rechtsschenkelblock", "incomplete left bundle branch block"]),
    ("CLBBB", ["left anterior fascicular block", "左脚前枝ブロック"]),
    ("CRBBB", ["不完全右脚ブロック", "unvollständiger Rechtsschenkelblock", "Linksschenkelblock"]),
    ("AFIB", ["after", "atrial premature complexes", "AV block"]),
    ("IMI", ["anterior myocardial infarction", "inferior ischemia", "family", "mid", "下側壁心筋梗塞"]),
    ("PSVT", ["SVT"]),
    ("PACE", ["wandering pacemaker"]),
    ("AFLT", ["ventricular flutter"]),
    ("PAC", ["PACE", "pacemaker", "ventricular premature complexes"]),
    ("LMI", ["前側壁心筋梗塞", "anterolateral infarct", "Hinterwandinfarkt"]),
    ("RVH", ["Linkshypertrophie", "left ventricular hypertrophy"]),
    ("SR", ["sinus tachycardia", "s r", "Linksschenkelblock"]),
    ("NORM", ["The electrical axis is normal.", "abnormal ECG"]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "sentences"), TERMS, ids=[code for code, _ in TERMS])
def test_names(code: str, sentences: list[str]) -> None:
    finding = PTBXL.findings[PTBXL.index(code)]
    assert [sentence for sentence in sentences if not names_finding(sentence, finding)] == []


@pytest.mark.parametrize(("code", "sentences"), OTHERS, ids=[code for code, _ in OTHERS])
def test_other_findings_are_not_named(code: str, sentences: list[str]) -> None:
    finding = PTBXL.findings[PTBXL.index(code)]
    assert [sentence for sentence in sentences if names_finding(sentence, finding)] == []


@pytest.mark.parametrize("vocabulary", [PTBXL, PAPER], ids=lambda vocabulary: vocabulary.name)
def test_every_finding_by_its_own_names_and_code(vocabulary: Vocabulary) -> None:
    for column, finding in enumerate(vocabulary.findings):
        own = [*finding.names.values(), vocabulary.sentence([column], "en"), vocabulary.sentence([column], "ja")]
        if vocabulary is PTBXL:
            own.append(finding.code)
        for sentence in own:
            assert names_finding(sentence, finding), (finding.code, sentence)


def test_the_table_knows_every_finding_in_every_language() -> None:
    text = (resources.files("jaccardio.findings") / "data" / "finding-terms.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    known = {*PTBXL.codes, *PAPER.codes, "VF", "VFL", "WAP", "PART"}  # so that the ventricles' fibrillation is not taken for the atria's
    terms = [(row["codes"], term) for row in rows for term in row["terms"].split("|")]
    assert len(terms) == len(set(terms))
    assert all(term.strip() == term != "" for _, term in terms)
    for language in ("en", "de", "ja"):
        assert {code for row in rows if row["language"] == language for code in row["codes"].split("|")} == known


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_name_of_a_group_names_its_findings(language: str) -> None:
    wording = Wording.of(PTBXL)
    for columns in wording.groups:
        for column in columns:
            assert names_finding(wording.group(columns, language), PTBXL.findings[column]), (columns, PTBXL.codes[column])


def test_a_vocabulary_of_ones_own() -> None:
    known = Finding("flimmern", {"de": "Vorhofflimmern"}, aliases=("kein regelmässiger Rhythmus",))
    assert names_finding("This ECG shows AF.", known)
    assert names_finding("Kein regelmäßiger Rhythmus.", known)
    assert not names_finding("This ECG shows sinus rhythm.", known)
    other = Finding("brugada", {"en": "Brugada pattern", "ja": "ブルガダ型心電図"})
    assert names_finding("A Brugada-pattern in V1.", other)
    assert names_finding("ブルガダ型心電図を認める。", other)
    assert not names_finding("atrial fibrillation", other)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("language", ["en", "ja", "as reported"])
def test_a_family_that_is_left_out_is_named_nowhere(name: str, language: str) -> None:
    codes, rows, more_rows, stems = FAMILIES[name]
    left_out = [PTBXL.findings[PTBXL.index(code)] for code in codes]
    removed = set()
    for phrase in report_phrases().values():
        sentences = list(phrase.patterns) if language == "as reported" else [phrase.sentences[language]] if phrase.sentences else []
        kept = without_named(sentences, left_out)
        assert [sentence for sentence in kept if re.search(stems, sentence, re.IGNORECASE)] == []
        assert kept in ([], sentences), phrase.code
        if sentences and not kept:
            removed.add(phrase.code)
    assert removed == {*rows, *more_rows}
